import NATHost
import NATLab
import NATModel
import Testing

/// What the gate keeps in, counted behind all NAT of the box: there a packet has left it.
extension PacketTests {
    private static let listing = "nft list table ip natdeck"
    private static let listed = "nft list chain ip natdeck forward > /dev/null 2>&1"

    private static let operatorsNAT =
        "iptables -t nat -A POSTROUTING -s 172.31.0.0/16 -o eth0 -j MASQUERADE"

    /// Has the box count what host B sends: `wrong` by the first interface, `bare` with its own
    /// address, `right` by the second one.
    private static let watch = """
        nft -f - << END
        table ip watch {
          counter wrong {}
          counter bare {}
          counter right {}
          chain out {
            type filter hook postrouting priority 300;
            ct original ip saddr \(hostB) ct direction original oifname "eth0" counter name wrong
            ip saddr \(hostB) oifname { "eth0", "eth1" } counter name bare
            ct original ip saddr \(hostB) ct direction original oifname "eth1" counter name right
          }
        }
        END
        """

    @Test func `no packet of a kept host leaves by another address, whatever is deleted`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores("the gate at the start", after: "true", once: Self.listed)
                try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watch)
                try await box.flooded(seconds: 8, pings: true) {
                    for harm in [
                        "ip rule del from \(Self.hostB) lookup 20001; ip route flush table 20001",
                        "iptables -t nat -F", "ip route flush table 20001",
                        "ip rule flush; ip rule add priority 32766 lookup main",
                    ] {
                        try await Task.sleep(for: .seconds(1))
                        try await box.lab.output(in: "nat", "sh", "-c", harm)
                    }
                }
                let right = try await box.counted("right")
                print("gate: \(right) packets by the right address")
                #expect(right > 500)
                #expect(try await box.counted("wrong") == 0)
                #expect(try await box.counted("bare") == 0)
                // What was deleted again and again may stay closed for a while.
                var seen = try await box.lab.seenAs("ec2-b")
                for _ in 0..<30 where seen == nil {
                    try await Task.sleep(for: .seconds(1))
                    seen = try await box.lab.seenAs("ec2-b")
                }
                #expect(seen == Self.second)
                // The box sends for itself by any interface, and so does a host that nobody keeps.
                #expect(try await box.lab.seenAs("nat") != nil)
                try await box.lab.output(in: "nat", "sh", "-c", Self.operatorsNAT)
                #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            }
            try await box.lab.output(in: "nat", "sh", "-c", Self.listed)
            try await box.done("setup", "--remove", "--yes")
            let left = try await box.lab.run(in: "nat", Command("sh", "-c", Self.listed))
            #expect(left.status != 0)
        }
    }

    @Test func `a gate that was flushed or changed is back at once`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores("the gate at the start", after: "true", once: Self.listed)
                try await keeper.restores(
                    "a flushed ruleset", after: "nft flush ruleset", once: Self.listed)
                try await keeper.restores(
                    "a deleted gate", after: "nft delete table ip natdeck", once: Self.listed)
                try await keeper.restores(
                    "a gate that was opened", after: "nft insert rule ip natdeck forward accept",
                    once: "! nft list chain ip natdeck forward | grep -q '^[^a-z]*accept'")
                try await keeper.wait(forNews: "another public address was lost")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            }
            // The gate stays closed when the guard ends, and goes when the box is cleaned.
            try await box.lab.output(in: "nat", "sh", "-c", Self.listed)
            try await box.lab.output(in: "nat", "ip", "rule", "flush", "protocol", "201")
            #expect(try await box.lab.seenAs("ec2-b") == nil)
            try await box.done("service", "remove", "--yes")
            // What remembers connections stays for them.
            let left = try await box.lab.output(in: "nat", "sh", "-c", Self.listing)
            #expect(!left.contains("chain forward"))
            #expect(left.contains("chain restore"))
            try await box.lab.output(in: "nat", "sh", "-c", Self.operatorsNAT)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
        }
    }

    @Test func `a network keeps its narrower exceptions, and an absent interface lets nothing out`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "sh", "-c",
                "mkdir -p /etc/natdeck; printf '%s\\n' '172.31.26.0/24 eth1' '\(Self.hostA) eth0'"
                    + " '\(Self.hostB) late0' > /etc/natdeck/assignments")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores("the gate at the start", after: "true", once: Self.listed)
            }
            try await box.lab.output(
                in: "nat", "sh", "-c", "ip rule flush; ip rule add priority 32766 lookup main")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.lab.seenAs("ec2-b") == nil)
            try await box.lab.output(
                in: "nat", "ip", "rule", "add", "from", Self.hostB, "lookup", "10001", "priority",
                "100")
            #expect(try await box.lab.seenAs("ec2-b") == nil)
            try await box.lab.output(
                in: "nat", "ip", "rule", "add", "from", Self.hostA, "lookup", "10001", "priority",
                "100")
            #expect(try await box.lab.seenAs("ec2-a") == nil)
        }
    }
}
