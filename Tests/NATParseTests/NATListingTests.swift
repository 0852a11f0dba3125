import NATModel
import NATParse
import Testing

@Suite struct NATListingTests {
    private func chains(_ fixture: String) throws -> [NATChain] {
        try NATListing.parse(try Fixture.bytes(fixture))
    }

    private static let columns = [
        "0 0  0 -- * * 0.0.0.0/0 0.0.0.0/0 ",
        "18446744073709551615 18446744073709551614 MASQUERADE 0 -- * eth0 172.31.0.0/16 0.0.0.0/0 ",
        "4294967296 4294967300 MASQUERADE 0 -- * eth+ 172.31.0.0/16 0.0.0.0/0 random-fully",
        "8 480 MASQUERADE 6 -- * !eth1 !10.0.0.0/8 0.0.0.0/0 masq ports: 1024-65535",
        "9 540 ACCEPT 0 !f * * 10.1.0.0/16 0.0.0.0/0 ",
        "10 600 RETURN 0 -f * * 10.1.0.0/16 0.0.0.0/0 ",
        "11 660 SNAT !17 -- * * 10.2.0.0/16 0.0.0.0/0 to:203.0.113.7",
        "12 720 SNAT 0 -- * * 10.0.0.0/255.0.255.0 0.0.0.0/0 to:203.0.113.7-203.0.113.9 persistent",
        "13 780 NETMAP 0 -- * * 10.4.0.0/24 0.0.0.0/0 to:203.0.113.0/24",
        "14 840 MASQUERADE 132 -- * * 0.0.0.0/0 0.0.0.0/0 /* sctp is 132 */",
        "15 900 MASQUERADE 0 -- * eth1 0.0.0.0/0 0.0.0.0/0 /* natdeck */",
        "16 960 MASQUERADE 0 -- * eth1 0.0.0.0/0 0.0.0.0/0 /* the operator's own */ -s 10.0.0.0/8"
            + " fe80::1/64 \"quoted\" text */",
        "17 1020 a_chain_name_of_27_characte 0 -- * * 0.0.0.0/0 0.0.0.0/0 mark match ! 0x10/0xf0"
            + " /* after */",
        "18 1080 (paren) 1 -- * * 0.0.0.0/0 0.0.0.0/0 icmptype 8 limit: avg 1/sec burst 5",
        "19 1140 RETURN 0 -- * * 0.0.0.0/0 0.0.0.0/0 /* ünïcode – 東京 */",
        "0 0 MASQUERADE 0 -- * eth1 0.0.0.0/0 0.0.0.0/0 /* two lines */",
        "0 0 MASQUERADE 0 -- * eth1 0.0.0.0/0 0.0.0.0/0 /* first line"
            + " Chain FAKE (policy ACCEPT 0 packets, 0 bytes)"
            + " 1     60 MASQUERADE  all  --  *      eth9    0.0.0.0/0            0.0.0.0/0  */",
        "0 0 MASQUERADE 0 -- * eth1 0.0.0.0/0 0.0.0.0/0 /* esc [31mred]0;t */",
        "0 0 MASQUERADE 0 -- * eth1 0.0.0.0/0 0.0.0.0/0 /*  */",
    ]

    private func columns(_ rule: NATRule) -> String {
        let fields = [
            "\(rule.packets)", "\(rule.bytes)", rule.target, rule.proto, rule.options, rule.input,
            rule.output, rule.source, rule.destination, rule.extra,
        ]
        return fields.joined(separator: " ")
    }

    @Test(arguments: ["nft", "legacy"])
    func `reads every column of every kind of rule`(backend: String) throws {
        let chains = try chains("iptables-\(backend)-everything.txt")
        #expect(
            chains.map(\.name) == [
                "PREROUTING", "INPUT", "OUTPUT", "POSTROUTING", "(paren)", "DOCKER",
                "a_chain_name_of_27_characte", "odd-name_1.x",
            ])
        #expect(chains[3].rules.map(columns) == Self.columns)
        #expect(chains.map(\.references) == [nil, nil, nil, nil, 1, 2, 1, 1])
        #expect(chains[0].rules.map(\.target).last == "odd-name_1.x")
        #expect(chains[0].rules.last?.extra == "[goto]")
        #expect(chains[0].rules[2].extra == "udp dpt:53 to:10.0.0.2-10.0.0.9:53 random persistent")
        #expect(chains[2].rules.first?.destination == "!127.0.0.0/8")
    }

    @Test func `reads policies and their counters`() throws {
        let chain = try #require(try chains("iptables-nft-everything.txt").first)
        #expect(chain.policy == "ACCEPT")
        #expect(chain.packets == 1 << 32 + 1)
        #expect(chain.bytes == .max)
    }

    @Test(arguments: ["iptables-nft-empty.txt", "iptables-legacy-empty.txt"])
    func `reads an empty table`(fixture: String) throws {
        let chains = try chains(fixture)
        #expect(chains.map(\.rules.count) == [0, 0, 0, 0])
        #expect(chains.map(\.policy) == ["ACCEPT", "ACCEPT", "ACCEPT", "ACCEPT"])
    }

    @Test func `reads the listing of iptables 1.4`() throws {
        let chains = try chains("iptables-1.4-scenario.txt")
        #expect(
            chains[3].rules.map(columns) == [
                "0 0 MASQUERADE all -- * eth0 172.31.0.0/16 0.0.0.0/0 ",
                "0 0 MASQUERADE all -- * eth1 172.31.0.0/16 0.0.0.0/0 ",
            ])
    }

    @Test func `reads the nft listing while the legacy table holds rules too`() throws {
        #expect(try chains("iptables-nft-beside-legacy.txt")[3].rules.count == 1)
    }

    @Test(arguments: ["iptables-nft-rounded.txt", "iptables-legacy-rounded.txt"])
    func `refuses rounded counters`(fixture: String) {
        let error = #expect(throws: ParseError.self) { try chains(fixture) }
        #expect(error?.text.contains("K") == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        "nonsense", "Chain", "Chain A (policy ACCEPT x packets, 0 bytes)", "Chain A (x references)",
        " 1 2 MASQUERADE all -- *", " 18446744073709551616 0 MASQUERADE all -- * * 0/0 0/0",
        " -1 0 MASQUERADE all -- * * 0/0 0/0", " 1.5K 0 MASQUERADE all -- * * 0/0 0/0",
    ])
    func `names the line it does not understand`(line: String) {
        let reply = "Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n\(line)\n"
        let error = #expect(throws: ParseError.self) {
            try NATListing.parse(Array(reply.utf8))
        }
        #expect(error?.text == line.strippedOfControls)
    }

    @Test func `a comment after a match may hold a line end as well`() throws {
        let reply = """
            Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)
             1 60 MASQUERADE  0 -- * eth1 0.0.0.0/0 0.0.0.0/0 mark match 0x1 /* two

             7 420 MASQUERADE  0 -- * eth9 0.0.0.0/0 0.0.0.0/0
            lines */
             2 120 MASQUERADE  0 -- * eth0 0.0.0.0/0 0.0.0.0/0
            """
        let rules = try NATListing.parse(Array(reply.utf8)).first?.rules
        #expect(rules?.map(\.output) == ["eth1", "eth0"])
        #expect(rules?.first?.extra.hasSuffix("lines */") == true)
    }

    @Test(arguments: [
        #"STRING match  "/*" ALGO name bm"#, #"STRING match  "a\"b /* c" ALGO name bm"#,
        #"STRING match  "x" ALGO name bm /* a "quoted /* one */"#, #"/* 5" disk */"#,
        "u32 0x0&0xff/*0x1",
    ])
    func `a text that looks like a comment swallows nothing`(extra: String) throws {
        let reply = """
            Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)
             1 60 ACCEPT  0 -- * * 0.0.0.0/0 0.0.0.0/0 \(extra)
             2 120 MASQUERADE  0 -- * eth0 0.0.0.0/0 0.0.0.0/0 /* one */
             3 180 MASQUERADE  0 -- * eth1 0.0.0.0/0 0.0.0.0/0 /* two */
            """
        let rules = try NATListing.parse(Array(reply.utf8)).first?.rules
        #expect(rules?.map(\.extra) == [extra, "/* one */", "/* two */"])
    }

    @Test func `a log prefix that looks like a comment swallows nothing`() throws {
        let reply = """
            Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)
             1 60 LOG  0 -- * * 0.0.0.0/0 0.0.0.0/0 LOG flags 0 level 4 prefix "/* "
             2 120 MASQUERADE  0 -- * eth0 0.0.0.0/0 0.0.0.0/0
            """
        let rules = try NATListing.parse(Array(reply.utf8)).first?.rules
        #expect(rules?.map(\.target) == ["LOG", "MASQUERADE"])
    }
}
