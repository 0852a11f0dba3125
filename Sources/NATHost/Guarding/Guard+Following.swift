import NATModel
import NATPlan

extension Guard {
    /// Asks again and again what the names in the file stand for, as long as there are any.
    ///
    /// What is told is written down, and read there like the file of assignments: a resolver that hangs
    /// holds up nobody.
    func followNames() async {
        var wait = following.pace
        while !isStopped, !Task.isCancelled {
            let names = (current.names.value ?? []).map(\.name)
            if names.isEmpty {
                wait = following.pace
                voice.tellFollowed([])
            } else {
                let followed = await ask(names)
                voice.tellFollowed(followed)
                // Where nothing is told, to ask less often is all there is to do.
                let isSilent = followed.allSatisfy { $0.trouble != nil }
                wait =
                    isSilent ? min(wait * 2, max(following.pace, Self.longestWait)) : following.pace
            }
            // Until there is a name a new one in the file is asked for at once.
            let pause = names.isEmpty ? min(wait, Self.pace) : wait
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    private static var longestWait: Duration { .seconds(300) }

    private func ask(_ names: [SourceName]) async -> [FollowedName] {
        do throws(ReadFailure) {
            return try await box.follower.follow(
                names, on: current, mostHosts: following.mostHosts)
        } catch {
            return names.map { name in
                var followed = FollowedName(name)
                followed.trouble = "\(error)"
                return followed
            }
        }
    }
}
