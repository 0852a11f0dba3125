public import NATModel
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

/// Follows names: asks what they stand for, and writes down what is believed.
public struct Follower: Sendable {
    private let runner: any CommandRunner
    private let reader: SnapshotReader
    private let known: KnownNames

    /// A name that is kept by nobody is remembered so long, in seconds: its change may await its keep.
    private static let memorySeconds: Int64 = 3600
    /// How old the time of an answer on disk may be, in seconds, where nothing else has changed.
    private static let agesSeconds: Int64 = 60

    init(runner: any CommandRunner, files: any HostFiles, reader: SnapshotReader) {
        self.runner = runner
        self.reader = reader
        known = KnownNames(files: files)
    }

    /// Asks what these names stand for; what is known of them then, in their order.
    ///
    /// - Parameters:
    ///   - snapshot: the box, with its assignments, its rules and what the cloud tells of it.
    ///   - mostHosts: the most hosts that a name may stand for.
    ///   - isKept: whether it is written down.
    ///   - pace: how often it is asked from now on, for what this question took of a processor, in
    ///     milliseconds; `nil` for whoever asks only once.
    public func follow(
        _ names: [SourceName], on snapshot: Snapshot, mostHosts: Int, isKept: Bool = true,
        pace: (@Sendable (Int) -> FollowingPace)? = nil
    ) async throws(ReadFailure) -> [FollowedName] {
        let cloud = snapshot.cloud.value ?? []
        let before = ProcessorTime.usedMilliseconds
        let answers = await NameResolver(runner: runner, cloud: cloud).answers(to: names)
        let limits = FollowingLimits(
            mostHosts: mostHosts, networks: cloud.flatMap(\.vpcNetworks).uniqued())
        // Now, for somebody else may have written while we waited.
        let present = try load(answers)
        let now = Int64(time(nil))
        // What else goes on in this process meanwhile counts too: too much is not too little.
        let pace = pace?(ProcessorTime.usedMilliseconds - before)
        var new = present
        for name in names {
            let place = new.firstIndex { $0.name == name }
            var told = (place.map { new[$0] } ?? FollowedName(name))
                .told(answers[name] ?? .failed("nobody was asked"), at: now, within: limits)
            told.pace = pace ?? told.pace
            if let place { new[place] = told } else { new.append(told) }
        }
        let followed = names.compactMap { name in new.first { $0.name == name } }
        if isKept { try keep(tidied(new, snapshot, now), over: present) }
        return followed
    }

    /// What was known. What cannot be understood is made anew where all of it was told just now.
    private func load(
        _ answers: [SourceName: NameAnswer]
    ) throws(ReadFailure) -> [FollowedName] {
        do throws(KnownNames.Failure) { return try known.load() } catch {
            let areTold = answers.values.allSatisfy {
                if case .hosts(let hosts) = $0 { !hosts.isEmpty } else { false }
            }
            guard case .malformed = error, areTold else { throw error.readFailure }
            return []
        }
    }

    /// Forgets the names that nobody keeps, and hosts that nothing is left of.
    private func tidied(
        _ names: [FollowedName], _ snapshot: Snapshot, _ now: Int64
    ) -> [FollowedName] {
        let steered = snapshot.rules.value.map { _ in Set(snapshot.ownSteered) }
        let kept = Set((snapshot.names.value ?? []).map(\.name))
        return names.compactMap { name in
            var name = name
            name.former.removeAll { steered?.contains(IPv4Prefix($0.address)) == false }
            let isOld = now - (name.answeredAtSeconds ?? 0) > Self.memorySeconds
            return kept.contains(name.name) || !name.former.isEmpty || !isOld ? name : nil
        }
    }

    private func keep(_ new: [FollowedName], over present: [FollowedName]) throws(ReadFailure) {
        let isTimely = zip(new, present).allSatisfy { new, present in
            (new.answeredAtSeconds ?? 0) - (present.answeredAtSeconds ?? 0) < Self.agesSeconds
        }
        guard new.map(\.withoutTime) != present.map(\.withoutTime) || !isTimely else { return }
        try known.store(new)
    }
}

extension FollowedName {
    /// What is known, without when it was told and what that cost.
    var withoutTime: FollowedName {
        var name = self
        name.answeredAtSeconds = answeredAtSeconds == nil ? nil : 0
        name.pace?.costMilliseconds = 0
        return name
    }
}
