import NATHost
import NATLab
import NATModel
import Testing

/// Boxes whose NAT somebody else made, on which hosts leave with one of several addresses.
extension PacketTests {
    /// NAT that stands on a box before natdeck comes.
    enum OperatorsNAT: String, CaseIterable, Sendable {
        case iptablesNFT, iptablesLegacy, nftAlone, none, sourceNAT, earlyNFT, exempted

        var topology: Topology {
            var topology = Topology.twoAddresses
            switch self {
            case .iptablesLegacy: topology.backend = .legacy
            case .nftAlone, .none: topology.isPrepared = false
            case .iptablesNFT, .sourceNAT, .earlyNFT, .exempted: break
            }
            return topology
        }

        /// What the operator does besides.
        var words: String {
            switch self {
            case .iptablesNFT, .iptablesLegacy: "true"
            case .none: "sysctl -qw net.ipv4.ip_forward=1"
            case .nftAlone:
                "sysctl -qw net.ipv4.ip_forward=1; nft 'add table ip mynat;"
                    + " add chain ip mynat post { type nat hook postrouting priority srcnat; };"
                    + " add rule ip mynat post oifname { \"eth0\", \"eth1\" } masquerade'"
            case .sourceNAT:
                "iptables -t nat -I POSTROUTING -o eth1 -j SNAT --to-source 172.31.8.208"
            case .earlyNFT:
                "nft 'add table ip mynat;"
                    + " add chain ip mynat post { type nat hook postrouting priority 42; };"
                    + " add rule ip mynat post oifname \"eth1\" masquerade'"
            case .exempted:
                "iptables -t nat -I POSTROUTING -s \(hostB) -o eth1 -j ACCEPT"
            }
        }
    }

    @Test(arguments: OperatorsNAT.allCases)
    func `a host gets its address before any other NAT is asked`(
        nat: OperatorsNAT
    ) async throws {
        try await BoxUnderTest.with(nat.topology) { (box: BoxUnderTest) async throws in
            try await box.lab.output(in: "nat", "sh", "-e", "-c", nat.words)
            try await box.done("assign", Self.hostB, Self.third, "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            #expect(try await box.lab.seenAs("ec2-a") == (nat == .none ? nil : Self.first))
            let status = try await box.run("status", "--json").output
            #expect(status.contains(#""publicAddress":"\#(Self.third)","addresses""#), "\(status)")
            try await box.done("assign", Self.hostB, "172.31.8.208", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("setup", "--remove", "--yes")
            let rules = try await box.lab.output(in: "nat", "nft", "list", "ruleset")
            #expect(!rules.contains("natdeck"))
        }
    }

    @Test(arguments: ["172.31.8.209/16", "172.31.8.209/32", "172.30.5.9/16"])
    func `an address of an interface is an egress, whatever its network`(
        words: String
    ) async throws {
        let own = words.split(separator: "/")[0]
        var topology = Topology.twoAddresses
        topology.interfaces[1].addresses[1].privateAddress = try #require(IPv4Address(own))
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            if words.hasSuffix("/32") {
                try await box.ip("address del \(own)/16 dev eth1")
                try await box.ip("address add \(words) dev eth1")
            }
            let way = try await box.lab.output(
                in: "router", "ip", "-o", "route", "get", "172.31.8.208")
            let fields = way.split(separator: " ")
            let bridge = try #require(fields.firstIndex(of: "dev").map { fields[$0 + 1] })
            try await box.ip("route replace \(own)/32 dev \(bridge)", in: "router")
            try await box.done("assign", Self.hostB, Self.third, "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
        }
    }

    @Test func `what goes to an internal network keeps what it had`() async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "sh", "-e", "-c",
                """
                ip route add 10.99.0.0/16 via 172.31.0.1 dev eth1
                nft -f - << END
                table ip watch {
                  counter internal {}
                  counter first {}
                  counter named {}
                  chain out {
                    type filter hook postrouting priority 300;
                    ct original ip saddr \(Self.hostB) ip daddr 10.99.0.1 counter name internal
                    ip saddr 172.31.8.208 ip daddr 10.99.0.1 counter name first
                    ip saddr 172.31.8.209 counter name named
                  }
                }
                END
                """)
            try await box.done("assign", Self.hostB, Self.third, "--yes")
            try await box.lab.output(
                in: "ec2-b", "bash", "-c",
                "for n in 1 2 3 4; do echo x > /dev/udp/10.99.0.1/$((7000 + n)); done")
            func count(_ name: String) async throws -> Int {
                let text = try await box.lab.output(
                    in: "nat", "nft", "list", "counter", "ip", "watch", name)
                let words = text.split(whereSeparator: \.isWhitespace)
                let place = try #require(words.firstIndex(of: "packets"))
                return try #require(Int(words[place + 1]))
            }
            #expect(try await count("internal") == 4)
            #expect(try await count("first") == 4)
            #expect(try await count("named") == 0)
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            #expect(try await count("named") > 0)
        }
    }

    @Test func `each host of a pool sticks to one address, and it is known which`() async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            let pool = "\(Self.second),\(Self.third)"
            try await box.done("assign", "172.31.26.0/24", pool, "--yes")
            // The last bit of 176 is 0, and that of 175 is 1.
            for _ in 0..<3 {
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                #expect(try await box.lab.seenAs("ec2-a") == Self.third)
            }
            var status = ""
            let held = try await HeldConnections.held(4, from: "ec2-a", in: box, seconds: 5) {
                status = try await box.run("status", "--json").output
                try await box.done(
                    "assign", "172.31.26.0/24", "\(Self.third),\(Self.second)", "--yes")
                #expect(try await box.lab.seenAs("ec2-b") == Self.third)
                #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            }
            #expect(held.lost == 0)
            #expect(held.seen == [Self.third])
            let host = #""source":"\#(Self.hostA)","name":null,"egress":"eth1","#
            #expect(
                status.contains(
                    host + #""promised":{"publicAddress":"\#(Self.third)","sure":true"#),
                "\(status)")
            #expect(status.contains(#""agrees":true"#))
            // One of them goes its own way, by whatever NAT gives there.
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            try await box.done("assign", Self.hostB, Self.third, "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            try await box.done("release", Self.hostB, "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            try await box.lab.output(
                in: "nat", "ip", "address", "del", "172.31.8.209/16", "dev", "eth1")
            let blocked = try await box.run("status", "--json").output
            #expect(blocked.contains(#""blocked":true"#))
            #expect(blocked.contains(#""blocked":false"#))
        }
    }

    /// Has the box count what host B sends outside, by the address it leaves with.
    static let watchAddresses = """
        nft -f - << END
        table ip watch {
          counter primary {}
          counter second {}
          counter third {}
          chain out {
            type filter hook postrouting priority 300;
            ct original ip saddr != \(hostB) accept
            ct direction reply accept
            ip daddr != \(Topology.internet) accept
            ip saddr 172.31.8.207 counter name primary
            ip saddr 172.31.8.208 counter name second
            ip saddr 172.31.8.209 counter name third
          }
        }
        END
        """

    @Test func `no flow begins by the first address of the interface while a host moves`()
        async throws
    {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watchAddresses)
            try await box.flooded(seconds: 14) {
                for _ in 0..<2 {
                    try await box.done("assign", Self.hostB, Self.third, "--yes")
                    try await box.done("assign", Self.hostB, "eth0", "--yes")
                    try await box.done("undo", "--yes")
                    try await box.done("assign", Self.hostB, Self.first, "--yes")
                    try await box.done("assign", Self.hostB, Self.third, "--yes")
                    try await box.done("release", Self.hostB, "--yes")
                    try await box.done("undo", "--yes")
                }
                try await box.done("setup", "--remove", "--yes")
            }
            #expect(try await box.counted("second") == 0)
            #expect(try await box.counted("primary") > 100)
            #expect(try await box.counted("third") > 100)
            try await box.expectNothingOurs()
        }
    }

    @Test func `a host that moves by the interface of its network has none of its addresses`()
        async throws
    {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await box.done("assign", "172.31.26.0/24", Self.third, "--yes")
            try await box.done("assign", Self.hostB, Self.first, "--yes")
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watchAddresses)
            try await box.flooded(seconds: 7) {
                for _ in 0..<6 {
                    try await box.done("assign", Self.hostB, "eth1", "--yes")
                    try await box.done("assign", Self.hostB, Self.first, "--yes")
                }
            }
            #expect(try await box.counted("third") == 0)
            #expect(try await box.counted("second") > 100)
            #expect(try await box.counted("primary") > 100)
        }
    }

    @Test func `a flushed ruleset closes a host with an address of its own, and no other`()
        async throws
    {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, Self.third, "--yes")
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watchAddresses)
            let flush =
                "iptables-save > /var/log/kept-nat; nft list table ip watch > /var/log/watch;"
                + " nft flush ruleset; iptables-restore < /var/log/kept-nat;"
                + " nft -f /var/log/watch"
            try await box.flooded(seconds: 3) {
                try await box.lab.output(in: "nat", "sh", "-e", "-c", flush)
            }
            #expect(try await box.lab.seenAs("ec2-b") == nil)
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            #expect(try await box.counted("second") == 0)
            #expect(try await box.counted("primary") == 0)
            let status = try await box.run("status", "--json").output
            #expect(status.contains(#""blocked":true"#))
            // Others are assigned as they always were.
            try await box.done("assign", Self.hostA, "eth0", "--yes")
            #expect(
                try await box.lab.output(in: "nat", "ip", "rule").contains("from \(Self.hostA) "))
            try await box.done("apply", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.third)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.counted("third") > 0)
            try await box.lab.output(in: "nat", "rm", "-f", "/var/log/kept-nat", "/var/log/watch")
        }
    }

    @Test(arguments: ["eth0", "eth1"])
    func `nothing leaves with the address of another interface once natdeck is removed`(
        last: String
    ) async throws {
        try await BoxUnderTest.with(.twoAddresses) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "sh", "-e", "-c",
                """
                nft -f - << END
                table ip watch {
                  counter stray {}
                  chain out {
                    type filter hook postrouting priority 300;
                    oifname eth0 ip saddr { 172.31.8.208, 172.31.8.209 } counter name stray
                    oifname eth1 ip saddr 172.31.8.207 counter name stray
                  }
                }
                END
                """)
            let other = try await HeldConnections.held(10, from: "ec2-b", in: box, seconds: 11) {
                try await box.done("assign", Self.hostB, Self.third, "--yes")
                let held = try await HeldConnections.held(20, from: "ec2-b", in: box, seconds: 5) {
                    try await box.done("assign", Self.hostB, last, "--yes")
                    try await box.done("setup", "--remove", "--yes")
                }
                #expect(held.lost == 20)
                #expect(held.seen == [Self.third])
            }
            // Those that began by where the host leaves by now go on.
            #expect(other.lost == 0)
            #expect(other.seen == [Self.first])
            #expect(try await box.counted("stray") == 0)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.lab.output(in: "nat", "nft", "delete", "table", "ip", "watch")
            try await box.expectNothingOurs()
        }
    }
}
