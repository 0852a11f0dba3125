import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

/// Links that carry nothing, addresses of no link, and answers that never come to their host.
extension PacketTests {
    /// A link of the box that ec2-b is behind, with a network of its own.
    private func lan(_ box: BoxUnderTest) async throws {
        let host = try TestNamespace(box.lab, machine: "ec2-b")
        try await box.ip("link add lan0 type veth peer name lan1 netns \(host.path)")
        try await box.ip("addr add 10.50.0.1/24 dev lan0")
        try await box.ip("link set lan0 up")
        try await box.ip("addr add 10.50.0.2/24 dev lan1", in: "ec2-b")
        try await box.ip("link set lan1 up", in: "ec2-b")
        try await box.ip("route replace default via 10.50.0.1", in: "ec2-b")
        for name in ["eth0", "eth1"] {
            try await box.lab.output(
                in: "nat", "iptables-nft", "-t", "nat", "-A", "POSTROUTING", "-o", name, "-s",
                "10.50.0.0/24", "-j", "MASQUERADE")
        }
    }

    /// Whoever has what comes in by an uplink go by a table with a default route alone sends answers
    /// to hosts back out.
    @Test func `answers that a rule leads back out are a refusal, and what it says leads them in`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await lan(box)
            try await box.ip("rule add iif eth1 lookup 10001 priority 700")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            let before = try await box.state()
            let refused = try await box.run("assign", "10.50.0.2", "eth1", "--yes")
            #expect(refused.status == 2, "\(refused.output)")
            #expect(
                refused.error.contains("the answers to it that come in by eth1 go out of eth1"),
                "\(refused.error)")
            #expect(refused.error.contains("rule 700 «from all iif eth1 lookup 10001» decides"))
            #expect(try await box.state() == before)
            // As somebody has it who does not ask natdeck.
            try await box.ip("rule add from 10.50.0.2 lookup 10001 priority 800")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            let status = try await box.run("status", "--json").output
            #expect(status.contains("\"blockedBy\":\"answers that come in by eth1 go out of eth1"))
            let doctor = try await box.run("doctor").output
            #expect(doctor.contains("the answers to 10.50.0.2 that come in by eth1"), "\(doctor)")
            try await box.ip("rule del priority 800")
            let fix = try #require(refused.error.split(separator: "fix: ").last)
            let words = fix.split(whereSeparator: \.isWhitespace)
            let led = try await box.lab.run(in: "nat", Command(words.map(String.init)))
            #expect(led.status == 0, "\(fix): \(led.error)")
            try await box.done("assign", "10.50.0.2", "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
        }
    }

    /// A link of the box to the router that has no address, and one whose first is for the link.
    @Test(arguments: [
        ["addr add 192.168.9.1/32 dev lo"],
        [
            "addr add 192.168.9.7/24 dev up0 scope link", "addr add 192.168.9.1/32 dev up0",
            "addr add 192.168.9.5/32 dev lo",
        ],
    ])
    func `the address of the loopback leaves by a link that has none`(
        addresses: [String]
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let router = try TestNamespace(box.lab, machine: "router")
            try await box.ip("link add up0 type veth peer name up1 netns \(router.path)")
            for words in addresses + [
                "link set up0 up", "route add default via 192.168.9.2 dev up0 onlink table 300",
                "rule add from 192.168.9.1 lookup 300",
            ] {
                try await box.ip(words)
            }
            for words in [
                "addr add 192.168.9.2/32 dev up1", "link set up1 up",
                "route add 192.168.9.1/32 dev up1",
            ] {
                try await box.ip(words, in: "router")
            }
            for words in [
                ["-I", "FORWARD", "-s", "192.168.9.1", "-j", "ACCEPT"],
                [
                    "-t", "nat", "-A", "POSTROUTING", "-s", "192.168.9.1", "-o", "outside", "-j",
                    "SNAT", "--to-source", "203.0.113.200",
                ],
            ] {
                let reply = try await box.lab.run(
                    in: "router", Command(["iptables-nft"] + words))
                #expect(reply.status == 0, "\(words): \(reply.error)")
            }
            try await box.lab.output(
                in: "nat", "sysctl", "-qw", "net.ipv4.conf.up0.rp_filter=2")
            let before = try await box.state()
            let moved = try await box.run("assign", Self.hostB, "up0", "--yes")
            #expect(moved.output.contains("done, and verified"), "\(moved.output) \(moved.error)")
            #expect(try await box.lab.seenAs("ec2-b") == "203.0.113.200")
            let doctor = try await box.run("doctor").output
            #expect(
                !doctor.contains("not-masqueraded") && !doctor.contains("nat-address-elsewhere"))
            let status = try await box.run("status", "--json").output
            #expect(!status.contains("\"agrees\":false"))
            try await box.done("undo", "--yes")
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
            // A rule that names the address gives it as well.
            try await box.lab.output(
                in: "nat", "iptables-nft", "-t", "nat", "-I", "POSTROUTING", "-o", "up0", "-j",
                "SNAT", "--to-source", "192.168.9.1")
            try await box.done("assign", Self.hostB, "up0", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == "203.0.113.200")
        }
    }

    /// The kernel goes on sending to a link that has lost its carrier.
    @Test func `who is sent out of a link that is down is said to be blocked`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await lan(box)
            let router = try TestNamespace(box.lab, machine: "router")
            try await box.ip("link add up0 type veth peer name up1 netns \(router.path)")
            try await box.ip("addr add 192.168.9.1/24 dev up0")
            try await box.ip("link set up0 up")
            try await box.ip("route add default via 192.168.9.2 dev up0 onlink table 300")
            try await box.ip("rule add from 10.50.0.2 lookup 300 priority 800")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            let status = try await box.run("status", "--json").output
            #expect(status.contains("\"blockedBy\":\"up0 is down\""), "\(status)")
            let doctor = try await box.run("doctor").output
            #expect(doctor.contains("up0 is down, and rules send"), "\(doctor)")
            try await box.ip("rule del priority 800")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            #expect(try await !box.run("status", "--json").output.contains("up0 is down"))
        }
    }
}
