public import NATModel
public import NATPlan

extension LocalBox {
    /// The instances of the cloud that hosts can be, asked for by `aws`.
    ///
    /// - Parameter cloud: what the cloud's metadata tells of this box.
    public func instances(_ cloud: [CloudInterface]) async -> Reading<[CloudInstance]> {
        await NameResolver(runner: runner, cloud: cloud).instances()
    }

    /// The hosts a name stands for, asked for now.
    ///
    /// - Parameters:
    ///   - mostHosts: the most hosts that it may stand for.
    ///   - isKept: whether the answer is written down, for the guard to go on from.
    /// - Throws: why it stands for none that can be believed.
    public func hosts(
        of name: SourceName, mostHosts: Int = FollowingLimits().mostHosts, isKept: Bool
    ) async throws(PlanRefusal) -> [IPv4Prefix] {
        let snapshot = await reader.snapshot([.interfaces, .cloud, .rules, .saved], over: nil)
        let followed: [FollowedName]
        do throws(ReadFailure) {
            followed = try await follower.follow(
                [name], on: snapshot, mostHosts: mostHosts, isKept: isKept)
        } catch {
            throw PlanRefusal(error.object, error.reason, fix: error.fix)
        }
        guard let known = followed.first, known.trouble == nil, !known.hosts.isEmpty else {
            throw PlanRefusal(
                name.description.strippedOfControls,
                followed.first?.trouble ?? "all its instances are stopped")
        }
        return known.hosts.map { IPv4Prefix($0.address) }
    }
}
