import NATModel

extension Box {
    /// The interfaces by which port forwards bring in connections to these sources: one for a rule
    /// that names it, every egress for one that names none.
    func portForwardInputs(to sources: [IPv4Prefix]) -> [String] {
        let wanted = SourceSet(sources)
        let rules = nat.flatMap(\.chains).flatMap(\.rules).filter { rule in
            rule.forwardsTo.map(wanted.contains) ?? false
        }
        return facts.egresses.map(\.interface.name).filter { name in
            rules.contains { $0.mayComeIn(by: name) }
        }
    }

    /// The port forwards whose answers would leave by another interface than the request came in by,
    /// one warning for each rule.
    ///
    /// An answer takes the way of its host. Where a mark of the connection brings it back to the
    /// interface of the request, a policy rule for that mark has to come before those for sources:
    /// natdeck's own do so for `kept` ones.
    func portForwardWarnings(
        of sources: [IPv4Prefix], leavingBy egress: String, except kept: Set<String>
    ) -> [String] {
        let others = facts.egresses.map(\.interface.name).filter { $0 != egress }
        let wanted = Set(sources)
        let lengths = Set(sources.map(\.length))
        func isNamed(_ host: IPv4Address) -> Bool {
            lengths.contains { wanted.contains(IPv4Prefix(host, length: $0)) }
        }
        return nat.flatMap(\.chains).flatMap(\.rules).compactMap { rule in
            guard let host = rule.forwardsTo, isNamed(host) else { return nil }
            let inputs = others.filter { rule.mayComeIn(by: $0) && !kept.contains($0) }
            guard !inputs.isEmpty else { return nil }
            return "the port forward «\(rule.words)» to \(host): what comes in by"
                + " \(inputs.joined(separator: " or ")) is answered by \(egress)"
        }
    }
}

extension NATRule {
    /// The host that it sends connections from outside to; `nil` where it does not.
    fileprivate var forwardsTo: IPv4Address? {
        guard target == "DNAT" || target == "dnat" else { return nil }
        let word = extra.split(separator: " ").last { $0.hasPrefix("to:") }
        return word.flatMap { word in
            word.dropFirst(3).split { ":-".contains($0) }.first.flatMap { IPv4Address($0) }
        }
    }

    /// Whether what comes in by this interface may match it.
    fileprivate func mayComeIn(by name: String) -> Bool {
        filter.matches.allSatisfy { match in
            if case .input(let selector) = match { selector.matches(name) } else { true }
        }
    }
}
