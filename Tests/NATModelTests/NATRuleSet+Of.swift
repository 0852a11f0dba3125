import NATModel

extension NATRuleSet {
    /// Rules of one base chain, and the chains they may lead to.
    static func of(
        _ rules: [NATRule], _ others: [NATChain] = [], policy: String = "ACCEPT",
        table: String = "nat", chain: String = "POSTROUTING", base: NATChain.Base? = nil,
        handle: UInt64? = nil
    ) -> NATRuleSet {
        NATRuleSet(
            backend: .nfTables, program: base == nil ? "iptables-nft" : NATRuleSet.nft,
            table: table, handle: handle,
            chains: [NATChain(name: chain, policy: policy, base: base, rules: rules)] + others)
    }
}
