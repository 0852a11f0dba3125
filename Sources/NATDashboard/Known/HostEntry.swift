internal import NATModel

/// A source as the overview lists it: where it is wanted to leave, where it really does, and why.
struct HostEntry: Sendable {
    /// What is known of it.
    var facts: HostFacts
    /// The assignment of it, or of a network it is in; `nil` where there is none.
    var assignment: Assignment?
    /// Where it was seen on a link; `nil` where it was not.
    var neighbour: Neighbour?
    /// How that differs from what was kept; `nil` where it does not.
    var drift: Drift?
    /// Whether conntrack could be read.
    var knowsFlows = false
    /// What its flows prove.
    private(set) var proof = Proof.unknown
    /// What deserves to be seen before what is as it should be, the lowest first.
    private(set) var urgency = 2

    /// The host, or the network an assignment is for.
    var source: IPv4Prefix { facts.source }
    /// Where it goes, and the rule that decides.
    var decision: EgressDecision { facts.decision }
    /// The interface rules send it by; `nil` where it leaves by none or that is not known.
    var egress: String? { facts.decision.interface }
    /// The interface it is to leave by: the one that was kept, else the one it is assigned to, else
    /// where the box's rules send it. `nil` where that is not known.
    var wanted: String? { drift?.kept?.interface ?? assignment?.egress ?? egress }
    /// The public address NAT promises where it leaves now; `nil` where it is not known.
    var publicAddress: IPv4Address? { facts.promise?.publicAddress }
    /// Whether a rule translates its address; `nil` where that is not known.
    var isTranslated: Bool? { facts.promise?.answer.isCovered }

    /// The address of no egress of its own that a rule is sure to give it; `nil` for none.
    var strayAddress: IPv4Address? {
        isTranslated == false ? facts.promise?.answer.address : nil
    }

    /// Whether nothing of it leaves.
    var isBlocked: Bool { decision.end == .nowhere || facts.obstacle != nil }

    /// Whether rules send it another way than its assignment says.
    var isElsewhere: Bool {
        assignment.map { $0.fallsThrough || $0.defeat != nil } ?? false
    }

    /// Whether it is on a link, and nothing else is known of it.
    var isIdle: Bool {
        assignment == nil && drift == nil && facts.seen.isEmpty && facts.ended.isEmpty
    }
}

// What its flows prove.
extension HostEntry {
    /// What the reply tuples of live flows say of where it is wanted.
    enum Proof: Hashable, Sendable {
        /// Nobody can say: conntrack cannot be read, or it is a network.
        case unknown
        /// It has no flow that leaves, and none that has ended lately.
        case none
        /// All, some, or none of its flows leave where they are to.
        case all, some, other

        /// A sign that tells it without colour.
        var sign: String {
            switch self {
            case .all: "✓"
            case .some: "½"
            case .other: "≠"
            case .unknown: "?"
            case .none: ""
            }
        }
    }

    /// Judges it by what is known of it now: once, as it is asked for again and again.
    fileprivate mutating func judge() {
        proof = judgedProof
        urgency = judgedUrgency
    }

    private var judgedProof: Proof {
        guard knowsFlows, source.length == 32 else { return .unknown }
        let leaving = leaving
        // A host of short connections mostly has none that lives: what they proved they have proved.
        guard !leaving.isEmpty else { return endedAsWanted == nil ? .none : .all }
        let count = leaving.count { isAsWanted($0) }
        if count == leaving.count { return .all }
        if endedAsWanted != nil { return .some }
        // Where rules send it elsewhere, those that are right are the old ones.
        return count == 0 || wanted != egress ? .other : .some
    }

    /// What of its flows leaves the box by an address of the box. What keeps the host's own stays
    /// inside, or nothing translates it.
    var leaving: [HostFacts.Seen] {
        facts.seen.filter { $0.interface != nil && $0.count.flows > 0 }
    }

    /// Flows that have left where the host is wanted, and ended, where those that live do not: each
    /// of them may be a short one.
    var endedAsWanted: HostFacts.Seen? {
        guard wanted == egress, !leaving.contains(where: isAsWanted) else { return nil }
        return facts.ended.first(where: isAsWanted)
    }

    /// Whether these flows leave where the host is wanted.
    func isAsWanted(_ seen: HostFacts.Seen) -> Bool {
        if wanted == egress, !facts.isAsPromised(seen) { return false }
        return isWanted(by: seen.interface, as: seen.publicAddress)
    }

    /// Whether it is wanted to leave by this interface, and to be seen as this address.
    func isWanted(by interface: String?, as outside: IPv4Address?) -> Bool {
        guard let wanted, interface == wanted else { return false }
        guard wanted == egress, let promised = publicAddress, let outside else { return true }
        return promised == outside
    }

    private var judgedUrgency: Int {
        if isBlocked || isElsewhere || drift?.kept != nil || proof == .other { return 0 }
        if egress != nil, isTranslated == false { return 0 }
        if proof == .some || drift != nil { return 1 }
        return 2
    }

    /// Whether it is otherwise than it should be.
    var isException: Bool { urgency < 2 }
}

extension HostEntry {
    /// Why it leaves where it does, in a few words: `rule 5000 ●`, `main`.
    var reason: String {
        switch facts.obstacle {
        case .gate(let egress)?: return "closed: kept for \(egress) alone"
        case .filter(let cause)?:
            switch cause.harm {
            case .drop: return "\(decided), dropped by \(cause.base.hook.rawValue.uppercased())"
            case .hide: return "\(decided), hidden from conntrack"
            case .encrypt: return "\(decided), taken by IPsec"
            case .redirect: return "\(decided), taken elsewhere"
            }
        case .parameter(let name)?: return "\(decided), \(name) is 0"
        case .absent(let address)?: return "closed: \(address) is not of this box"
        case .down(let name)?: return "\(decided), \(name) is down"
        case .strict(let name)?: return "\(decided), \(name) is 1"
        case .answers(let stray)?: return "\(decided), rule \(stray.rule.priority) takes answers"
        case nil: break
        }
        if decision.end == .nowhere, !isElsewhere {
            return decision.rule == nil ? "no route" : "\(decided), nothing leaves"
        }
        if let drift, !isElsewhere {
            return "\(decided), \(drift.kept.map { "kept: \($0.words)" } ?? "not kept")"
        }
        if !isElsewhere, let astray = leaving.first(where: { !isAsWanted($0) }) {
            let count = Figure.count(astray.count.flows, "flow")
            let place = astray.interface == wanted ? "\(astray.address)" : astray.interface ?? ""
            return "\(count) still on \(place)"
        }
        if egress != nil, isTranslated == false {
            return "\(decided), "
                + (strayAddress.map { "translated to \($0)" } ?? "not translated")
        }
        return decided
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
            return "table \(assignment.table) is open: rule \(rule.priority)"
        }
        if assignment.defeat != nil {
            let sign = rule.isOwned ? "●" : "○"
            let after =
                assignment.method == .map
                ? "the map" : assignment.isOwned ? "ours" : "rule \(assignment.priority)"
            return "rule \(rule.priority) \(sign) before \(after)"
        }
        let network = assignment.source == source ? "" : " for \(assignment.source)"
        if assignment.method == .map { return "map ●\(network)" }
        return "rule \(assignment.priority) \(assignment.isOwned ? "●" : "○")\(network)"
    }
}

extension HostEntry {
    /// Every source with an assignment and every host seen on a link or by a flow, by address.
    ///
    /// - Parameter known: an entry of a snapshot that leads alike; `nil` where there is none.
    static func list(
        _ facts: BoxFacts, known: (IPv4Prefix) -> HostEntry? = { _ in nil }
    ) -> [HostEntry] {
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
        let knowsFlows = snapshot.flows.value != nil
        return Set(exact.keys).union(seen).union(drift.keys).sorted().map { source in
            if var entry = known(source) {
                entry.facts = facts.proven(entry.facts)
                entry.knowsFlows = knowsFlows
                entry.judge()
                return entry
            }
            let index = lengths.compactMap { length in
                length <= source.length
                    ? exact[IPv4Prefix(source.network, length: length)] : nil
            }.min()
            var entry = HostEntry(facts: facts.host(source), knowsFlows: knowsFlows)
            entry.assignment = index.map { assignments[$0] }
            // What may be so of a network can be sure of a host in it.
            entry.assignment?.decision = entry.facts.decision
            entry.neighbour = neighbours[source]
            entry.drift = drift[source]
            entry.judge()
            return entry
        }
    }
}
