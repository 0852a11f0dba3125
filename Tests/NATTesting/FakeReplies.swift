import NATModel

/// The replies of `iptables`, written from the fake box's values.
enum FakeReplies {
    static func listing(_ chains: [NATChain]) -> String {
        chains.map { chain in
            let kind =
                chain.policy.map {
                    "policy \($0) \(chain.packets ?? 0) packets, \(chain.bytes ?? 0) bytes"
                } ?? "\(chain.references ?? 0) references"
            let rows = chain.rules.map { rule in
                let target =
                    rule.target + String(repeating: " ", count: max(0, 9 - rule.target.count))
                return "\(rule.packets) \(rule.bytes) \(target) \(rule.proto) \(rule.options)"
                    + " \(rule.input) \(rule.output) \(rule.source) \(rule.destination)"
                    + " \(rule.extra)"
            }
            return (["Chain \(chain.name) (\(kind))", "pkts bytes target prot opt in out"] + rows)
                .joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }
}
