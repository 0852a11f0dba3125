import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    @Test(arguments: [true, false])
    func `prepares a bare box and takes all of it back`(hasMetadata: Bool) async throws {
        var topology = Topology.scenario.bare
        topology.hasMetadata = hasMetadata
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil)
            let early = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(early.status == 2)
            #expect(early.error.contains("net.ipv4.ip_forward"))

            if hasMetadata {
                try await box.done("setup", "--yes")
            } else {
                let refused = try await box.run("setup", "--yes")
                #expect(refused.status == 2)
                #expect(refused.error.contains("natdeck setup --source CIDR"))
                try await box.done("setup", "--source", "172.31.0.0/16", "--yes")
            }
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            let file = try await box.lab.output(
                in: "nat", "cat", "/etc/sysctl.d/90-natdeck.conf")
            #expect(file.contains("net.ipv4.ip_forward = 1\n"))
            #expect(file.contains("net.ipv4.conf.eth1.send_redirects = 0\n"))
            // The file says what the kernel holds: applying it changes nothing.
            let after = try await box.state()
            try await box.lab.output(in: "nat", "sysctl", "-p", "/etc/sysctl.d/90-natdeck.conf")
            #expect(try await box.state() == after)

            let words =
                hasMetadata
                ? ["setup", "--yes"]
                : [
                    "setup", "--source", "172.31.0.0/16", "--yes",
                ]
            let again = try await box.lab.run(in: "nat", Command([box.natdeck] + words))
            #expect(String(decoding: again.output, as: UTF8.self).contains("already set up"))

            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("release", Self.hostB, "--yes")
            #expect(try await box.state() == after)

            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await box.done("setup", "--remove", "--yes")
            #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil)
            #expect(try await box.state() == before)
            try await box.expectNothingOurs()
        }
    }

    @Test func `makes strict reverse path filtering loose where it would drop replies`()
        async throws
    {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "sysctl", "-w", "net.ipv4.conf.all.rp_filter=1")
            // Without its own rule a reply to eth1's address looks as if it came the wrong way.
            try await box.lab.output(in: "nat", "ip", "rule", "del", "from", "172.31.8.208")
            let before = try await box.state()
            try await box.done("setup", "--yes")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("setup", "--remove", "--yes")
            #expect(try await box.state() == before)
        }
    }
}
