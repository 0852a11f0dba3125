import NATModel
import NATPlan

extension Guard {
    /// Asks again and again what the names in the file stand for, as long as there are any.
    ///
    /// What is told is written down, and read there like the file of assignments: a resolver that hangs
    /// holds up nobody.
    func followNames() async {
        // Where nothing is told, to ask less often is all there is to do.
        var silence = 0
        while !isStopped, !Task.isCancelled {
            let names = namesInFile
            guard !names.isEmpty else {
                silence = 0
                voice.tellFollowed([])
                do { try await Task.sleep(for: Self.pace) } catch { return }
                continue
            }
            let followed = await ask(names)
            voice.tellFollowed(followed)
            let pace = followed.first?.pace ?? FollowingPace(costMilliseconds: 0)
            let isSilent = followed.allSatisfy { $0.trouble != nil }
            silence =
                isSilent ? min(max(silence, pace.seconds) * 2, Self.longestSilence) : 0
            await rest(seconds: max(pace.seconds, silence), knowing: names)
        }
    }

    /// How seldom it is asked where nobody answers, in seconds.
    private static let longestSilence = 300

    private var namesInFile: [SourceName] { (current.names.value ?? []).map(\.name) }

    /// Waits so long, or until somebody has written a name into the file that was never asked for.
    private func rest(seconds: Int, knowing names: [SourceName]) async {
        let end = ContinuousClock.now + .seconds(seconds)
        while !isStopped, !Task.isCancelled, ContinuousClock.now < end {
            let isNew = (current.names.value ?? []).contains {
                $0.answeredAtSeconds == nil && $0.trouble == nil && !names.contains($0.name)
            }
            if isNew { return }
            // Nobody cancels it but the end of the guard.
            try? await Task.sleep(for: min(Self.pace, end - ContinuousClock.now))
        }
    }

    private func ask(_ names: [SourceName]) async -> [FollowedName] {
        let told = following.seconds
        do throws(ReadFailure) {
            return try await box.follower.follow(
                names, on: current, mostHosts: following.mostHosts,
                pace: { FollowingPace(costMilliseconds: $0, told: told) })
        } catch {
            return names.map { name in
                var followed = FollowedName(name)
                followed.trouble = "\(error)"
                followed.pace = told.map { FollowingPace(costMilliseconds: 0, told: $0) }
                return followed
            }
        }
    }
}
