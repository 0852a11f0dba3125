internal import NATModel

/// Names for the rows of the NAT view that outlive a new reading: all of a rule but its counters.
enum NATRowIdentity {
    /// The names of the rules of one chain, in its order.
    static func rules(_ chain: NATChain, of set: String) -> [RowID] {
        // The kernel accepts the same rule twice; a number tells the copies apart.
        var copies: [NATRule: Int] = [:]
        return chain.rules.map { rule in
            var bare = rule
            bare.packets = 0
            bare.bytes = 0
            let copy = copies[bare, default: 0]
            copies[bare] = copy + 1
            return .natRule(
                NATRuleKey(set: set, chain: chain.name, rule: bare, copy: copy))
        }
    }
}
