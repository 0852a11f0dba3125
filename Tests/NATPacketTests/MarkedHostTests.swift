import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

/// Marks that others give, and what natdeck says of them.
extension PacketTests {
    private func tables(_ rows: [String], _ box: BoxUnderTest) async throws {
        for row in rows {
            let words = ["iptables-nft"] + row.split(separator: " ").map(String.init)
            let reply = try await box.lab.run(in: "nat", Command(words))
            #expect(reply.status == 0, "\(row): \(reply.error)")
        }
    }

    /// What natdeck promises of a source, and whether it is sure.
    private func promise(
        of source: String, _ box: BoxUnderTest
    ) async throws -> (address: String?, isSure: Bool) {
        let text = try await box.run("status", "--json").output
        let host = try #require(
            text.split(separator: "{\"source\":\"\(source)\",\"name\":").dropFirst().last, "\(text)"
        )
        let address = host.split(separator: "\"publicAddress\":\"").dropFirst().first?
            .prefix { $0 != "\"" }
        let promised = host.split(separator: "\"promised\":").dropFirst().first ?? ""
        return (
            promised.hasPrefix("{\"publicAddress\":null") ? nil : address.map(String.init),
            promised.prefix { $0 != "}" }.contains("\"sure\":true")
        )
    }

    /// A mark that mangle sets by source decides, and is followed to the rule for it.
    @Test func `a host that others mark is told with the rule that leads it, and not moved`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.ip("route add default via 172.31.0.1 dev eth1 table 200")
            try await box.ip("rule add fwmark 0x2/0xf lookup 200 priority 900")
            try await tables(
                ["-t mangle -A PREROUTING -s \(Self.hostB) -j MARK --set-xmark 0x2/0xf"], box)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await promise(of: Self.hostB, box) == (Self.second, true))
            #expect(try await promise(of: Self.hostA, box) == (Self.first, true))
            let before = try await box.state()
            let refused = try await box.run("assign", Self.hostB, "eth0", "--yes")
            #expect(refused.status == 2, "\(refused.output)")
            #expect(refused.error.contains("rule 900"), "\(refused.error)")
            #expect(try await box.state() == before)
            // Another host is moved and nobody else.
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            try await box.done("undo", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            // Strict, the kernel looks the way back up without the mark.
            let strict = "net.ipv4.conf.eth1.rp_filter"
            try await box.lab.output(in: "nat", "sysctl", "-qw", "\(strict)=1")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            let blocked = "\"blockedBy\":\"\(strict) is 1"
            #expect(try await box.run("status", "--json").output.contains(blocked))
            try await box.lab.output(in: "nat", "sysctl", "-qw", "\(strict)=2")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await !box.run("status", "--json").output.contains(blocked))
        }
    }

    /// As on a node of a tailnet that others leave by: a mark of FORWARD is accepted and translated.
    @Test func `what is accepted and translated by a mark is sure`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.ip("rule add fwmark 0x80000/0xff0000 unreachable priority 4000")
            try await tables(
                [
                    "-t nat -F POSTROUTING", "-P FORWARD DROP",
                    "-A FORWARD -s \(Self.hostB) -j MARK --set-xmark 0x40000/0xff0000",
                    "-A FORWARD -m mark --mark 0x40000/0xff0000 -j ACCEPT",
                    "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
                    "-t nat -A POSTROUTING -m mark --mark 0x40000/0xff0000 -j MASQUERADE",
                ], box)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil)
            #expect(try await promise(of: Self.hostB, box) == (Self.first, true))
            let moved = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(moved.output.contains("done, and verified"), "\(moved.output) \(moved.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await promise(of: Self.hostB, box) == (Self.second, true))
            let refused = try await box.run("assign", Self.hostA, "eth1", "--yes")
            #expect(refused.status == 2 && refused.error.contains("FORWARD"), "\(refused.error)")
        }
    }

    /// A map of nftables that has no mark for a host ends the rule for it.
    @Test func `what a map has no key for is not accepted by its rule`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let table = """
                table inet fw {
                  map kinds { type ipv4_addr : mark; elements = { \(Self.hostB) : 0x7 } }
                  chain forward {
                    type filter hook forward priority filter; policy drop;
                    ct state established accept
                    meta mark set ip saddr map @kinds accept
                  }
                }
                """
            let loaded = try await box.lab.run(in: "nat", Command("nft", "-f", "-"), input: table)
            #expect(loaded.status == 0, "\(loaded.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil)
            let refused = try await box.run("assign", Self.hostA, "eth1", "--yes")
            #expect(refused.status == 2 && refused.error.contains("policy"), "\(refused.error)")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    /// As firewalld has it, NAT comes after the usual place, and natdeck's own behind all others.
    @Test func `what a chain behind srcnat gives is known by the host`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await tables(["-t nat -F POSTROUTING"], box)
            let table = """
                table inet firewalld {
                  chain nat_POSTROUTING {
                    type nat hook postrouting priority srcnat + 10;
                    oifname "eth0" ip saddr 172.31.0.0/16 masquerade
                  }
                }
                """
            let loaded = try await box.lab.run(in: "nat", Command("nft", "-f", "-"), input: table)
            #expect(loaded.status == 0, "\(loaded.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            #expect(try await promise(of: Self.hostB, box) == (Self.first, true))
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await promise(of: Self.hostB, box) == (Self.second, true))
        }
    }
}
