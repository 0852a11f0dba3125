internal import NATModel

/// A source as the overview lists it: where it leaves, and what decides that.
struct HostEntry: Hashable, Sendable {
    /// The host, or the network an assignment is for.
    var source: IPv4Prefix
    /// What decides which way it leaves.
    var decision: Decision
    /// The interface it leaves by; `nil` where it leaves by none or that is not known.
    var egress: String?
    /// The public address that interface promises; `nil` where it is not known.
    var publicAddress: IPv4Address?
    /// Whether a rule translates its address; `nil` where that is not known.
    var isTranslated: Bool?
    /// Where it was seen on a link; `nil` where it was not.
    var neighbour: Neighbour?
    /// How that differs from what was kept; `nil` where it does not.
    var drift: Drift?

    /// What decides which way a source leaves.
    enum Decision: Hashable, Sendable {
        /// A rule for it, or for a network it is in.
        case rule(Assignment)
        /// No rule of its own: table main does.
        case main
        /// No rule of its own: a rule that is no assignment does, such as one for all sources.
        case ruleForAll
        /// Rules or tables have not been read.
        case unknown
    }

    /// The assignment that decides; `nil` where none does.
    var assignment: Assignment? {
        if case .rule(let assignment) = decision { assignment } else { nil }
    }

    /// In a few words: `rule 5000, ours`, `main`.
    var reason: String {
        guard let drift else { return decided }
        return "\(decided), \(drift.kept.map { "kept: \($0)" } ?? "not kept")"
    }

    private var decided: String {
        switch decision {
        case .unknown: return Figure.missing
        case .main: return "main"
        case .ruleForAll: return "a wider rule"
        case .rule(let assignment):
            let whose = assignment.isOwned ? "ours" : "foreign"
            let network = assignment.source == source ? "" : " for \(assignment.source)"
            return "rule \(assignment.priority)\(network), \(whose)"
        }
    }
}

extension HostEntry {
    /// Every source with an assignment and every host seen on a link, by address.
    static func list(
        _ snapshot: Snapshot, assignments: [Assignment], egress: [EgressInterface]
    ) -> [HostEntry] {
        let isKnown = snapshot.rules.value != nil && snapshot.tables.value != nil
        let mainEgress = snapshot.table(FIBTable.main)?.defaultRoute?.interface
        let addresses = Dictionary(
            egress.map { ($0.interface.name, $0) }, uniquingKeysWith: { first, _ in first })
        var neighbours: [IPv4Prefix: Neighbour] = [:]
        for neighbour in snapshot.hostNeighbours {
            neighbours[IPv4Prefix(neighbour.address)] = neighbour
        }
        // While a change awaits its keep, the file does not know of it yet.
        let isSettled = (snapshot.pending.value ?? nil) == nil
        let drift = Dictionary(
            (isSettled ? snapshot.drift : []).map { ($0.source, $0) },
            uniquingKeysWith: { first, _ in first })
        // The first rule that matches decides: one for the source itself, or a wider one before it.
        var exact: [IPv4Prefix: Int] = [:]
        var wide: [Int] = []
        for (index, assignment) in assignments.enumerated() {
            if exact[assignment.source] == nil { exact[assignment.source] = index }
            if assignment.source.length < 32 { wide.append(index) }
        }
        return Set(exact.keys).union(neighbours.keys).union(drift.keys).sorted().map { source in
            let wider = wide.first { assignments[$0].source.contains(source) }
            let index = [exact[source], wider].compactMap(\.self).min()
            var entry = HostEntry(source: source, decision: isKnown ? .main : .unknown)
            entry.neighbour = neighbours[source]
            entry.drift = drift[source]
            if let index {
                entry.decision = .rule(assignments[index])
                entry.egress = assignments[index].egress
                entry.isTranslated = assignments[index].isMasqueraded
            } else if isKnown {
                entry.egress = snapshot.egress(of: source)
                if entry.egress != mainEgress { entry.decision = .ruleForAll }
                entry.isTranslated = entry.egress.flatMap {
                    snapshot.isMasqueraded(source, leavingBy: $0)
                }
            }
            entry.publicAddress = entry.egress.flatMap { addresses[$0]?.promisedAddress }
            return entry
        }
    }
}

extension Snapshot {
    /// The hosts on the links that are neither the box nor a gateway of it.
    fileprivate var hostNeighbours: [Neighbour] {
        var known = Set(interfaces.value?.flatMap { $0.addresses.map(\.address) } ?? [])
        for route in tables.value?.flatMap(\.routes) ?? [] {
            if let nextHop = route.nextHop { known.insert(nextHop) }
            known.formUnion(route.hops.compactMap(\.nextHop))
        }
        return (neighbours.value ?? []).filter { !known.contains($0.address) }
    }
}

extension EgressInterface {
    /// The address the outside should see of a host that leaves here: the one mapped to the
    /// interface's primary address.
    var promisedAddress: IPv4Address? {
        let primary = interface.addresses.first?.address
        let mapped = publicAddresses?.first { $0.privateAddress == primary && primary != nil }
        return (mapped ?? publicAddresses?.first)?.address
    }
}
