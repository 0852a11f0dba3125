import NATHost
import NATLab
import NATModel
import Testing

/// Boxes with routing of their own, on which a change moves those who were named and nobody else.
extension PacketTests {
    /// The address the outside sees the box by when it calls from an address of its own.
    private func boxSeenAs(_ own: String, _ box: BoxUnderTest) async throws -> String {
        try await box.lab.output(
            in: "nat", "curl", "--silent", "--noproxy", "*", "--max-time", "2", "--interface", own,
            "http://\(Topology.internet)/"
        ).strippedOfControls
    }

    private func answers(_ own: String, to machine: String, _ box: BoxUnderTest) async throws
        -> Bool
    {
        try await box.lab.run(in: machine, Command("ping", "-c1", "-W1", own)).status == 0
    }

    @Test func `a network with the box's own addresses in it moves, and the box stays`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            #expect(try await boxSeenAs("172.31.8.207", box) == Self.first)
            #expect(try await boxSeenAs("172.31.8.208", box) == Self.second)
            for egress in ["eth1", "eth0"] {
                try await box.done("assign", "172.31.0.0/19", egress, "--yes")
                let expected = egress == "eth1" ? Self.second : Self.first
                #expect(try await box.lab.seenAs("ec2-a") == expected)
                #expect(try await box.lab.seenAs("ec2-b") == expected)
                #expect(try await boxSeenAs("172.31.8.207", box) == Self.first)
                #expect(try await boxSeenAs("172.31.8.208", box) == Self.second)
                for own in ["172.31.8.207", "172.31.8.208"] {
                    #expect(try await answers(own, to: "ec2-a", box))
                }
            }
            try await box.done("release", "172.31.0.0/19", "--yes")
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `what another program's table leads to is reached as before`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            // As tailscaled has them; eth1 plays its tunnel, and main knows a wider network.
            for words in [
                "rule add pref 5210 fwmark 0x80000/0xff0000 lookup main",
                "rule add pref 5230 fwmark 0x80000/0xff0000 lookup default",
                "rule add pref 5250 fwmark 0x80000/0xff0000 unreachable",
                "rule add pref 5270 lookup 52",
                "route add 10.200.0.0/16 via 172.31.0.1 dev eth1 table 52",
                "route add 10.0.0.0/8 via 172.31.0.1 dev eth0",
            ] {
                try await box.ip(words)
            }
            // The page of the internet answers for a host of the tailnet too.
            try await box.lab.output(
                in: "router", "iptables", "-t", "nat", "-A", "PREROUTING", "-s", "172.31.8.0/24",
                "-d", "10.200.0.7", "-j", "DNAT", "--to-destination",
                Topology.internet.description)
            func tailnet(_ machine: String) async throws -> String {
                try await box.lab.output(
                    in: machine, "curl", "--silent", "--noproxy", "*", "--max-time", "2",
                    "http://10.200.0.7/"
                ).strippedOfControls
            }
            let before = try await box.state()
            for host in ["ec2-a", "ec2-b"] { #expect(try await tailnet(host) == Self.second) }
            for (egress, seen) in [("eth0", Self.first), ("eth1", Self.second)] {
                try await box.done("assign", Self.hostB, egress, "--yes")
                #expect(try await box.lab.seenAs("ec2-b") == seen)
                #expect(try await box.lab.seenAs("ec2-a") == Self.first)
                for host in ["ec2-a", "ec2-b"] { #expect(try await tailnet(host) == Self.second) }
            }
            try await box.done("release", Self.hostB, "--yes")
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `a VPN by two halves of the outside takes nobody along who is assigned`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth0", "--yes")
            for half in ["0.0.0.0/1", "128.0.0.0/1"] {
                try await box.ip("route add \(half) via 172.31.0.1 dev eth1")
            }
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            #expect(try await !box.run("doctor").output.contains("ip rule del"))
            // Past the VPN while it is up, and back to it.
            try await box.done("assign", Self.hostA, "eth0", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            try await box.done("release", Self.hostA, "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
        }
    }

    @Test func `a box that looks up its own addresses late goes on answering`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            // What a box with VRFs does at boot, so that the rule of VRFs comes before it.
            try await box.ip("rule add pref 32765 lookup local")
            try await box.ip("rule del pref 0")
            let before = try await box.state()
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            for host in ["ec2-a", "ec2-b", "router"] {
                for own in ["172.31.8.207", "172.31.8.208"] {
                    #expect(try await answers(own, to: host, box), "\(host) \(own)")
                }
            }
            try await box.done("release", Self.hostB, "--yes")
            #expect(try await answers("172.31.8.207", to: "ec2-b", box))
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `the rule of an earlier natdeck goes, and nobody moves for it`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let made = try await box.state()
            for network in [
                "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
            ] {
                try await box.ip("route del throw \(network) table 20001 proto 201")
            }
            try await box.ip("rule add pref 4990 lookup main suppress_prefixlength 0 proto 201")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.state() == made)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }
}
