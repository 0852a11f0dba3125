import FoundationEssentials
import NATHost
import NATLab
import NATModel
import Testing

/// What natdeck says of flows, held against what the outside sees.
extension PacketTests {
    /// A connection that says nothing, until the process is told to end.
    private static func standing(_ seconds: Int) -> Command {
        Command(
            "bash", "-c",
            "exec 3<>/dev/tcp/198.51.100.10/80; exec timeout \(seconds) sleep \(seconds)")
    }

    @Test func `a host is seen as the outside sees it, through a move and back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.startTraffic()
            let hosts = [("ec2-a", Self.hostA), ("ec2-b", Self.hostB)]
            for egress in ["", "eth1", "eth0"] {
                // Connections that stood before would go on as they began.
                if !egress.isEmpty {
                    try await box.done("assign", Self.hostB, egress, "--yes", "--cut")
                }
                for (machine, host) in hosts {
                    let outside = try #require(try await box.lab.seenAs(machine))
                    #expect(
                        outside
                            == (machine == "ec2-b" && egress == "eth1" ? Self.second : Self.first))
                    let seen = try await box.seen(host) { $0 == [outside] }
                    #expect(seen == [outside], "\(host) by \(egress)")
                }
            }
        }
    }

    /// NAT that an operator has in place of the scenario's MASQUERADE.
    static let otherNAT = [
        "iptables -t nat -A POSTROUTING -o eth0 -j SNAT --to-source 172.31.8.207"
            + "; iptables -t nat -A POSTROUTING -o eth1 -j SNAT --to-source 172.31.8.208",
        "nft 'add table ip op; add chain ip op out { type nat hook postrouting priority 100; };"
            + " add rule ip op out oifname eth0 masquerade;"
            + " add rule ip op out oifname eth1 snat to 172.31.8.208'",
    ]

    @Test(arguments: otherNAT)
    func `a host is seen as the outside sees it, whoever translates`(nat: String) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "bash", "-ec", "iptables -t nat -F POSTROUTING; " + nat)
            try await box.lab.startTraffic()
            for egress in ["eth1", "eth0"] {
                try await box.done("assign", Self.hostB, egress, "--yes", "--cut")
                for (machine, host) in [("ec2-a", Self.hostA), ("ec2-b", Self.hostB)] {
                    let outside = try #require(try await box.lab.seenAs(machine))
                    let isMoved = machine == "ec2-b" && egress == "eth1"
                    #expect(outside == (isMoved ? Self.second : Self.first))
                    let seen = try await box.seen(host) { $0 == [outside] }
                    #expect(seen == [outside], "\(host) by \(egress)")
                }
            }
        }
    }

    @Test func `a flow that is over says nothing of where its host leaves now`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let remembered = try await box.lab.run(
                in: "nat", Command("conntrack", "-L", "-s", Self.hostB, "-q", "172.31.8.207"))
            let text = String(decoding: remembered.output, as: UTF8.self)
            #expect(text.contains("TIME_WAIT"), "\(text)")
            #expect(try await box.seen(Self.hostB) { _ in true } == [])
            async let new = box.lab.run(in: "ec2-b", Self.standing(10), deadline: .seconds(20))
            #expect(try await box.seen(Self.hostB) { $0 == [Self.second] } == [Self.second])
            _ = try await new
        }
    }

    @Test func `only the old connections end, those alone that leave another way than now`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            async let old = box.lab.run(
                in: "ec2-b", Self.standing(20), deadline: .seconds(30))
            #expect(try await box.seen(Self.hostB) { $0 == [Self.first] } == [Self.first])
            try await box.ip("rule add from \(Self.hostB) lookup 10001 priority 100")
            async let new = box.lab.run(
                in: "ec2-b", Self.standing(20), deadline: .seconds(30))
            let both = [Self.first, Self.second]
            #expect(try await box.seen(Self.hostB) { $0 == both } == both)
            let list = try await box.run("flows", Self.hostB)
            #expect(list.output.contains("2 live connections, 1 by another way"), "\(list.output)")

            let plan = try await box.run("cut", Self.hostB, "--old", "--dry-run")
            #expect(plan.output.contains("conntrack -D -s \(Self.hostB) -q 172.31.8.207"))
            #expect(plan.output.contains("2 live connections, some end"), "\(plan.output)")
            #expect(try await box.seen(Self.hostB) { _ in true } == both, "a plan changes nothing")
            try await box.done("cut", Self.hostB, "--old", "--yes")
            #expect(try await box.seen(Self.hostB) { _ in true } == [Self.second])
            let again = try await box.run("cut", Self.hostB, "--old", "--yes")
            #expect(again.status == 0)
            #expect(again.output.contains("no connection that leaves another way"))
            try await box.done("cut", Self.hostB, "--yes")
            #expect(try await box.seen(Self.hostB) { _ in true } == [])
            _ = try await (old, new)
        }
    }

    @Test func `a move is proven by the first flow after it, or is said not to be`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let silent = try await box.run(
                "assign", Self.hostB, "eth1", "--yes", "--prove", "--keep-within", "4")
            #expect(silent.status == 0, "\(silent.error)")
            #expect(silent.output.contains("not proven: nothing new was sent"), "\(silent.output)")
            try await box.done("revert")
            async let asked: String? = {
                try await Task.sleep(for: .seconds(1))
                return try await box.lab.seenAs("ec2-b")
            }()
            let moved = try await box.run("assign", Self.hostB, "eth1", "--yes", "--prove")
            let outside = try #require(try await asked)
            #expect(moved.output.contains("was answered as \(outside) "), "\(moved.output)")
            #expect(outside == Self.second)
        }
    }

    @Test func `flows that the outside began leave by where they came in`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "iptables", "-t", "nat", "-A", "PREROUTING", "-d", "172.31.8.208", "-p",
                "udp", "--dport", "9000", "-j", "DNAT", "--to-destination", "\(Self.hostA):9001")
            try await box.lab.run(
                in: "internet",
                Command("bash", "-c", "echo x > /dev/udp/\(Self.second)/9000"))
            let flows = try await box.flows()
            let forwarded = try #require(flows.first { $0.reply.sourcePort == 9001 })
            #expect(forwarded.original.destination == "172.31.8.208")
            #expect(forwarded.interface == "eth1")
            #expect(forwarded.publicAddress == Self.second)
            #expect(forwarded.agrees == nil)
        }
    }

    @Test func `a probe sees what the outside sees, and tells where the cloud says otherwise`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let url = "http://198.51.100.10/"
            let fine = try await box.run("probe", "--url", url)
            #expect(fine.status == 0, "\(fine.error)")
            for address in [Self.first, Self.second] {
                #expect(
                    fine.output.contains("\(address)  metadata  \(address)"), "\(fine.output)")
            }
            let one = try await box.run("probe", Self.second, "--json", "--url", url)
            #expect(one.output.contains("\"interface\":\"eth1\""))
            #expect(!one.output.contains("\"interface\":\"eth0\""))
            let unknown = try await box.run("probe", "eth9", "--url", url)
            #expect(unknown.status == 2)

            // The cloud says otherwise, and then nothing.
            let mac = Topology.scenario.interfaces[1].mac
            let nic = "meta-data/network/interfaces/macs/\(mac)"
            try box.lab.setMetadata("\(nic)/ipv4-associations/\(Self.second)", nil)
            try box.lab.setMetadata("\(nic)/ipv4-associations/203.0.113.9", "172.31.8.208")
            try box.lab.setMetadata("\(nic)/public-ipv4s", "203.0.113.9")
            let other = try await box.run("probe", "eth1", "--url", url)
            #expect(other.status == 1)
            #expect(other.output.contains("203.0.113.9  "), "\(other.output)")
            #expect(other.output.contains("\(Self.second)  NO"), "\(other.output)")
            let doctor = try await box.run("doctor").output.split(whereSeparator: \.isWhitespace)
                .joined(separator: " ")
            let finding = "172.31.8.208 was seen as \(Self.second), and metadata says 203.0.113.9"
            #expect(doctor.contains(finding), "\(doctor)")
            try box.lab.setMetadata("\(nic)/ipv4-associations/203.0.113.9", nil)
            try box.lab.setMetadata("\(nic)/public-ipv4s", nil)
            let known = try await box.run("status")
            #expect(known.output.contains("\(Self.second)  probe"), "\(known.output)")

            // Nobody sends what eth1's address sends to eth1 any more.
            try await box.ip("rule del from 172.31.8.208 lookup 10001")
            let astray = try await box.run("probe", "eth1", "--url", url)
            #expect(astray.status == 1)
            #expect(astray.error.contains("leaves by eth0, not by eth1"), "\(astray.error)")
        }
    }
}

/// A flow as `natdeck flows --json` tells it.
struct ToldFlow: Decodable {
    struct Tuple: Decodable {
        var source: String
        var sourcePort: Int?
        var destination: String
        var destinationPort: Int?
    }

    var original: Tuple
    var reply: Tuple
    var interface: String?
    var publicAddress: String?
    var agrees: Bool?
}

extension BoxUnderTest {
    private struct Status: Decodable {
        struct Host: Decodable {
            struct Seen: Decodable { var publicAddress: String? }
            var source: String
            var seen: [Seen]
        }
        var hosts: [Host]
    }

    /// The flows as natdeck tells them.
    func flows(_ words: String...) async throws -> [ToldFlow] {
        let reply = try await lab.run(in: "nat", Command([natdeck, "flows", "--json"] + words))
        return try JSONDecoder().decode([ToldFlow].self, from: Data(reply.output))
    }

    /// The public addresses a host is seen by, as soon as they are as expected, or after ten seconds.
    func seen(_ host: String, until isExpected: ([String]) -> Bool) async throws -> [String] {
        var seen: [String] = []
        for _ in 0..<50 {
            let reply = try await lab.run(in: "nat", Command(natdeck, "status", "--json"))
            let status = try JSONDecoder().decode(Status.self, from: Data(reply.output))
            seen = status.hosts.first { $0.source == host }?.seen.compactMap(\.publicAddress) ?? []
            seen.sort()
            if isExpected(seen) { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        return seen
    }
}
