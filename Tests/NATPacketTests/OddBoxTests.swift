import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

/// Boxes that others built in ways of their own: what natdeck says of them, and does on them.
extension PacketTests {
    /// Has the router let out what comes from one more address of the box, with a public one.
    private func router(_ own: String, shows address: String, _ box: BoxUnderTest) async throws {
        for words in [
            ["-I", "FORWARD", "-s", own, "-j", "ACCEPT"],
            [
                "-t", "nat", "-A", "POSTROUTING", "-s", own, "-o", "outside", "-j", "SNAT",
                "--to-source", address,
            ],
        ] {
            let reply = try await box.lab.run(
                in: "router", Command(["iptables-nft"] + words))
            #expect(reply.status == 0, "\(words): \(reply.error)")
        }
    }

    /// A link from the box to the router, seen outside by an address of its own.
    private func uplink(_ words: String, far: String, _ box: BoxUnderTest) async throws {
        let namespace = try TestNamespace(box.lab, machine: "router")
        try await box.ip("link add up0 type veth peer name up1 netns \(namespace.path)")
        try await box.ip("addr add \(words) dev up0")
        try await box.ip("link set up0 up")
        try await box.ip("addr add \(far) dev up1", in: "router")
        try await box.ip("link set up1 up", in: "router")
        try await router("192.168.9.1", shows: "203.0.113.200", box)
        try await box.lab.output(
            in: "nat", "sysctl", "-qw", "net.ipv4.conf.up0.rp_filter=2",
            "net.ipv4.conf.up0.send_redirects=0")
    }

    /// A /31 and a peer's address leave one router to go by, which no route need name.
    @Test(arguments: [
        ("192.168.9.1/31", "192.168.9.0/31"),
        ("192.168.9.1 peer 192.168.9.0/32", "192.168.9.0 peer 192.168.9.1/32"),
    ])
    func `the only other end of a link is gone by without a default route`(
        own: String, far: String
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await uplink(own, far: far, box)
            let before = try await box.state()
            try await box.done("assign", Self.hostB, "up0", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == "203.0.113.200")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            try await box.done("undo", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    /// As firewalld has it: whatever comes by a port forward is accepted, and a zone says the rest.
    @Test func `a zone that forwards nothing to an interface is a refusal, with its rule`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let table = """
                table inet firewalld {
                  chain filter_FORWARD {
                    type filter hook forward priority filter + 10; policy accept;
                    ct state established,related accept
                    ct status dnat accept
                    iifname "lo" accept
                    jump filter_FORWARD_ZONES
                    reject with icmpx type admin-prohibited
                  }
                  chain filter_FORWARD_ZONES { iifname "eth0" goto filter_FWD_internal; }
                  chain filter_FWD_internal { oifname "eth0" accept; }
                }
                """
            let loaded = try await box.lab.run(
                in: "nat", Command("nft", "-f", "-"), input: table)
            #expect(loaded.status == 0, "\(loaded.error)")
            let before = try await box.state()
            let refused = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(refused.status == 2)
            #expect(refused.error.contains("firewalld"), "\(refused.error)")
            #expect(refused.error.contains("reject"), "\(refused.error)")
            #expect(try await box.state() == before)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            // A port forward from the outside is none of what the host sends.
            try await box.lab.output(
                in: "nat", "iptables-nft", "-t", "nat", "-A", "PREROUTING", "-i", "eth1", "-p",
                "tcp", "--dport", "8080", "-j", "DNAT", "--to", "\(Self.hostA):80")
            #expect(try await box.run("assign", Self.hostB, "eth1", "--yes").status == 2)
            try await box.lab.output(
                in: "nat", "nft", "add", "rule", "inet", "firewalld", "filter_FWD_internal",
                "oifname", "eth1", "accept")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    /// A box that lets hosts out anywhere, and answers in by one interface alone.
    @Test func `answers that FORWARD drops are a refusal, and what it says lets them in`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            for words in [
                ["-P", "FORWARD", "DROP"], ["-A", "FORWARD", "-i", "eth0", "-j", "ACCEPT"],
            ] {
                let reply = try await box.lab.run(in: "nat", Command(["iptables-nft"] + words))
                #expect(reply.status == 0, "\(words): \(reply.error)")
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            let before = try await box.state()
            let refused = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(refused.status == 2)
            #expect(refused.error.contains("the answers to it that come in by eth1"))
            #expect(try await box.state() == before)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            let fix = try #require(refused.error.split(separator: "fix: ").last)
            let words = fix.split(whereSeparator: \.isWhitespace)
            let opened = try await box.lab.run(in: "nat", Command(words.map(String.init)))
            #expect(opened.status == 0, "\(fix): \(opened.error)")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
        }
    }

    /// Rules of ports make plans that cannot be verified; what they have counted is no change of
    /// the box.
    @Test func `a rule that counts while somebody reads the plan leaves it the same plan`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            for words in [
                ["-P", "FORWARD", "DROP"], ["-A", "FORWARD", "-p", "tcp", "-j", "ACCEPT"],
            ] {
                let reply = try await box.lab.run(in: "nat", Command(["iptables-nft"] + words))
                #expect(reply.status == 0, "\(words): \(reply.error)")
            }
            let asking =
                "(sleep 3; echo y) | script -qec '\(box.natdeck) assign \(Self.hostB) eth1'"
            async let answer = box.lab.run(
                in: "nat", Command("sh", "-c", asking + " /dev/null"), deadline: .seconds(30))
            for _ in 0..<6 {
                #expect(try await box.lab.seenAs("ec2-a") == Self.first)
                try await Task.sleep(for: .milliseconds(500))
            }
            let reply = try await answer
            #expect(
                String(decoding: reply.output, as: UTF8.self).contains("done, not verified"),
                "\(String(decoding: reply.output, as: UTF8.self)) \(reply.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    /// A network with a route of its own says nothing of the outside, whichever it is: TEST-NET-1 is
    /// what natdeck would ask the kernel about.
    @Test func `a route to the network that stands for the outside keeps nobody from leaving`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.ip("route add 192.0.2.0/24 via 172.31.0.1 dev eth0")
            let before = try await box.state()
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            let status = try await box.run("status").output.split(separator: "\n")
            let row = status.first { $0.hasPrefix("\(Self.hostB) ") }
            #expect(row?.contains(" eth1 ") == true, "\(status)")
            try await box.done("release", Self.hostB, "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    /// What the kernel does not forward no rule lets through.
    @Test(arguments: ["eth1", "eth0"])
    func `an interface that does not forward is a refusal with its parameter`(
        name: String
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let parameter = "net.ipv4.conf.\(name).forwarding"
            try await box.lab.output(in: "nat", "sysctl", "-qw", "\(parameter)=0")
            #expect(
                try await box.lab.seenAs("ec2-b", seconds: 1) == (name == "eth0" ? nil : Self.first)
            )
            let refused = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(refused.status == 2)
            #expect(refused.error.contains("sysctl -w \(parameter)=1"), "\(refused.error)")
            try await box.lab.output(in: "nat", "sysctl", "-qw", "\(parameter)=1")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    /// An ipset chooses the address: natdeck's own MASQUERADE never comes before it.
    @Test func `where an ipset chooses the address, it goes on choosing`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            for words in [
                ["ipset", "create", "second", "hash:ip"],
                ["ipset", "add", "second", Self.hostB],
                ["ip", "addr", "add", "172.31.8.209/16", "dev", "eth1"],
                [
                    "iptables-nft", "-t", "nat", "-I", "POSTROUTING", "-o", "eth1", "-m", "set",
                    "--match-set", "second", "src", "-j", "SNAT", "--to-source", "172.31.8.209",
                ],
            ] {
                let reply = try await box.lab.run(in: "nat", Command(words))
                #expect(reply.status == 0, "\(words): \(reply.error)")
            }
            try await router("172.31.8.209", shows: "203.0.113.209", box)
            let before = try await box.state()
            let answer = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(answer.output.contains("match-set second src"), "\(answer.output)")
            #expect(answer.output.contains("not verified"), "\(answer.output)")
            #expect(try await box.lab.seenAs("ec2-b") == "203.0.113.209")
            try await box.done("undo", "--yes")
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
        }
    }

    /// A network behind another host is known by its route alone.
    @Test func `a host behind another router moves, and the router stays`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            // ec2-a routes for 10.88.0.0/24 and does not translate.
            try await box.ip("addr add 10.88.0.1/32 dev lo", in: "ec2-a")
            try await box.ip("route add 10.88.0.0/24 via \(Self.hostA)")
            try await box.lab.output(
                in: "nat", "iptables-nft", "-t", "nat", "-A", "POSTROUTING", "-s", "10.88.0.0/24",
                "-o", "eth0", "-j", "MASQUERADE")
            func inner() async throws -> String {
                try await box.lab.output(
                    in: "ec2-a", "curl", "--silent", "--noproxy", "*", "--max-time", "2",
                    "--interface", "10.88.0.1", "http://\(Topology.internet)/"
                ).strippedOfControls
            }
            #expect(try await inner() == Self.first)
            let before = try await box.state()
            try await box.done("assign", "10.88.0.1", "eth1", "--yes")
            #expect(try await inner() == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            try await box.done("undo", "--yes")
            #expect(try await inner() == Self.first)
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }
}
