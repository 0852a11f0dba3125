import NATModel

/// The hosts that a plan does not name. None of them is to go another way for it.
struct Bystanders {
    let box: Box
    /// The sources the plan is about.
    let named: [IPv4Prefix]

    /// What else would move, one sentence without a full stop for each source; empty where nothing
    /// does.
    func moved(by plan: Plan) -> [String] {
        guard canBeMoved(within: Reach(of: plan.steps, on: box)) else { return [] }
        let sources = known(movedBy: plan)
        guard !sources.isEmpty else { return [] }
        let after = box.facts.applying(plan.steps)
        let moved = sources.compactMap { source, isOwn -> Move? in
            let input = isOwn ? "lo" : nil
            let before = box.facts.decision(for: source, sentBy: input)
            let then = after.decision(for: source, sentBy: input)
            return before.end == then.end
                ? nil : Move(source: source, isOwn: isOwn, before: before, then: then)
        }
        guard !moved.isEmpty else { return [] }
        // A rule of ours that leads where it was made for is no news.
        let wanted = Dictionary(
            box.snapshot.steerings.filter(\.isOwned).map { ($0.source, $0.egress) },
            uniquingKeysWith: { first, _ in first })
        return moved.compactMap { move in
            if let egress = wanted[move.source] ?? nil, move.then.interface == egress { return nil }
            return "\(move.source)\(move.isOwn ? ", the box's own address," : "") would leave by"
                + " \(Self.words(move.then)) in place of \(Self.words(move.before))"
        }
    }

    /// Hosts in a named network that somebody sends elsewhere by rules of their own, which are not
    /// reached any more; one sentence without a full stop for each.
    func overruled(by plan: Plan) -> [String] {
        let networks = named.filter { $0.length < 32 }
        guard !networks.isEmpty else { return [] }
        let own = Set(box.snapshot.ownAddresses.map { IPv4Prefix($0) })
        let rules = box.rules.filter { rule in
            guard let source = rule.source, !rule.isOwned, rule.isPlainSourceLookup else {
                return false
            }
            return !own.contains(source) && !named.contains(source)
                && networks.contains { $0.contains(source) }
        }
        guard !rules.isEmpty else { return [] }
        let after = box.facts.applying(plan.steps)
        return rules.compactMap { rule in
            guard let source = rule.source else { return nil }
            let before = box.facts.decision(for: source)
            let then = after.decision(for: source)
            guard before.rule == rule, before.end != then.end else { return nil }
            return "\(source) is in it, and leaves by \(Self.words(then)) in place of"
                + " \(Self.words(before)): its own rule \(rule.priority) «\(rule.words)» is not"
                + " reached any more"
        }
    }

    /// Whether there is anything that the plan does not name and that it can move, known or not: it
    /// cannot where its steps are about named hosts alone, or close networks beside the map, which
    /// marks as free what it does not steer.
    func canBeMoved(by plan: Plan) -> Bool {
        canBeMoved(within: Reach(of: plan.steps.filter { !$0.action.closesBesideMap }, on: box))
    }

    /// What the box itself sends is nothing that a plan names.
    private func canBeMoved(within reach: Reach) -> Bool {
        !reach.isWithin(Set(named).subtracting(box.snapshot.ownAddresses.map { IPv4Prefix($0) }))
    }

    private struct Move {
        let source: IPv4Prefix
        let isOwn: Bool
        let before: EgressDecision
        let then: EgressDecision
    }

    /// The sources whose way steps can change.
    private struct Reach {
        private var isWhole = false
        private var sources: Set<IPv4Prefix> = []
        private var lengths: Set<Int> = []

        init(of steps: [Step], on box: Box) {
            let targets = Set(
                box.rules.compactMap { rule in
                    if case .goto(let priority) = rule.action { priority } else { nil }
                })
            for step in steps {
                switch step.action {
                case .steer(.entry(let source, _, _)), .steer(.cover(let source, _)):
                    sources.insert(source)
                    lengths.insert(source.length)
                // What a lost map steered is closed until it says so again.
                case .setGate(let gate):
                    let steers = [gate?.map, box.snapshot.map].contains { ($0?.count ?? 0) > 0 }
                    if steers, gate?.map != box.snapshot.map { isWhole = true }
                default: break
                }
                guard case .routing(let change) = step.action else { continue }
                switch change {
                // A packet without a mark passes by it.
                case .addRule(let rule) where rule.isMark, .deleteRule(let rule) where rule.isMark:
                    if (box.snapshot.map?.count ?? 0) > 0 { isWhole = true }
                case .addRule(let rule), .deleteRule(let rule):
                    // A goto may gain or lose its target by it.
                    guard let source = rule.source, !rule.selectors.isInverted,
                        !targets.contains(rule.priority)
                    else {
                        isWhole = true
                        continue
                    }
                    sources.insert(source)
                    lengths.insert(source.length)
                default: isWhole = true
                }
            }
        }

        /// Whether it holds single hosts of these alone.
        func isWithin(_ hosts: Set<IPv4Prefix>) -> Bool {
            !isWhole && lengths.allSatisfy { $0 == 32 } && sources.isSubset(of: hosts)
        }

        /// A rule for some hosts of a network says nothing of the network.
        func holds(_ source: IPv4Prefix) -> Bool {
            isWhole
                || lengths.contains {
                    $0 <= source.length && sources.contains(IPv4Prefix(source.network, length: $0))
                }
        }
    }

    private static func words(_ decision: EgressDecision) -> String {
        decision.interfaces.isEmpty ? "nothing" : decision.interfaces.joined(separator: "+")
    }

    /// The sources that a plan can move, are known and not named, each with whether it is the box's
    /// own.
    ///
    /// What is closed beside the map is so for what the map does not steer: a packet that it marks
    /// has been led away by then.
    private func known(movedBy plan: Plan) -> [(source: IPv4Prefix, isOwn: Bool)] {
        let lengths = Set(named.map(\.length))
        let wanted = Set(named)
        func isNamed(_ source: IPv4Prefix) -> Bool {
            lengths.contains {
                $0 <= source.length && wanted.contains(IPv4Prefix(source.network, length: $0))
            }
        }
        let opening = Reach(of: plan.steps.filter { !$0.action.closesBesideMap }, on: box)
        let closing = Reach(of: plan.steps.filter(\.action.closesBesideMap), on: box)
        let map = box.snapshot.map
        func isMarked(_ source: IPv4Prefix) -> Bool {
            map?.entry(for: source).map { $0.number != SourceMap.free } ?? false
        }
        func isReached(_ source: IPv4Prefix, isOwn: Bool) -> Bool {
            // The map marks what comes in, and nothing that the box itself sends.
            opening.holds(source) || closing.holds(source) && (isOwn || !isMarked(source))
        }
        let own = Set(
            box.snapshot.ownAddresses.filter { $0.rawValue >> 24 != 127 }.map { IPv4Prefix($0) })
        let hosts = box.facts.hosts.map { IPv4Prefix($0) }
        // Before they are put in order: most plans reach one host, and there may be ten thousand.
        let steered = box.rules.lazy.compactMap(\.source) + (map.map { Array($0.sources) } ?? [])
        let others = Set((hosts + steered).filter { isReached($0, isOwn: false) })
        return own.sorted().filter { isReached($0, isOwn: true) }.map { ($0, true) }
            + others.filter { !own.contains($0) && !isNamed($0) }.sorted().map { ($0, false) }
    }
}

extension Step.Action {
    /// Whether it closes a network to what the map has not marked, opens it, or says of it that the
    /// rest of it is free.
    fileprivate var closesBesideMap: Bool {
        switch self {
        case .steer(.cover): true
        case .routing(.addRule(let rule)), .routing(.deleteRule(let rule)): rule.isClosing
        default: false
        }
    }
}
