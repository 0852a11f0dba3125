import NATModel
import Testing

/// Rules that ask what IPsec has done with a packet, or is to do.
@Suite struct IPsecMatchTests {
    /// A policy by which IPsec takes something.
    private static var policy: NATRuleSet {
        var set = NATRuleSet.of([NATRule(target: "DROP")], table: "policies", chain: "elsewhere")
        set.program = NATRuleSet.ipsec
        return set
    }

    /// What becomes of a host where such a rule drops, beside these other tables.
    private static func verdict(_ words: String, beside others: [NATRuleSet]) -> ForwardVerdict? {
        let forward = NATRuleSet.of(
            [NATRule(target: "DROP", extra: words)], table: "filter", chain: "FORWARD")
        return BoxFilters(nat: [], forward: [forward] + others).forward(
            ForwardedPacket(
                source: IPv4Prefix(IPv4Address(rawValue: 0x0a00_0007)), input: "lan0",
                output: "eth1"))
    }

    @Test(arguments: [
        "policy match dir in pol ipsec", "policy match dir out pol ipsec",
        "policy match dir in pol ipsec mode tunnel",
        "policy match dir out pol ipsec strict [0] reqid 1 proto esp mode tunnel",
        "policy match dir out pol ipsec ctstate NEW",
    ])
    func `where the box has no policy nothing is encrypted`(words: String) {
        #expect(Self.verdict(words, beside: [])?.passes == true)
        let verdict = Self.verdict(words, beside: [Self.policy])
        #expect(verdict?.isDropped == false)
        #expect(verdict?.doubts.isEmpty == false)
    }

    @Test(arguments: [
        "policy match dir in pol none", "policy match dir out pol none ctstate NEW",
    ])
    func `where the box has no policy everything is plain`(words: String) {
        #expect(Self.verdict(words, beside: [])?.isDropped == true)
        #expect(Self.verdict(words, beside: [Self.policy])?.isDropped == false)
    }
}
