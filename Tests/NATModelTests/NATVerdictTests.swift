import NATModel
import Testing

@Suite struct NATVerdictTests {
    private let host = IPv4Prefix("172.31.26.176") ?? .all
    private let masquerade = NATRule(target: "MASQUERADE")

    private func verdict(
        _ rules: [NATRule], _ userChains: [NATChain] = [], output: String = "eth1"
    ) -> NATVerdict {
        let chain = NATChain(name: "POSTROUTING", policy: "ACCEPT", rules: rules)
        return NATRuleSet(
            backend: .nfTables, program: "iptables-nft", chains: [chain] + userChains
        ).verdict(on: host, leavingBy: output)
    }

    @Test(arguments: [
        ("*", true), ("eth1", true), ("eth+", true), ("+", true), ("eth0", false), ("eth", false),
        ("!eth0", true), ("!eth1", false), ("!eth+", false), ("ens+", false),
    ])
    func `matches interfaces by name, glob and negation`(output: String, isCovered: Bool) {
        let rule = NATRule(target: "MASQUERADE", output: output)
        #expect(verdict([rule]) == (isCovered ? .translated(by: rule) : .notCovered))
    }

    @Test(arguments: [
        ("172.31.0.0/16", true), ("172.31.26.176", true), ("172.31.26.175", false),
        ("!10.0.0.0/8", true), ("!172.31.0.0/16", false), ("172.31.26.176/255.255.0.255", false),
    ])
    func `matches sources by network and negation`(source: String, isCovered: Bool) {
        let rule = NATRule(target: "MASQUERADE", source: source)
        #expect(verdict([rule]) == (isCovered ? .translated(by: rule) : .notCovered))
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
        #expect(verdict([rule]) == (isCovered ? .translated(by: rule) : .notCovered))
    }

    @Test func `half of the outside is matched sometimes`() {
        for destination in ["0.0.0.0/1", "!0.0.0.0/1", "192.168.0.0/14", "!128.0.0.0/1"] {
            let rule = NATRule(target: "MASQUERADE", destination: destination)
            #expect(rule.match(source: host, output: "eth1") == .sometimes, "\(destination)")
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
    func `a rule for some packets decides nothing`(rule: NATRule) {
        #expect(verdict([rule]) == .notCovered)
        #expect(verdict([rule, masquerade]) == .translated(by: masquerade))
    }

    @Test(arguments: [
        "", "/* natdeck */", "/* the operator's own */", "/* a */ /* b */ random-fully",
        "random-fully", "/* c */ random", "/*  */",
    ])
    func `a comment matches nothing`(extra: String) {
        let rule = NATRule(target: "MASQUERADE", extra: extra)
        #expect(verdict([rule]) == .translated(by: rule))
    }

    @Test(arguments: ["to:203.0.113.7", "/* c */ to:203.0.113.7-203.0.113.9 persistent"])
    func `SNAT translates`(extra: String) {
        let rule = NATRule(target: "SNAT", extra: extra)
        #expect(verdict([rule]) == .translated(by: rule))
    }

    @Test(arguments: ["ACCEPT", "RETURN"])
    func `an exemption before MASQUERADE wins`(target: String) {
        let exemption = NATRule(target: target, source: "172.31.26.0/24")
        #expect(verdict([exemption, masquerade]) == .exempt(by: exemption))
        #expect(verdict([masquerade, exemption]) == .translated(by: masquerade))
        let other = NATRule(target: target, source: "172.31.99.0/24")
        #expect(verdict([other, masquerade]) == .translated(by: masquerade))
    }

    @Test func `an exemption of the box's internal traffic is none of the outside`() {
        let rule = NATRule(target: "ACCEPT", destination: "172.31.0.0/16")
        #expect(verdict([rule, masquerade]) == .translated(by: masquerade))
    }

    @Test func `follows user chains and comes back`() {
        let jump = NATRule(target: "MINE")
        let mine = NATChain(name: "MINE", references: 1, rules: [masquerade])
        #expect(verdict([jump], [mine]) == .translated(by: masquerade))
        let snat = NATRule(target: "SNAT", extra: "to:203.0.113.7")
        let returning = NATChain(
            name: "MINE", references: 1, rules: [NATRule(target: "RETURN"), masquerade])
        #expect(verdict([jump, snat], [returning]) == .translated(by: snat))
        let accepting = NATRule(target: "ACCEPT")
        let exempting = NATChain(name: "MINE", references: 1, rules: [accepting])
        #expect(verdict([jump, snat], [exempting]) == .exempt(by: accepting))
    }

    @Test func `a goto does not come back`() {
        let goto = NATRule(target: "MINE", extra: "[goto]")
        let mine = NATChain(name: "MINE", references: 1, rules: [])
        #expect(verdict([goto, masquerade], [mine]) == .notCovered)
    }

    @Test func `a goto in a user chain comes back to the chain above`() {
        let inner = NATChain(name: "INNER", references: 1)
        let mine = NATChain(
            name: "MINE", references: 1,
            rules: [NATRule(target: "INNER", extra: "[goto]"), NATRule(target: "ACCEPT")])
        #expect(
            verdict([NATRule(target: "MINE"), masquerade], [mine, inner])
                == .translated(by: masquerade))
    }

    @Test func `a target that decides nothing is passed`() {
        let others = [
            NATRule(target: ""), NATRule(target: "LOG", extra: "LOG flags 0 level 4"),
            NATRule(target: "MARK", extra: "MARK set 0x10"),
        ]
        #expect(verdict(others + [masquerade]) == .translated(by: masquerade))
    }

    @Test func `a loop of chains ends`() {
        let loop = NATChain(name: "LOOP", references: 1, rules: [NATRule(target: "LOOP")])
        #expect(verdict([NATRule(target: "LOOP")], [loop]) == .notCovered)
    }
}

@Suite struct NATRuleIndexTests {
    /// Every verdict by the index is that of the whole table, whatever the order of the rules.
    @Test(arguments: 0..<50)
    func `finds what a walk through all rules finds`(seed: Int) {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1
        func random(_ count: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(count))
        }
        let sources = [
            "0.0.0.0/0", "10.0.0.0/8", "10.0.3.0/24", "10.0.3.7", "!10.0.3.0/24", "172.31.0.0/16",
            "10.0.0.0/255.0.255.0",
        ]
        let targets = ["MASQUERADE", "SNAT", "ACCEPT", "RETURN", "", "INNER"]
        func rules(_ count: Int, _ targets: [String]) -> [NATRule] {
            (0..<count).map { _ in
                NATRule(
                    target: targets[random(targets.count)],
                    output: ["*", "eth0", "eth1"][random(3)],
                    source: sources[random(sources.count)])
            }
        }
        let set = NATRuleSet(
            backend: .nfTables, program: "iptables-nft",
            chains: [
                NATChain(name: "POSTROUTING", policy: "ACCEPT", rules: rules(6, targets)),
                NATChain(name: "INNER", references: 1, rules: rules(4, targets.dropLast())),
            ])
        let index = NATRuleIndex(set)
        for text in ["10.0.3.7", "10.0.3.0/24", "10.0.0.0/16", "172.31.26.176", "192.0.2.1"] {
            guard let source = IPv4Prefix(text) else { continue }
            for output in ["eth0", "eth1"] {
                #expect(
                    index.verdict(on: source, leavingBy: output)
                        == set.verdict(on: source, leavingBy: output))
            }
        }
    }
}
