import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    @Test(arguments: [Topology.NATBackend.nfTables, .legacy])
    func `moves a host to the second address and back without a trace`(
        backend: Topology.NATBackend
    ) async throws {
        var topology = Topology.scenario
        topology.backend = backend
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)

            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)

            let again = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(again.status == 0)
            #expect(again.output.contains("already leaves by eth1"))

            try await box.done("release", Self.hostB, "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `moves a whole prefix, and a host in it elsewhere`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.done("assign", "172.31.26.0/24", "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("assign", Self.hostA, "eth0", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("release", Self.hostA, "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            try await box.done("release", "172.31.26.0/24", "--yes")
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `fails closed when the interface goes down, and comes back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await box.lab.output(in: "nat", "ip", "link", "set", "eth1", "down")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            let down = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(down.status == 2)
            #expect(down.error.contains("eth1: the interface is down"))

            try await box.lab.output(in: "nat", "ip", "link", "set", "eth1", "up")
            // The link took its routes along; nothing but the backstop is left.
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            #expect(try await box.run("status").output.contains("goes nowhere"))
            try await box.done("assign", Self.hostB, "eth1", "--via", "172.31.0.1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    @Test func `takes over the rule of the hand procedure`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "ip", "rule", "add", "from", Self.hostB, "lookup", "10001")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let release = try await box.run("release", Self.hostB, "--yes")
            #expect(release.status == 2)
            #expect(release.error.contains("was not made by natdeck"))
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let rules = try await box.lab.output(in: "nat", "ip", "rule")
            #expect(rules.contains("5000:\tfrom \(Self.hostB) lookup 20001 proto 201"))
            #expect(!rules.contains("from \(Self.hostB) lookup 10001"))
        }
    }

    @Test func `adopts the table of the hand procedure where that is asked for`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.done("assign", Self.hostB, "eth1", "--adopt-tables", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(
                try await box.lab.output(in: "nat", "ip", "rule")
                    .contains("from \(Self.hostB) lookup 10001 proto 201"))
            try await box.done("release", Self.hostB, "--yes")
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `keeps internal traffic internal`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            // A network behind the box that only main knows.
            try await box.lab.output(
                in: "nat", "ip", "link", "add", "inner0", "type", "veth", "peer", "name",
                "inner1")
            try await box.lab.output(in: "nat", "ip", "link", "set", "inner1", "up")
            try await box.lab.output(
                in: "nat", "ip", "addr", "add", "10.77.0.1/24", "dev", "inner0")
            try await box.lab.output(in: "nat", "ip", "link", "set", "inner0", "up")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let way = try await box.lab.output(
                in: "nat", "ip", "route", "get", "10.77.0.9", "from", Self.hostB, "iif", "eth0")
            #expect(way.contains("dev inner0"))
        }
    }

    @Test func `four interfaces in subnets of their own each get their host`() async throws {
        var topology = Topology.subnets(4)
        topology.hasMetadata = false
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            for (host, nic, address) in [
                ("host-1", "ens8", "203.0.113.14"), ("host-2", "ens7", "203.0.113.13"),
                ("host-3", "ens6", "203.0.113.12"), ("host-4", "ens5", "203.0.113.11"),
            ] {
                let source = topology.hosts.first { $0.name == host }?.address.description ?? ""
                try await box.done("assign", source, nic, "--yes")
                #expect(try await box.lab.seenAs(host) == address)
            }
            for host in topology.hosts {
                try await box.done("release", host.address.description, "--yes")
            }
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }
}
