import NATModel
import NATParse
import Testing

@Suite struct RuleReplyTests {
    private func rules() throws -> [RoutingPolicyRule] {
        try RuleReply.parse(try Fixture.bytes("ip-rule-everything.json"))
    }

    private static let words = [
        "0 from all lookup local", "100 not from 10.0.0.0/8 to 172.31.0.0/16 lookup 100",
        "110 from 10.1.2.3 iif eth0 lookup 100", "120 from all oif eth1 lookup 100",
        "130 from all fwmark 0x10/0xff lookup 100", "131 from all fwmark 0x7 lookup 100",
        "140 from all tos 0x10 lookup 100",
        "150 from all ipproto 6 sport 1000-2000 dport 443 lookup 100",
        "151 from all ipproto 132 lookup 100", "152 from all ipproto 17 dport 53 lookup 100",
        "160 from all uidrange 1000-1999 lookup 100", "170 from 10.1.0.0/16 goto 200",
        "171 from 10.2.0.0/16 unresolved goto 40000", "180 from 10.3.0.0/16 unreachable",
        "181 from 10.4.0.0/16 blackhole", "182 from 10.5.0.0/16 prohibit",
        "190 from all lookup main suppress_prefixlength 0",
        "191 from all suppress_ifgroup 5 lookup main",
        "192 from all suppress_ifgroup 0 lookup main", "200 from all tun_id 42 lookup 100",
        "210 from all iif lo lookup 100", "211 from all iif gone0 iif_detached lookup 100",
        "220 from all nop", "5000 from 172.31.26.176 lookup 20001 proto 201",
        "5000 from 172.31.26.176 lookup 20001", "5080 from 10.0.3.0/24 lookup 20001 proto 4",
        "6000 from 10.7.7.7 realms 3 lookup 100", "6001 from 0.0.0.0/1 lookup 100",
        "6002 from 10.8.0.0/16 lookup 4294967295", "32766 from all lookup main",
        "32767 from all lookup default", "4294967295 from 10.9.9.9 lookup 100",
    ]

    @Test func `reads every kind of rule and says it in iproute2's words`() throws {
        #expect(try rules().map { "\($0.priority) \($0.words)" } == Self.words)
    }

    @Test func `only a rule that selects by source alone is plain`() throws {
        let plain = try rules().filter(\.isPlainSourceLookup).map(\.priority)
        #expect(plain == [5000, 5000, 5080, 6001, 6002, 4_294_967_295])
    }

    @Test func `ours is what has our protocol`() throws {
        let owned = try rules().filter(\.isOwned)
        #expect(owned.map(\.words) == ["from 172.31.26.176 lookup 20001 proto 201"])
    }

    @Test func `a rule with host bits is not taken for its network's`() throws {
        let reply = #"[{"priority":9,"src":"10.1.2.3","srclen":8,"table":"7"}]"#
        let rule = try #require(try RuleReply.parse(Array(reply.utf8)).first)
        #expect(!rule.isPlainSourceLookup)
        #expect(rule.words.contains("10.1.2.3"))
    }

    @Test func `reads the reply of a box whose rules were flushed`() throws {
        let reply = try Fixture.bytes("ip-rule-none.json")
        #expect(try RuleReply.parse(reply).map(\.words) == ["from all lookup local"])
        #expect(try RuleReply.parse([]) == [])
        #expect(try RuleReply.parse(Array("\n".utf8)) == [])
        #expect(try RuleReply.parse(Array("[{}]".utf8)) == [])
    }

    @Test(arguments: [
        (#"[{"priority":0,"src":"all","table":"255"},{"priority":"x","src":"all"}]"#, "row 2"),
        (#"[{"priority":0,"src":"all","table":"255"},{"src":"all"}]"#, "row 2"),
        (#"[{"priority":0,"src":"nonsense","table":"255"}]"#, "row 1"),
    ])
    func `names the row it does not understand and quotes it`(reply: String, row: String) {
        let error = #expect(throws: ParseError.self) { try RuleReply.parse(Array(reply.utf8)) }
        #expect(error?.reason.contains(row) == true, "\(error?.description ?? "")")
        let last = reply.split(separator: "{").last.map { String($0.prefix(12)) } ?? ""
        #expect(error?.text.contains(last) == true, "\(error?.description ?? "")")
    }

    @Test func `takes values of types nobody foresaw`() throws {
        let reply =
            #"[{"priority":1,"src":"all","table":7,"new":1.5,"big":18446744073709551615,"#
            + #""list":[1,{"a":null}],"flag":true}]"#
        let rule = try #require(try RuleReply.parse(Array(reply.utf8)).first)
        #expect(rule.table == 7)
        #expect(rule.other == ["big 18446744073709551615", "flag true", "list 1,a ", "new 1.5"])
    }
}
