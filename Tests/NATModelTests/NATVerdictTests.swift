import NATModel
import Testing

@Suite struct NATVerdictTests {
    private let host = IPv4Prefix("172.31.26.176") ?? .all
    private let masquerade = NATRule(target: "MASQUERADE")

    private func verdict(
        _ rules: [NATRule], _ userChains: [NATChain] = [], output: String = "eth1"
    ) -> NATVerdict {
        let chain = NATChain(name: "POSTROUTING", policy: "ACCEPT", rules: rules)
        let set = NATRuleSet(
            backend: .nfTables, program: "iptables-nft", chains: [chain] + userChains)
        return NATVerdict(
            of: ForwardedPacket(source: host, output: output),
            in: FilterIndex([set], at: .postrouting))
    }

    @Test(arguments: [
        ("*", true), ("eth1", true), ("eth+", true), ("+", true), ("eth0", false), ("eth", false),
        ("!eth0", true), ("!eth1", false), ("!eth+", false), ("ens+", false),
    ])
    func `matches interfaces by name, glob and negation`(output: String, isCovered: Bool) {
        let rule = NATRule(target: "MASQUERADE", output: output)
        #expect(verdict([rule]).translation == (isCovered ? rule : nil))
    }

    @Test(arguments: [
        ("172.31.0.0/16", true), ("172.31.26.176", true), ("172.31.26.175", false),
        ("!10.0.0.0/8", true), ("!172.31.0.0/16", false), ("172.31.26.176/255.255.0.255", false),
    ])
    func `matches sources by network and negation`(source: String, isCovered: Bool) {
        let rule = NATRule(target: "MASQUERADE", source: source)
        #expect(verdict([rule]).translation == (isCovered ? rule : nil))
    }

    @Test(arguments: [
        ("0.0.0.0/0", true), ("!172.31.0.0/16", true), ("!10.0.0.0/8", true),
        ("172.31.0.0/16", false), ("!0.0.0.0/0", false), ("8.8.8.8", false), ("!8.8.8.8", false),
        // Half of the outside is neither all of it nor nothing.
        ("0.0.0.0/1", false), ("!0.0.0.0/1", false), ("!192.168.0.0/14", false),
        ("!128.0.0.0/1", false),
    ])
    func `takes the destination for the outside world`(destination: String, isCovered: Bool) {
        let rule = NATRule(target: "MASQUERADE", destination: destination)
        #expect(verdict([rule]).translation == (isCovered ? rule : nil))
    }

    @Test func `half of the outside is matched sometimes`() {
        for destination in ["0.0.0.0/1", "!0.0.0.0/1", "192.168.0.0/14", "!128.0.0.0/1"] {
            let rule = NATRule(target: "MASQUERADE", destination: destination)
            let packet = ForwardedPacket(source: host, output: "eth1")
            #expect(rule.filter.match(packet) == .sometimes, "\(destination)")
        }
    }

    @Test(arguments: [
        NATRule(target: "MASQUERADE", proto: "6"), NATRule(target: "MASQUERADE", proto: "!udp"),
        NATRule(target: "MASQUERADE", options: "-f"), NATRule(target: "MASQUERADE", input: "eth0"),
        NATRule(target: "MASQUERADE", extra: "mark match 0x1"),
        NATRule(target: "MASQUERADE", extra: "/* c */ mark match 0x1"),
        NATRule(target: "MASQUERADE", extra: "/* a */ b */ mark match 0x1"),
        NATRule(target: "MASQUERADE", extra: "/* a */ mark match 0x7 /* b */"),
        // A comment that seems to end before it does may hide a match.
        NATRule(target: "MASQUERADE", extra: "/* the operator's own */ -s 10.0.0.0/8 text */"),
        NATRule(target: "MASQUERADE", extra: "mark match ! 0x10/0xf0 /* after */"),
        NATRule(target: "MASQUERADE", extra: "statistic mode random probability 0.50000000000"),
        NATRule(target: "ACCEPT", extra: "policy match dir out pol ipsec"),
    ])
    func `a rule for some packets may decide, and is not passed over`(rule: NATRule) {
        let alone = verdict([rule])
        #expect(alone.translation == nil)
        #expect(alone.reachesEnd)
        let snat = NATRule(target: "SNAT", extra: "to:203.0.113.7")
        let both = verdict([rule, snat])
        #expect(both.onlyOutcome == nil)
        #expect(both.doubts.map(\.rule) == [rule])
        // Whichever of two decides, the host is masqueraded.
        if rule.isMasquerade { #expect(verdict([rule, masquerade]).translation != nil) }
    }

    @Test(arguments: [
        "", "/* natdeck */", "/* the operator's own */", "/* a */ /* b */ random-fully",
        "random-fully", "/* c */ random", "/*  */",
    ])
    func `a comment matches nothing`(extra: String) {
        let rule = NATRule(target: "MASQUERADE", extra: extra)
        #expect(verdict([rule]).translation == rule)
    }

    @Test(arguments: ["to:203.0.113.7", "/* c */ to:203.0.113.7-203.0.113.9 persistent"])
    func `SNAT translates`(extra: String) {
        let rule = NATRule(target: "SNAT", extra: extra)
        #expect(verdict([rule]).translation == rule)
    }

    @Test(arguments: ["ACCEPT", "RETURN"])
    func `an exemption before MASQUERADE wins`(target: String) {
        let exemption = NATRule(target: target, source: "172.31.26.0/24")
        #expect(verdict([exemption, masquerade]).exemption?.rule == exemption)
        #expect(verdict([masquerade, exemption]).translation == masquerade)
        let other = NATRule(target: target, source: "172.31.99.0/24")
        #expect(verdict([other, masquerade]).translation == masquerade)
    }

    @Test func `an exemption of the box's internal traffic is none of the outside`() {
        let rule = NATRule(target: "ACCEPT", destination: "172.31.0.0/16")
        #expect(verdict([rule, masquerade]).translation == masquerade)
    }

    @Test func `follows user chains and comes back`() {
        let jump = NATRule(target: "MINE")
        let mine = NATChain(name: "MINE", references: 1, rules: [masquerade])
        #expect(verdict([jump], [mine]).translation == masquerade)
        let snat = NATRule(target: "SNAT", extra: "to:203.0.113.7")
        let returning = NATChain(
            name: "MINE", references: 1, rules: [NATRule(target: "RETURN"), masquerade])
        #expect(verdict([jump, snat], [returning]).translation == snat)
        let accepting = NATRule(target: "ACCEPT")
        let exempting = NATChain(name: "MINE", references: 1, rules: [accepting])
        #expect(verdict([jump, snat], [exempting]).exemption?.rule == accepting)
    }

    @Test func `a goto does not come back`() {
        let goto = NATRule(target: "MINE", extra: "[goto]")
        let mine = NATChain(name: "MINE", references: 1, rules: [])
        #expect(verdict([goto, masquerade], [mine]).onlyOutcome?.end == .passes)
    }

    @Test func `a goto in a user chain comes back to the chain above`() {
        let inner = NATChain(name: "INNER", references: 1)
        let mine = NATChain(
            name: "MINE", references: 1,
            rules: [NATRule(target: "INNER", extra: "[goto]"), NATRule(target: "ACCEPT")])
        #expect(
            verdict([NATRule(target: "MINE"), masquerade], [mine, inner]).translation == masquerade
        )
    }

    @Test func `a target that decides nothing is passed`() {
        let others = [
            NATRule(target: ""), NATRule(target: "LOG", extra: "LOG flags 0 level 4"),
            NATRule(target: "MARK", extra: "MARK set 0x10"),
        ]
        #expect(verdict(others + [masquerade]).translation == masquerade)
    }

    @Test func `a loop of chains ends`() {
        let loop = NATChain(name: "LOOP", references: 1, rules: [NATRule(target: "LOOP")])
        #expect(verdict([NATRule(target: "LOOP")], [loop]).onlyOutcome == nil)
    }
}
