import NATModel
import NATParse
import NATTesting
import Testing

@Suite struct RuleReplyTests {
    private func rules(_ fixture: String = "netlink-rules-everything.bin") throws
        -> [RoutingPolicyRule]
    {
        try RuleReply().whole(try Fixture.bytes(fixture)).rules
    }

    private static let words = [
        "0 from all lookup local", "100 not from 10.0.0.0/8 to 172.31.0.0/16 lookup 100",
        "110 from 10.1.2.3 iif eth0 lookup 100", "120 from all oif eth1 lookup 100",
        "130 from all fwmark 0x10/0xff lookup 100", "131 from all fwmark 0x7 lookup 100",
        "132 from all fwmark 0x0/0x3 lookup 100",
        "140 from all tos 0x10 lookup 100",
        "150 from all ipproto 6 sport 1000-2000 dport 443 lookup 100",
        "151 from all ipproto 132 lookup 100", "152 from all ipproto 17 dport 53 lookup 100",
        "160 from all uidrange 1000-1999 lookup 100", "170 from 10.1.0.0/16 goto 200",
        "171 from 10.2.0.0/16 unresolved goto 40000", "180 from 10.3.0.0/16 unreachable",
        "181 from 10.4.0.0/16 blackhole", "182 from 10.5.0.0/16 prohibit",
        "190 from all lookup main suppress_prefixlength 0",
        "191 from all suppress_ifgroup 5 lookup main",
        "192 from all suppress_ifgroup 0 lookup main", "195 from all l3mdev lookup l3mdev-table",
        "200 from all tun_id 42 lookup 100",
        "210 from all iif lo lookup 100", "211 from all iif gone0 iif_detached lookup 100",
        "212 from all oif gone0 oif_detached lookup 100",
        "220 from all nop", "5000 from 172.31.26.176 lookup 20001 proto 201",
        "5000 from 172.31.26.176 lookup 20001", "5080 from 10.0.3.0/24 lookup 20001 proto 4",
        "6000 from 10.7.7.7 realms 3 lookup 100", "6001 from 0.0.0.0/1 lookup 100",
        "6002 from 10.8.0.0/16 lookup 4294967295", "6003 from 10.7.7.8 realms 2/3 lookup 100",
        "6004 from 10.1.2.3/8 lookup 100", "32766 from all lookup main",
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
        let rule = try #require(try rules().first { $0.priority == 6004 })
        #expect(!rule.isPlainSourceLookup)
    }

    /// The same words as ip(8) prints, whose order differs.
    @Test func `says of every rule what iproute2 says of it`() throws {
        let text = String(decoding: try Fixture.bytes("ip-rule-everything.txt"), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == Self.words.count)
        for (rule, line) in zip(try rules(), lines) {
            #expect(
                RuleWords.areSame(rule.priority, rule.words, as: String(line)),
                "\(rule.words) | \(line)")
        }
    }

    @Test func `reads the reply of a box whose rules were flushed`() throws {
        #expect(
            try rules("netlink-rules-none.bin").map(\.words) == ["from all lookup local"])
    }

    @Test func `an attribute of a newer kernel is no plain lookup`() throws {
        var body: [UInt8] = [2, 0, 32, 0, 100, 0, 0, 1, 0, 0, 0, 0]
        body += [8, 0, 2, 0, 10, 1, 2, 3]
        let message = NetlinkBytes.message(32, body + [5, 0, 99, 0, 7, 0, 0, 0])
        let rule = try #require(try RuleReply().whole(message + NetlinkBytes.done).rules.first)
        #expect(rule.words == "from 10.1.2.3 attribute-99 7 lookup 100")
        #expect(!rule.isPlainSourceLookup)
    }

    @Test func `a rule that looks at some bits of a port is told apart`() throws {
        // FRA_DPORT_RANGE and FRA_DPORT_MASK, of Linux 6.15.
        let body: [UInt8] = [
            2, 0, 0, 0, 100, 0, 0, 1, 0, 0, 0, 0, 8, 0, 24, 0, 80, 0, 80, 0, 6, 0, 29, 0, 0xf0,
            0xff,
            0, 0,
        ]
        let rules = try RuleReply().whole(NetlinkBytes.message(32, body) + NetlinkBytes.done).rules
        #expect(rules.map(\.words) == ["from all dport 80/0xfff0 lookup 100"])
    }
}
