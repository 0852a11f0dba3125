/// The rules of a nat table by the source they select, so that the verdict on one source looks at
/// the few rules that can match it, and not at ten thousand.
public struct NATRuleIndex: Sendable {
    private var chains: [String: Chain] = [:]

    private struct Chain: Sendable {
        let policy: String?
        let rules: [NATRule]
        /// Places of the rules that select a network, by its length.
        var bySource: [Int: [IPv4Prefix: [Int]]] = [:]
        /// Places of the rules whose source is no plain network.
        var others: [Int] = []

        init(_ chain: NATChain) {
            policy = chain.policy
            rules = chain.rules
            for (place, rule) in chain.rules.enumerated() {
                if let prefix = IPv4Prefix(rule.source) {
                    bySource[prefix.length, default: [:]][prefix, default: []].append(place)
                } else {
                    others.append(place)
                }
            }
        }

        /// The rules that may match every packet of a source, in order. A rule that selects only
        /// a part of the source never does.
        func candidates(for source: IPv4Prefix) -> [NATRule] {
            var places = others
            for (length, rules) in bySource where length <= source.length {
                places += rules[IPv4Prefix(source.network, length: length)] ?? []
            }
            return places.sorted().map { rules[$0] }
        }
    }

    /// An index of this table.
    public init(_ set: NATRuleSet) {
        for chain in set.chains where chains[chain.name] == nil {
            chains[chain.name] = Chain(chain)
        }
    }

    /// What happens to a packet from `source` that leaves by `output` for the outside world.
    public func verdict(on source: IPv4Prefix, leavingBy output: String) -> NATVerdict {
        let walk = NATWalk(source: source, output: output) { name in
            chains[name].map { ($0.policy, $0.candidates(for: source)) }
        }
        return walk.verdict
    }
}
