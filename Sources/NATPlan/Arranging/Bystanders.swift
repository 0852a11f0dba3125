import NATModel

/// The hosts that a plan does not name. None of them is to go another way for it.
struct Bystanders {
    let box: Box
    /// The sources the plan is about.
    let named: [IPv4Prefix]

    /// What else would move, one sentence without a full stop for each source; empty where nothing
    /// does.
    func moved(by plan: Plan) -> [String] {
        let changesWays = plan.steps.contains { step in
            if case .routing = step.action { true } else { false }
        }
        guard changesWays else { return [] }
        let after = box.facts.applying(plan.steps)
        return known.compactMap { source, isOwn in
            let input = isOwn ? "lo" : nil
            let before = box.facts.decision(for: source, sentBy: input)
            let then = after.decision(for: source, sentBy: input)
            if before.end == then.end { return nil }
            // A rule of ours that leads where it was made for is no news.
            if let wanted = box.facts.assignment(of: source), wanted.isOwned,
                let egress = wanted.egress, then.interface == egress
            {
                return nil
            }
            return "\(source)\(isOwn ? ", the box's own address," : "") would leave by"
                + " \(Self.words(then)) in place of \(Self.words(before))"
        }
    }

    private static func words(_ decision: EgressDecision) -> String {
        decision.interfaces.isEmpty ? "nothing" : decision.interfaces.joined(separator: "+")
    }

    /// The sources that are known and not named, each with whether it is the box's own.
    private var known: [(source: IPv4Prefix, isOwn: Bool)] {
        let lengths = Set(named.map(\.length))
        let wanted = Set(named)
        func isNamed(_ source: IPv4Prefix) -> Bool {
            lengths.contains {
                $0 <= source.length && wanted.contains(IPv4Prefix(source.network, length: $0))
            }
        }
        let own = Set(
            box.snapshot.ownAddresses.filter { $0.rawValue >> 24 != 127 }.map { IPv4Prefix($0) })
        let hosts = box.facts.hosts.map { IPv4Prefix($0) }
        let selected = box.rules.compactMap(\.source)
        return own.sorted().map { ($0, true) }
            + Set(hosts + selected).sorted().filter { !own.contains($0) && !isNamed($0) }
            .map { ($0, false) }
    }
}
