internal import NATModel

/// Names for the rows of the NAT view that outlive a new reading: all of a rule but its counters.
enum NATRowIdentity {
    /// Every rule with its name, in the order of evaluation.
    static func rules(_ sets: [NATRuleSet]) -> [(id: String, rule: NATRule)] {
        sets.flatMap { set in set.chains.flatMap { rules($0, of: set.label) } }
    }

    /// The name of a chain's own line.
    static func chain(_ chain: NATChain, of table: String) -> String {
        "\(table) \(chain.name)"
    }

    /// The rules of one chain with their names.
    static func rules(_ chain: NATChain, of table: String) -> [(id: String, rule: NATRule)] {
        // The kernel accepts the same rule twice; a number tells the copies apart.
        var copies: [NATRule: Int] = [:]
        return chain.rules.map { rule in
            var bare = rule
            bare.packets = 0
            bare.bytes = 0
            let copy = copies[bare, default: 0]
            copies[bare] = copy + 1
            let words = [
                rule.target, rule.proto, rule.options, rule.input, rule.output, rule.source,
                rule.destination, rule.extra,
            ]
            let place = "\(table) \(chain.name) \(copy)"
            return ("\(place) \(words.joined(separator: "|"))", rule)
        }
    }
}
