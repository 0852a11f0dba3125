import NATModel

extension Box {
    /// The interfaces by which port forwards bring in connections to these sources: one for a rule
    /// that names it, every egress for one that names none.
    func portForwardInputs(to sources: [IPv4Prefix]) -> [String] {
        let wanted = SourceSet(sources)
        let forwards = portForwards.filter { forward in
            forward.hosts.contains { range in
                wanted.contains(range.first)
                    || range.first != range.last && sources.contains { range.touches($0) }
            }
        }
        return facts.egresses.map(\.interface.name).filter { name in
            forwards.contains { mayComeIn($0, by: name) }
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
        return portForwards.compactMap { forward -> String? in
            let named = forward.hosts.first { range in
                range.first == range.last
                    ? isNamed(range.first) : sources.contains { range.touches($0) }
            }
            guard let named else { return nil }
            let inputs = others.filter { mayComeIn(forward, by: $0) && !kept.contains($0) }
            guard !inputs.isEmpty else { return nil }
            return "the port forward «\(forward.rule.words)» to \(named.first): what comes in by"
                + " \(inputs.joined(separator: " or ")) is answered by \(egress)"
        }.uniqued()
    }

    /// A rule that sends connections from outside to hosts.
    private struct PortForward {
        let rule: NATRule
        /// All that must hold.
        var matches: [FilterMatch]
        /// To whom.
        let hosts: [IPv4Range]
    }

    private var portForwards: [PortForward] {
        nat.flatMap(\.chains).flatMap(\.rules).flatMap { Self.forwards($0.filter, of: $0) }
    }

    /// What of a rule sends somewhere: each key of a map does so by itself.
    private static func forwards(_ filter: FilterRule, of rule: NATRule) -> [PortForward] {
        switch filter.effect {
        case .dnat(let hosts) where !hosts.isEmpty:
            return [PortForward(rule: rule, matches: filter.matches, hosts: hosts)]
        case .firstOf(let rules):
            return rules.flatMap { forwards($0, of: rule) }.map { forward in
                var forward = forward
                forward.matches += filter.matches
                return forward
            }
        default: return []
        }
    }

    /// Whether what comes in by this interface may be forwarded so. What is sent to an address of the
    /// box comes in where that address is.
    private func mayComeIn(_ forward: PortForward, by name: String) -> Bool {
        forward.matches.allSatisfy { match in
            switch match {
            case .input(let selector): return selector.matches(name)
            case .destination(let selector):
                let owners = facts.egresses.filter { egress in
                    egress.ownAddresses.contains { selector.match(IPv4Prefix($0)) != .never }
                }
                return owners.isEmpty || owners.contains { $0.interface.name == name }
            default: return true
            }
        }
    }
}

extension IPv4Range {
    /// Whether a network holds any of the addresses.
    fileprivate func touches(_ prefix: IPv4Prefix) -> Bool {
        prefix.network.rawValue <= last.rawValue && first.rawValue <= prefix.last.rawValue
    }
}
