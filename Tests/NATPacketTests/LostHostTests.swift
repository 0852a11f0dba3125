import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

/// Hosts that are lost at places where no iptables row stands: on their devices, in bridges, to
/// IPsec, and behind conntrack's back.
extension PacketTests {
    /// Loads a table of nftables on the box.
    private func load(_ table: String, _ box: BoxUnderTest) async throws {
        let reply = try await box.lab.run(in: "nat", Command("nft", "-f", "-"), input: table)
        #expect(reply.status == 0, "\(table): \(reply.error)")
    }

    /// What is said of a host, beside what the outside sees of it.
    private func expectRefused(
        _ host: String, _ egress: String, saying parts: String..., on box: BoxUnderTest
    ) async throws -> BoxUnderTest.Answer {
        let before = try await box.state()
        let refused = try await box.run("assign", host, egress, "--yes")
        #expect(refused.status == 2, "\(refused.output)")
        for part in parts { #expect(refused.error.contains(part), "\(refused.error)") }
        #expect(try await box.state() == before)
        return refused
    }

    /// Runs the command that a refusal ends with.
    private func open(_ refused: BoxUnderTest.Answer, _ box: BoxUnderTest) async throws {
        let fix = try #require(refused.error.split(separator: "fix: ").last)
        let words = fix.split(whereSeparator: \.isWhitespace).map(String.init)
        let opened = try await box.lab.run(in: "nat", Command(words))
        #expect(opened.status == 0, "\(fix): \(opened.error)")
    }

    /// Without conntrack there is no NAT: whichever statement of a rule, and in whichever direction.
    @Test func `a host hidden from conntrack is refused, and the line that opens it opens it`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await load(
                """
                table ip fast {
                  chain some { ip saddr \(Self.hostB) notrack accept; }
                  chain pre {
                    type filter hook prerouting priority raw; policy accept;
                    iifname "eth0" jump some
                    iifname "eth1" counter notrack
                  }
                }
                """, box)
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            let status = try await box.run("status", "--json").output
            #expect(
                status.contains("hidden from conntrack by nft table ip fast, chain some"),
                "\(status)")
            let refused = try await expectRefused(
                Self.hostB, "eth0", saying: "from conntrack",
                "nft table ip fast, chain some (from pre): ip saddr \(Self.hostB) notrack accept",
                on: box)
            try await open(refused, box)
            try await box.done("assign", Self.hostB, "eth0", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            // Answers that come in by the other interface are hidden too.
            _ = try await expectRefused(
                Self.hostA, "eth1", saying: "the answers to it that come in by eth1",
                "counter notrack", on: box)
            try await box.lab.output(in: "nat", "nft", "delete", "table", "ip", "fast")
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
        }
    }

    @Test func `a chain of a device that drops is a refusal, on every way that a packet goes`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await load(
                """
                table netdev guard {
                  chain come {
                    type filter hook ingress device "eth0" priority 0; policy accept;
                    ip saddr \(Self.hostB) drop
                  }
                  chain back {
                    type filter hook ingress devices = { "eth1" } priority 0; policy accept;
                    ip daddr 172.31.8.208 drop
                  }
                }
                """, box)
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            let refused = try await expectRefused(
                Self.hostB, "eth0", saying: "INGRESS chain: nft table netdev guard, chain come",
                on: box)
            _ = try await expectRefused(
                Self.hostA, "eth1", saying: "the answers to it", "chain back", on: box)
            #expect(try await box.run("doctor").output.contains("chain come"))
            try await open(refused, box)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.lab.output(in: "nat", "nft", "flush", "chain", "netdev", "guard", "back")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            // Of what leaves, another address stands there: no rule tells one host from others.
            try await load(
                """
                table inet out {
                  chain c { type filter hook ingress device "eth1" priority 0; }
                }
                table netdev out {
                  chain c {
                    type filter hook egress device "eth1" priority 0; policy accept;
                    ip saddr 172.31.8.208 tcp dport != 22 drop
                  }
                }
                """, box)
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            let doubted = try await box.run("assign", Self.hostA, "eth1", "--yes")
            #expect(doubted.output.contains("not verified: nft table netdev out"), "\(doubted)")
            #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil)
        }
    }

    @Test func `what IPsec takes does not leave by NAT, and a policy for elsewhere is no matter`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let tunnel = "tmpl src 172.31.8.207 dst 203.0.113.7 proto esp mode tunnel"
            for words in [
                "src 172.31.0.0/16 dst 10.50.0.0/16 dir out priority 10 \(tunnel)",
                "src 172.31.0.0/16 dst 8.8.0.0/16 dir out priority 10 \(tunnel)",
                "src 172.31.0.0/16 dst 0.0.0.0/0 mark 0x7 dir out priority 10 \(tunnel)",
            ] {
                let reply = try await box.lab.run(
                    in: "nat",
                    Command(
                        ["ip", "xfrm", "policy", "add"]
                            + words.split(separator: " ").map(String.init)))
                guard reply.status == 0 else {
                    try Test.cancel("this kernel has no IPsec: \(reply.error)")
                }
            }
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            // Full tunnel of one host; the shunt of another comes first.
            try await box.ip("xfrm policy add src \(Self.hostA) dst 0.0.0.0/0 dir out priority 50")
            try await box.ip(
                "xfrm policy add src 172.31.26.0/24 dst 0.0.0.0/0 dir out priority 100 \(tunnel)")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            _ = try await expectRefused(
                Self.hostB, "eth1", saying: "IPsec takes what it sends out of eth1",
                "src 172.31.26.0/24 dst 0.0.0.0/0 priority 100 tmpl", on: box)
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            // What NAT has made of it is asked for too, and so are the answers as they come in.
            for words in [
                "src 172.31.8.208 dst 0.0.0.0/0 dir out action block priority 5",
                "src 0.0.0.0/0 dst 172.31.8.208 dir fwd action block priority 5",
            ] {
                try await box.ip("xfrm policy add \(words)")
                #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil, "\(words)")
                _ = try await expectRefused(
                    Self.hostA, "eth1", saying: "a policy of IPsec drops", on: box)
                try await box.ip(
                    "xfrm policy delete \(words.replacing(" action block priority 5", with: ""))")
                #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            }
        }
    }

    /// As ufw has it: who is let through by nothing but a rule for pings is cut off.
    @Test func `a host that could only ping is refused, and one whose pings are dropped is not`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            for words in [
                ["-N", "ufw-before-forward"], ["-P", "FORWARD", "DROP"],
                ["-A", "FORWARD", "-j", "ufw-before-forward"],
                [
                    "-A", "ufw-before-forward", "-m", "conntrack", "--ctstate",
                    "RELATED,ESTABLISHED", "-j", "ACCEPT",
                ],
                ["-A", "ufw-before-forward", "-p", "icmp", "-j", "ACCEPT"],
                ["-A", "FORWARD", "-i", "eth0", "-o", "eth0", "-j", "ACCEPT"],
            ] {
                let reply = try await box.lab.run(in: "nat", Command(["iptables-nft"] + words))
                #expect(reply.status == 0, "\(words): \(reply.error)")
            }
            let refused = try await expectRefused(
                Self.hostB, "eth1", saying: "iptables-nft -t filter FORWARD: policy DROP", on: box)
            try await open(refused, box)
            try await box.lab.output(
                in: "nat", "iptables-nft", "-I", "FORWARD", "-p", "icmp", "-j", "DROP")
            let done = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(done.output.contains("done, and verified"), "\(done)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    /// What takes packets elsewhere, or loses them where no filter of the kernel's is.
    @Test(arguments: [
        (
            "iptables-nft -t nat -A PREROUTING -s 172.31.26.176 -p tcp --dport 80 -j REDIRECT"
                + " --to-ports 3128", "may redirect packets of"
        ),
        ("iptables-nft -t raw -A PREROUTING -s 172.31.26.176 -j CT --zone 7", "may drop packets"),
        (
            "tc qdisc add dev eth1 clsact;"
                + " tc filter add dev eth1 egress bpf da bytecode '1,6 0 0 2'",
            "tc filter show dev eth1 egress: bpf direct-action may drop packets"
        ),
        (
            "iptables-nft -t nat -I POSTROUTING -s 172.31.26.176 -j ACCEPT",
            "leaves its private address to 172.31.26.176"
        ),
        (
            "iptables-nft -t nat -I POSTROUTING -s 172.31.26.176 -j SNAT --to-source 172.31.8.77",
            "gives 172.31.8.77 (no address of eth1) to 172.31.26.176"
        ),
    ])
    func `what may be otherwise is not called verified`(line: String, words: String) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let made = try await box.lab.run(in: "nat", Command("sh", "-c", line))
            guard made.status == 0 else {
                try Test.cancel("this kernel cannot do that: \(made.error)")
            }
            let done = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(done.output.contains("not verified: "), "\(done)")
            #expect(done.output.contains(words), "\(done)")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) != Self.second)
        }
    }

    /// As Docker has it: the rule stands in a chain of its own.
    @Test func `a drop is told with the chain that holds it, and opened where it is led to`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            for words in [
                ["-N", "DOCKER-USER"], ["-A", "FORWARD", "-j", "DOCKER-USER"],
                ["-A", "DOCKER-USER", "-s", Self.hostB, "-o", "eth1", "-j", "DROP"],
                ["-A", "DOCKER-USER", "-s", Self.hostA, "-p", "udp", "-j", "DROP"],
            ] {
                let reply = try await box.lab.run(in: "nat", Command(["iptables-nft"] + words))
                #expect(reply.status == 0, "\(words): \(reply.error)")
            }
            let refused = try await expectRefused(
                Self.hostB, "eth1", saying: "iptables-nft -t filter DOCKER-USER (from FORWARD): ",
                on: box)
            try await open(refused, box)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let doubted = try await box.run("assign", Self.hostA, "eth1", "--yes")
            #expect(doubted.output.contains("DOCKER-USER (from FORWARD)"), "\(doubted.output)")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
        }
    }

    /// A filter against spoofed packets: what comes in by the uplink is for the box, until it is
    /// translated back.
    @Test func `an answer is for an address of the box until NAT has given the host's back`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await load(
                """
                table inet spoof {
                  chain pre {
                    type filter hook prerouting priority raw; policy accept;
                    iifname "eth1" fib daddr type != local drop
                    iifname "eth0" fib saddr type local drop
                  }
                }
                """, box)
            let rule = ["-t", "mangle", "-A", "PREROUTING", "-i", "eth1", "-m", "addrtype"]
            func iptables(_ words: [String]) async throws {
                try await box.lab.output(
                    in: "nat", "sh", "-c", "iptables-nft \(words.joined(separator: " "))")
            }
            try await iptables(rule + ["!", "--dst-type", "LOCAL", "-j", "DROP"])
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await iptables(rule + ["--dst-type", "LOCAL", "-j", "DROP"])
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            _ = try await expectRefused(
                Self.hostA, "eth1", saying: "the answers to it that come in by eth1", on: box)
        }
    }
}
