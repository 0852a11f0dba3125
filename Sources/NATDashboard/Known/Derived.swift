internal import NATDoctor
package import NATModel

/// What follows from a snapshot: an object, for it is large and handed on many times.
package final class Derived: Sendable {
    /// The last good value of each part.
    let snapshot: Snapshot
    /// What follows from it.
    let facts: BoxFacts
    /// The sources, and which way each leaves.
    let hosts: [HostEntry]
    /// The same by name alone: an entry is large, and ten thousand are looked through for one.
    let sources: [IPv4Prefix]
    /// The places of the sources among them.
    let places: [IPv4Prefix: Int]
    /// How many sources are to leave by each interface, and how many are exceptions.
    let counts: [String: (all: Int, exceptions: Int)]
    /// The same by the address they are to leave with.
    let addressCounts: [IPv4Address: (all: Int, exceptions: Int)]
    /// What the doctor finds, the worst first.
    let checks: [Check]

    init(
        snapshot: Snapshot, facts: BoxFacts, hosts: [HostEntry], places: [IPv4Prefix: Int],
        counts: [String: (all: Int, exceptions: Int)],
        addressCounts: [IPv4Address: (all: Int, exceptions: Int)], checks: [Check]
    ) {
        self.snapshot = snapshot
        self.facts = facts
        self.hosts = hosts
        sources = hosts.map(\.source)
        self.places = places
        self.counts = counts
        self.addressCounts = addressCounts
        self.checks = checks
    }
}

/// Works out what follows from snapshots, one after another. Of ten thousand hosts that takes a
/// while, so it is done by whoever reads, and nobody who draws waits for it.
package struct Deriver: Sendable {
    private var last: Derived?
    /// The last snapshot as it was read, with its failures.
    private var read: Snapshot?
    /// What the doctor found, in the order in which a packet meets it.
    private var examined: [Check] = []
    private var earlier = EarlierFigures()

    /// One that has seen nothing yet.
    package init() {}

    /// What follows from a snapshot, of which these parts were read now; of one that failed the last
    /// good value goes on.
    package mutating func derive(_ new: Snapshot, _ parts: Set<SnapshotPart>) -> Derived {
        var kept = new
        var isWhole = true
        if let old = last?.snapshot {
            let older = Set(
                SnapshotPart.allCases.filter {
                    new.failure(of: $0) != nil && old.failure(of: $0) == nil
                })
            isWhole = older.isEmpty
            kept.adopt(older, from: old)
            kept.takenAtMilliseconds = new.takenAtMilliseconds
        }
        let like = last.flatMap { kept.leadsAlike($0.snapshot) ? $0 : nil }
        let facts = like.map { $0.facts.following(kept) } ?? BoxFacts(kept)
        let checks = examine(parts, new, isWhole ? facts : nil)
        let derived: Derived
        if let like, !parts.contains(.flows) {
            derived = Derived(
                snapshot: kept, facts: facts, hosts: like.hosts, places: like.places,
                counts: like.counts, addressCounts: like.addressCounts, checks: checks)
        } else {
            derived = Self.listed(facts, like, checks)
        }
        (last, read) = (derived, new)
        return derived
    }

    private static func listed(
        _ facts: BoxFacts, _ like: Derived?, _ checks: [Check]
    ) -> Derived {
        let hosts = HostEntry.list(facts) { source in
            like.flatMap { like in like.places[source].map { like.hosts[$0] } }
        }
        var counts: [String: (all: Int, exceptions: Int)] = [:]
        var addressCounts: [IPv4Address: (all: Int, exceptions: Int)] = [:]
        let firsts = Dictionary(
            facts.egresses.map {
                ($0.interface.name, $0.masqueradeAddress(nextHop: $0.gateway))
            }, uniquingKeysWith: { first, _ in first })
        var places: [IPv4Prefix: Int] = [:]
        places.reserveCapacity(hosts.count)
        for (place, host) in hosts.enumerated() {
            places[host.source] = place
            guard let wanted = host.wanted else { continue }
            counts[wanted, default: (0, 0)].all += 1
            if host.isException { counts[wanted, default: (0, 0)].exceptions += 1 }
            guard let own = host.wantedAddress ?? firsts[wanted] ?? nil else { continue }
            addressCounts[own, default: (0, 0)].all += 1
            if host.isException { addressCounts[own, default: (0, 0)].exceptions += 1 }
        }
        return Derived(
            snapshot: facts.snapshot, facts: facts, hosts: hosts, places: places, counts: counts,
            addressCounts: addressCounts, checks: checks)
    }

    /// Has the doctor look at what may be otherwise now.
    ///
    /// - Parameters:
    ///   - new: what was read, not what is kept: a part that fails now is a problem now.
    ///   - facts: what follows from it; `nil` where that was not worked out.
    private mutating func examine(
        _ parts: Set<SnapshotPart>, _ new: Snapshot, _ facts: BoxFacts?
    ) -> [Check] {
        if needsChecks(parts, new) {
            examined = Doctor.all(facts ?? BoxFacts(new), since: earlier.snapshot)
        } else if !parts.isDisjoint(with: [.counters, .conntrack, .flows]), let facts {
            let moving = Dictionary(
                Doctor.moving(facts, since: earlier.snapshot).map { ($0.id, $0) },
                uniquingKeysWith: { first, _ in first })
            examined = examined.map { moving[$0.id] ?? $0 }
        } else {
            return last?.checks ?? []
        }
        earlier.take(new)
        return Doctor.worstFirst(examined)
    }

    /// Whether the doctor could find something else now than that figures have moved. What was read
    /// anew seldom says something else.
    private func needsChecks(_ parts: Set<SnapshotPart>, _ new: Snapshot) -> Bool {
        guard let read else { return true }
        let quiet: Set<SnapshotPart> = [.counters, .conntrack, .neighbours, .flows, .pending]
        return (new.pending.value ?? nil) != nil
            || examined.contains { $0.id.hasPrefix("change-") }
            || parts.subtracting(quiet).contains { !new.hasSame($0, as: read) }
            || parts.contains { (new.failure(of: $0) == nil) != (read.failure(of: $0) == nil) }
    }
}
