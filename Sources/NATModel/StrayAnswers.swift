extension HostFacts {
    /// Where answers to a host are led that never come to it.
    public struct StrayAnswers: Hashable, Sendable {
        /// The interface they come in by.
        public var input: String
        /// The rule that leads them.
        public var rule: RoutingPolicyRule
        /// The interfaces it leads them to; none where it refuses them.
        public var outputs: [String]

        /// What becomes of them, after `the answers`: `that come in by eth1 go out of eth1: rule …`.
        public var words: String {
            "that come in by \(input) "
                + (outputs.isEmpty ? "are refused" : "go out of \(outputs.joined(separator: "+"))")
                + ": rule \(rule.priority) «\(rule.words)»"
        }

        /// The command that has what is for a source go by table main, as what comes in elsewhere
        /// does: a rule before the one that leads astray.
        public func leadingBack(to source: IPv4Prefix) -> Command {
            Command([
                "ip", "rule", "add", "to", source.description, "lookup", "main", "priority",
                "\(max(rule.priority - 1, 1))",
            ])
        }
    }
}

extension BoxFacts {
    /// The kernel parameter that drops the answers to a source which only a mark leads out by an
    /// interface; `nil` where none does.
    ///
    /// The kernel looks up the way back of what comes in, without the mark unless `src_valid_mark`
    /// says so, and where it is strict that has to be the interface it came in by. Source:
    /// fib_validate_source in net/ipv4/fib_frontend.c.
    public func strictParameter(of source: IPv4Prefix, _ decision: EgressDecision) -> String? {
        guard let egress = decision.interface, decision.rule?.mark != nil, let rules else {
            return nil
        }
        func values(_ name: String) -> [(name: String, value: Int)] {
            ["all", egress].compactMap { scope in
                let name = "net.ipv4.conf.\(scope).\(name)"
                return snapshot.sysctl(name).map { (name, $0) }
            }
        }
        // The larger of the two counts.
        guard let strict = values("rp_filter").max(by: { $0.value < $1.value }), strict.value == 1,
            !values("src_valid_mark").contains(where: { $0.value != 0 })
        else { return nil }
        let back = rules.decision(
            for: source, input: input(of: source), mark: PacketMark(0, mask: .max))
        return back.doubts.isEmpty && back.interface != egress ? strict.name : nil
    }

    /// Where the answers to what `source` sends out of `interface` are led, where that is surely not
    /// back to it; `nil` for any others.
    ///
    /// The answer is for the host by the time it is routed, and comes in by the interface.
    public func strayAnswers(
        to source: IPv4Prefix, leavingBy interface: String
    ) -> HostFacts.StrayAnswers? {
        // A router beyond an uplink may bring back what comes to it.
        guard let rules, rules.mayMisleadAnswers, let input = input(of: source),
            !egresses.contains(where: { $0.interface.name == input })
        else { return nil }
        // A host of it, and not the box itself.
        let first = source.representative
        let host = (0..<8).lazy.map { IPv4Address(rawValue: first.rawValue &+ $0) }
            .first { source.contains($0) && !own.contains($0) }
        guard let host else { return nil }
        let decision = rules.decision(for: IPv4Prefix(outside), to: host, input: interface)
        guard decision.doubts.isEmpty, let rule = decision.rule,
            !decision.interfaces.contains(input)
        else { return nil }
        // A narrower route knows better where the host is.
        if let route = decision.route, !route.refuses,
            !route.forwards || route.destination.length >= 8
        {
            return nil
        }
        return HostFacts.StrayAnswers(input: interface, rule: rule, outputs: decision.interfaces)
    }
}
