import NATModel

// Parts that could not be read, and the change that is under way.
extension Doctor {
    /// Only what failed: that the rest was read is seen in the checks that need it.
    static func readings(_ patient: Patient) -> [Check] {
        let snapshot = patient.snapshot
        let parts: [(String, ReadFailure?)] = [
            ("interfaces", snapshot.interfaces.failure), ("counters", snapshot.counters.failure),
            ("rules", snapshot.rules.failure), ("tables", snapshot.tables.failure),
            ("nat", snapshot.nat.failure), ("sysctls", snapshot.sysctls.failure),
            ("sysctl-file", snapshot.sysctlFile.failure),
            ("neighbours", snapshot.neighbours.failure), ("journal", snapshot.pending.failure),
            ("assignments", snapshot.saved.failure),
            ("public-addresses", snapshot.publicAddressFile.failure),
        ]
        return parts.compactMap { name, failure -> Check? in
            guard let failure, failure != .unread else { return nil }
            return Topic(
                id: "unreadable-\(name)", title: "Reading the box",
                reason: "what cannot be read is neither shown nor changed"
            ).found(.error, ["\(failure)"], failure.fix.map { .manual($0) })
        } + [publicAddresses(patient)].compactMap { $0 }
    }

    private static func publicAddresses(_ patient: Patient) -> Check? {
        let isUnknown = patient.egresses.contains { $0.publicAddresses == nil }
        let failure = patient.snapshot.cloud.failure
        guard isUnknown, failure != .unread else { return nil }
        return Topic(
            id: "public-address-unknown", title: "Public addresses",
            reason: "nobody tells by which public address an interface is seen"
        ).found(
            .info,
            [failure?.description ?? "no cloud is known that this box runs in"],
            .manual(failure?.fix ?? "tell them in \(ToldPublicAddress.path)"))
    }

    static func change(_ patient: Patient) -> Check? {
        guard let change = patient.snapshot.pending.value ?? nil else { return nil }
        switch change.state {
        case .underWay: return nil
        case .awaitsKeep(let remaining):
            return Topic(
                id: "change-awaits-keep", title: "Pending change",
                reason: "it is taken back by itself unless somebody keeps it"
            ).found(
                .warning,
                ["\(change.title): taken back in \(max(remaining, 0) / 1000) s unless kept"],
                .manual("natdeck keep, or natdeck revert"))
        case .unfinished(_):
            return Topic(
                id: "change-unfinished", title: "Pending change",
                reason: "a change that is half done is neither the old state nor the new"
            ).found(
                .error, ["\(change.title): it was not finished, begun by \(change.author)"],
                .manual("natdeck recover"))
        }
    }
}
