import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

/// What natdeck says of the way of a host, held against what the outside sees.
extension PacketTests {
    @Test(arguments: [["from", "all", "lookup", "main"], ["from", "172.31.26.176", "prohibit"]])
    func `an earlier rule that defeats an assignment is told by status, doctor and assign`(
        rule: [String]
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let words = ["ip", "rule", "add", "priority", "100"] + rule
            let added = try await box.lab.run(in: "nat", Command(words))
            #expect(added.status == 0, "\(added.error)")
            let isOpen = rule.contains("lookup")
            #expect(
                try await box.lab.seenAs("ec2-b", seconds: isOpen ? 3 : 1)
                    == (isOpen ? Self.first : nil))

            let row = try await box.row(of: Self.hostB)
            #expect(row.hasPrefix("\(Self.hostB)  \(isOpen ? "eth0" : "nowhere") "), "\(row)")
            #expect(row.contains("not eth1: rule 100"), "\(row)")
            #expect(!row.contains(Self.second))
            // Its lines are broken where they are full.
            let doctor = try await box.run("doctor").output.split(whereSeparator: \.isWhitespace)
                .joined(separator: " ")
            #expect(doctor.contains("\(Self.hostB) does not go by rule 5000"), "\(doctor)")
            // Quoted as the terminal's characters allow.
            let text = rule.joined(separator: " ")
            #expect(
                doctor.contains("rule 100 <\(text)> comes first and")
                    || doctor.contains("rule 100 «\(text)» comes first and"), "\(doctor)")
            #expect(!doctor.contains("every rule for a source is reached"))
            #expect(!doctor.contains("ip rule del"))
            let again = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(again.status == 2)
            #expect(
                again.error.contains("the rule 100 «\(rule.joined(separator: " "))» comes first"))

            try await box.lab.output(in: "nat", "ip", "rule", "del", "priority", "100")
            let mended = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(mended.output.contains("already leaves by eth1"), "\(mended.error)")
        }
    }

    @Test func `says of every rule and route what ip says of them`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let rules = [
                "not from 10.0.0.0/8 to 172.31.0.0/16", "from 10.1.2.3 iif eth0", "oif eth1",
                "fwmark 0x10/0xff", "fwmark 7", "tos 0x10", "ipproto 6 sport 1000-2000 dport 443",
                "uidrange 1000-1999", "tun_id 42", "iif gone0", "realms 2/3", "proto 201",
            ]
            let routes = [
                "default via 172.31.0.1 dev eth1 proto 201 onlink", "throw 10.10.0.0/16",
                "unreachable default metric 4294967295", "blackhole 10.11.0.0/16",
                "10.12.0.0/16 nexthop via 172.31.0.1 dev eth0 nexthop via 172.31.0.1 dev eth1",
            ]
            for words in rules.map({ "rule add \($0) lookup 100" })
                + routes.map({ "route add table 100 \($0)" })
            {
                let command = Command(["ip"] + words.split(separator: " ").map(String.init))
                let reply = try await box.lab.run(in: "nat", command)
                #expect(reply.status == 0, "\(command): \(reply.error)")
            }
            let routing = try KernelRouting(box.lab, machine: "nat")
            let lines = try await box.lab.output(in: "nat", "ip", "-N", "-4", "rule", "show")
                .split(separator: "\n").map(String.init)
            let told = try #require(await routing.rules().value)
            #expect(told.count == lines.count)
            for (rule, line) in zip(told, lines) {
                #expect(RuleWords.areSame(rule.priority, rule.words, as: line), "\(line)")
            }

            let table = try #require(
                await routing.tables().value?.first { $0.id == 100 })
            #expect(
                table.routes.map {
                    let ways = $0.hops.map { "\($0.nextHop?.description ?? "") \($0.interface)" }
                    return "\($0.type) \($0.destination) \($0.nextHop?.description ?? "")"
                        + " \($0.interface ?? "") \($0.metric) \(ways.joined(separator: ", "))"
                } == [
                    "unicast 0.0.0.0/0 172.31.0.1 eth1 0 ", "unreachable 0.0.0.0/0   4294967295 ",
                    "throw 10.10.0.0/16   0 ", "blackhole 10.11.0.0/16   0 ",
                    "unicast 10.12.0.0/16   0 172.31.0.1 eth0, 172.31.0.1 eth1",
                ])
        }
    }

    @Test func `a rule for some packets is a doubt, and the kernel decides what is already so`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            // The host is known to come in by eth0, so this rule is sure to decide.
            try await box.ip("rule add iif eth0 lookup main priority 100")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            #expect(try await box.row(of: Self.hostB).contains("not eth1: rule 100"))
            try await box.ip("rule del priority 100")
            // TCP alone is another matter than what the host sends.
            try await box.ip("rule add ipproto 6 lookup main priority 100")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            #expect(try await box.row(of: Self.hostB).contains("rule 100 may decide"))
            let doubted = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(doubted.status == 0)
            #expect(doubted.output.contains("\(Self.hostB) is already assigned to eth1"))
            try await box.ip("rule del priority 100")
            // Where the kernel is asked about what the rule is for, it says so.
            try await box.ip("rule add to 192.0.0.0/7 lookup main priority 100")
            let again = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(again.status == 2)
            #expect(again.error.contains("the kernel sends it out of eth0 and not of eth1"))
        }
    }

    @Test func `a host whose table is open is shown to leak, a closed one to be blocked`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "ip", "rule", "add", "from", Self.hostB, "lookup", "10001")
            try await box.lab.output(in: "nat", "ip", "route", "flush", "table", "10001")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            let open = try await box.row(of: Self.hostB)
            #expect(open.hasPrefix("\(Self.hostB)  eth0 "), "\(open)")
            #expect(open.contains(Self.first) && open.contains("table 10001 is open"), "\(open)")
            #expect(
                try await box.run("doctor").output.contains(
                    "\(Self.hostB) leaves by eth0, whatever was wanted"))

            try await box.lab.output(
                in: "nat", "ip", "route", "add", "unreachable", "default", "table", "10001")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            #expect(try await box.row(of: Self.hostB).hasPrefix("\(Self.hostB)  nowhere "))
        }
    }

    @Test func `the public address promised is the one the outside sees`() async throws {
        var topology = Topology.scenario
        topology.interfaces[1].addresses.append(
            LabAddress(
                privateAddress: try #require(IPv4Address("172.31.8.209")),
                publicAddress: IPv4Address("203.0.113.200")))
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            // The cloud names them in an order of its own.
            let mac = topology.interfaces[1].mac
            try box.lab.setMetadata(
                "meta-data/network/interfaces/macs/\(mac)/public-ipv4s",
                "203.0.113.200\n\(Self.second)")
            // A change that nobody reads first does not wait for the cloud, which tells the address.
            let plan = try await box.run("assign", Self.hostB, "eth1", "--dry-run")
            #expect(plan.output.contains("be seen as \(Self.second)"), "\(plan.output)")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.row(of: Self.hostB).contains(Self.second))
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let lines = try await box.run("status").output.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("               172.31.8.209  203.0.113.200") })
            #expect(lines.filter { $0.unicodeScalars.count > 80 } == [])

            try await box.done("release", Self.hostB, "--yes")
            try await box.lab.output(
                in: "nat", "iptables", "-t", "nat", "-I", "POSTROUTING", "-o", "eth1", "-j", "SNAT",
                "--to-source", "172.31.8.209")
            let other = try await box.run("assign", Self.hostB, "eth1", "--dry-run")
            #expect(other.output.contains("be seen as 203.0.113.200"), "\(other.output)")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.row(of: Self.hostB).contains("203.0.113.200"))
            #expect(try await box.lab.seenAs("ec2-b") == "203.0.113.200")
        }
    }

    @Test func `what nftables translates beside iptables is said, and not taken for missing`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await box.lab.output(in: "nat", "iptables", "-t", "nat", "-F")
            try await box.lab.output(in: "nat", "nft", "add", "table", "ip", "mynat")
            try await box.lab.output(
                in: "nat", "nft",
                "add chain ip mynat post { type nat hook postrouting priority srcnat; }")
            try await box.lab.output(in: "nat", "nft", "add rule ip mynat post masquerade")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let status = try await box.run("status").output
            #expect(status.contains("nft ip mynat"))
            #expect(!status.contains("no MASQUERADE or SNAT rule covers"), "\(status)")
            let row = try await box.row(of: Self.hostB)
            #expect(row.contains(Self.second) && !row.contains("NO"), "\(row)")
        }
    }

    @Test func `a table that iptables cannot show is read from the kernel`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "nft", "add set ip nat s { type ipv4_addr; }")
            try await box.lab.output(
                in: "nat", "nft", "add rule ip nat POSTROUTING ip saddr @s masquerade")
            let reply = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(reply.status == 0, "\(reply.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    @Test func `looking is hardly counted, and an interface that is down keeps its address`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            func connections() async throws -> UInt64 {
                let text = try await box.lab.output(
                    in: "nat", "iptables", "-t", "nat", "-nvxL", "POSTROUTING")
                return text.split(separator: "\n").compactMap {
                    $0.contains("MASQUERADE")
                        ? $0.split(separator: " ").first.flatMap { UInt64($0) } : nil
                }.reduce(0, +)
            }
            let before = try await connections()
            _ = try await box.run("status")
            // One connection to the metadata, and not one for each question.
            #expect(try await connections() <= before + 1)
            try await box.lab.output(in: "nat", "ip", "link", "set", "eth1", "down")
            #expect(try await box.run("status").output.contains(Self.second))
        }
    }

    @Test func `an address of the box is not released, and no fix cuts it off`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let reply = try await box.run("release", "172.31.8.208", "--yes")
            #expect(reply.status == 2)
            #expect(reply.error.contains("own address on eth1"))
            #expect(!reply.error.contains("ip rule del"), "\(reply.error)")
        }
    }

    @Test func `a command line that is not understood is told in one line with the fix`()
        async throws
    {
        let natdeck = try LabExecutable.natdeck()
        for (words, parts) in [
            (
                ["bogus"],
                ["natdeck: bogus: no such subcommand", "fix: one of dashboard, status, assign"]
            ),
            (["assign"], ["natdeck: assign: Missing expected argument", "natdeck assign --help"]),
            (["status", "--jsn"], ["natdeck: status: Unknown option", "natdeck status --help"]),
        ] {
            let reply = try await SystemRunner().run(Command([natdeck] + words))
            #expect(reply.status == 64)
            for part in parts { #expect(reply.error.contains(part), "\(reply.error)") }
            // What natdeck starts for itself is nothing to type.
            #expect(!reply.error.contains("revert-timer") && !reply.error.contains("serve"))
        }
    }
}

extension BoxUnderTest {
    /// The row of a source in `natdeck status`.
    fileprivate func row(of source: String) async throws -> Substring {
        let status = try await run("status").output
        let row = status.split(separator: "\n").first { $0.hasPrefix(source) }
        return try #require(row, "\(status)")
    }
}
