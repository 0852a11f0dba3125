internal import NATModel

/// A source as the overview lists it: where it leaves, and what decides that.
struct HostEntry: Hashable, Sendable {
    /// The host, or the network an assignment is for.
    var source: IPv4Prefix
    /// Where it goes, and the rule that decides.
    var decision: EgressDecision
    /// The assignment of it, or of a network it is in; `nil` where there is none.
    var assignment: Assignment?
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
    /// What keeps its packets in the box although rules send them out; `nil` where nothing does.
    var obstacle: HostFacts.Obstacle?

    /// Whether nothing of it leaves.
    var isBlocked: Bool { decision.end == .nowhere || obstacle != nil }

    /// Whether it goes another way than its assignment says.
    var isElsewhere: Bool {
        assignment.map { $0.fallsThrough || $0.defeat != nil } ?? false
    }

    /// In a few words: `rule 5000, ours`, `main`.
    var reason: String {
        switch obstacle {
        case .gate(let egress)?: return "closed: kept for \(egress) alone"
        case .filter?: return "\(decided), dropped by FORWARD"
        case nil: break
        }
        guard let drift else { return decided }
        return "\(decided), \(drift.kept.map { "kept: \($0)" } ?? "not kept")"
    }

    private var decided: String {
        surely + (decision.doubts.first.map { ", rule \($0.priority) may decide" } ?? "")
    }

    private var surely: String {
        guard let rule = decision.rule else {
            return decision.end == .nowhere ? "no route" : Figure.missing
        }
        guard let assignment else { return rule.isKernels ? "main" : "rule \(rule.priority)" }
        if assignment.fallsThrough {
            return "rule \(rule.priority), table \(assignment.table) is open"
        }
        if assignment.defeat != nil {
            return "rule \(rule.priority), before \(assignment.priority)"
        }
        let whose = assignment.isOwned ? "ours" : "foreign"
        let network = assignment.source == source ? "" : " for \(assignment.source)"
        return "rule \(assignment.priority)\(network), \(whose)"
    }
}

extension HostEntry {
    /// Every source with an assignment and every host seen on a link, by address.
    static func list(_ facts: BoxFacts) -> [HostEntry] {
        let snapshot = facts.snapshot
        let assignments = facts.assignments
        let neighbours = Dictionary(
            (snapshot.neighbours.value ?? []).map { (IPv4Prefix($0.address), $0) },
            uniquingKeysWith: { first, _ in first })
        let seen = facts.hosts.map { IPv4Prefix($0) }
        // While a change awaits its keep, the file does not know of it yet.
        let isSettled = (snapshot.pending.value ?? nil) == nil
        let drift = Dictionary(
            (isSettled ? facts.drift : []).map { ($0.source, $0) },
            uniquingKeysWith: { first, _ in first })
        // The first rule that matches decides: one for the source itself, or a wider one before it.
        var exact: [IPv4Prefix: Int] = [:]
        var lengths: Set<Int> = []
        for (index, assignment) in assignments.enumerated() {
            if exact[assignment.source] == nil { exact[assignment.source] = index }
            lengths.insert(assignment.source.length)
        }
        return Set(exact.keys).union(seen).union(drift.keys).sorted().map { source in
            let index = lengths.compactMap { length in
                length <= source.length
                    ? exact[IPv4Prefix(source.network, length: length)] : nil
            }.min()
            let decision = facts.decision(for: source)
            var entry = HostEntry(
                source: source, decision: decision, egress: decision.interface)
            entry.assignment = index.map { assignments[$0] }
            // What may be so of a network can be sure of a host in it.
            entry.assignment?.decision = decision
            entry.neighbour = neighbours[source]
            entry.drift = drift[source]
            entry.obstacle = facts.obstacle(of: source, decision)
            if let assignment = entry.assignment, assignment.source == source {
                entry.isTranslated = assignment.isMasqueraded
                entry.publicAddress = assignment.publicAddress
            } else if let interface = decision.interface {
                let promise = facts.promise(of: source, leavingBy: interface)
                entry.isTranslated = promise?.answer.isCovered
                entry.publicAddress = promise?.publicAddress
            }
            return entry
        }
    }
}
