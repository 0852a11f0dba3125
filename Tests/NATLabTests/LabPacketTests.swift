import NATHost
import NATLab
import NATModel
import Testing

extension LabTests {
    @Test func `at first both hosts are seen as the first public address`() async throws {
        try await Self.withLab(.scenario) { (lab: Lab) async throws in
            #expect(try await lab.seenAs("ec2-a") == "203.0.113.178")
            #expect(try await lab.seenAs("ec2-b") == "203.0.113.178")
        }
    }

    @Test func `the hand procedure's rule gives the second host the second address`() async throws {
        try await Self.withLab(.scenario) { (lab: Lab) async throws in
            try await lab.output(
                in: "nat", "ip", "rule", "add", "from", "172.31.26.176", "lookup", "10001")
            #expect(try await lab.seenAs("ec2-a") == "203.0.113.178")
            #expect(try await lab.seenAs("ec2-b") == "203.0.113.195")
            #expect(
                try await lab.output(in: "nat", "ip", "rule")
                    .contains("32764:\tfrom 172.31.26.176 lookup 10001"))
            // The replies come in by the interface that has the address.
            let counters = try await lab.output(
                in: "nat", "cat", "/sys/class/net/eth1/statistics/rx_bytes")
            let before = Int(counters.strippedOfControls) ?? 0
            #expect(try await lab.fetch("/bytes/300000", from: "ec2-b")?.utf8.count == 300_000)
            let after = try await lab.output(
                in: "nat", "cat", "/sys/class/net/eth1/statistics/rx_bytes")
            #expect((Int(after.strippedOfControls) ?? 0) - before > 300_000)
        }
    }

    @Test func `the box shows rules and routes as the scenario prints them`() async throws {
        try await Self.withLab(.scenario) { (lab: Lab) async throws in
            let rules = try await lab.output(in: "nat", "ip", "rule")
            #expect(
                rules == """
                    0:\tfrom all lookup local
                    32765:\tfrom 172.31.8.208 lookup 10001
                    32766:\tfrom all lookup main
                    32767:\tfrom all lookup default

                    """)
            let routes = try await lab.output(in: "nat", "ip", "route")
            #expect(routes.contains("default via 172.31.0.1 dev eth0 \n"))
            #expect(routes.contains("default via 172.31.0.1 dev eth1 metric 10001 \n"))
            #expect(
                try await lab.output(in: "nat", "ip", "route", "show", "table", "10001")
                    == "default via 172.31.0.1 dev eth1 \n")
            let rules4 = try await lab.output(in: "nat", "iptables", "-t", "nat", "-S")
            #expect(rules4.contains("-A POSTROUTING -s 172.31.0.0/16 -o eth1 -j MASQUERADE"))
        }
    }

    @Test func `a bare box forwards nothing and gets out itself`() async throws {
        try await Self.withLab(.scenario.bare) { (lab: Lab) async throws in
            #expect(try await lab.seenAs("ec2-a", seconds: 1) == nil)
            #expect(try await lab.seenAs("nat") == "203.0.113.178")
            #expect(
                try await lab.output(in: "nat", "sysctl", "-n", "net.ipv4.ip_forward") == "0\n")
        }
    }

    @Test func `the box knows its hosts by name, and the machine does not`() async throws {
        try await Self.withLab(.scenario) { (lab: Lab) async throws in
            for (name, address) in [("ec2-a", "172.31.26.175"), ("ec2-b", "172.31.26.176")] {
                let line = try await lab.output(in: "nat", "getent", "hosts", address)
                #expect(line.split { $0 == " " || $0 == "\n" } == [address[...], name[...]])
            }
            #expect(try await !Self.machine("cat", "/etc/hosts").contains("ec2-a"))
        }
    }

    @Test func `without MASQUERADE nothing of the hosts gets out`() async throws {
        try await Self.withLab(.scenario) { (lab: Lab) async throws in
            try await lab.output(in: "nat", "iptables", "-t", "nat", "-F")
            #expect(try await lab.seenAs("ec2-a", seconds: 1) == nil)
        }
    }

    @Test(arguments: [Topology.NATBackend.nfTables, .legacy])
    func `four interfaces in subnets of their own each lead out`(
        backend: Topology.NATBackend
    ) async throws {
        var topology = Topology.subnets(4)
        topology.hasMetadata = false
        topology.backend = backend
        try await Self.withLab(topology) { (lab: Lab) async throws in
            #expect(try await lab.seenAs("host-3") == "203.0.113.11")
            for (host, table, address) in [
                ("host-2", 10001, "203.0.113.12"), ("host-3", 10002, "203.0.113.13"),
                ("host-4", 10003, "203.0.113.14"),
            ] {
                let source = topology.hosts.first { $0.name == host }?.address.description ?? ""
                try await lab.output(
                    in: "nat", "ip", "rule", "add", "from", source, "lookup", "\(table)")
                #expect(try await lab.seenAs(host) == address)
            }
            #expect(try await lab.seenAs("host-1") == "203.0.113.11")
            let saved = try await lab.output(in: "nat", "iptables-legacy-save", "-t", "nat")
            #expect(saved.contains("MASQUERADE") == (backend == .legacy))
        }
    }

    @Test func `a secondary address has a public address of its own`() async throws {
        // MASQUERADE would put the primary address in its place.
        var topology = Topology.scenario.bare
        topology.interfaces[1].addresses.append(
            LabAddress(
                privateAddress: IPv4Address(172, 31, 8, 209),
                publicAddress: IPv4Address(203, 0, 113, 200)))
        try await Self.withLab(topology) { (lab: Lab) async throws in
            let own = try await lab.output(
                in: "nat", "curl", "-s", "-m", "2", "--interface", "172.31.8.209",
                "http://198.51.100.10/")
            #expect(own == "203.0.113.200\n")
        }
    }

    @Test func `traffic flows until it is stopped`() async throws {
        try await Self.withLab(.scenario) { (lab: Lab) async throws in
            func received() async throws -> Int {
                let text = try await lab.output(
                    in: "nat", "cat", "/sys/class/net/eth0/statistics/rx_bytes")
                return Int(text.strippedOfControls) ?? 0
            }
            try await lab.startTraffic()
            try await Task.sleep(for: .seconds(1))
            let before = try await received()
            try await Task.sleep(for: .seconds(1))
            #expect(try await received() - before > 100_000)
            try lab.stopTraffic()
            try await Task.sleep(for: .milliseconds(300))
            let stopped = try await received()
            try await Task.sleep(for: .seconds(1))
            #expect(try await received() - stopped < 10_000)
        }
    }
}
