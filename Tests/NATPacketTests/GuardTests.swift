import Glibc
import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    private static let ruleOfB = "ip rule | grep -q 'from \(hostB) lookup 20001 proto 201'"
    private static let wayOut =
        "ip route show table 20001 | grep -q 'default via 172.31.0.1 dev eth1'"

    @Test func `the guard puts back whatever is lost`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(in: "nat", "iptables", "-t", "nat", "-F")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                let before = try await box.state()
                try await keeper.restores(
                    "a deleted rule", after: "ip rule del from \(Self.hostB) lookup 20001",
                    once: Self.ruleOfB)
                try await keeper.restores(
                    "a flushed table", after: "ip route flush table 20001",
                    once: "\(Self.wayOut) && ip route show table 20001 | grep -q unreachable")
                try await keeper.restores(
                    "what is internal",
                    after: "ip route del throw 10.0.0.0/8 table 20001 proto 201",
                    once: "ip route show table 20001 | grep -q 'throw 10.0.0.0/8'")
                try await keeper.restores(
                    "a flushed nat table", after: "iptables -t nat -F",
                    once: "iptables -t nat -nvL POSTROUTING | grep -q natdeck")
                try await keeper.restores(
                    "a link that flapped",
                    after: "ip link set eth1 down; sleep 0.3; ip link set eth1 up",
                    once: Self.wayOut)
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                // The flap took the routes of others along, which are not the guard's.
                let after = try await box.state()
                #expect(
                    before.split(separator: "\n").filter { $0.contains("201") }.sorted()
                        == after.split(separator: "\n").filter { $0.contains("201") }.sorted())
                let news = try await keeper.news()
                print(news)
                #expect(news.contains("the rule of \(Self.hostB) was lost"))
                #expect(news.contains("likely by eth1, which went down and came up again"))
                let history = try await box.lab.output(
                    in: "nat", "cat", "/var/log/natdeck/history.jsonl")
                #expect(history.contains("\"by\":\"guard\""))
                #expect(history.contains("was lost, "))
            }
        }
    }

    @Test func `the guard follows a gateway that changes`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                // As a DHCP client does it with a new lease.
                try await keeper.restores(
                    "a new lease",
                    after: """
                        ip addr del 172.31.8.208/16 dev eth1
                        ip addr add 172.31.8.218/16 dev eth1
                        ip route replace default via 172.31.0.1 dev eth1 metric 10001
                        """, once: Self.wayOut)
                try await keeper.restores(
                    "a new gateway",
                    after: """
                        ip route flush table 10001
                        ip route replace default via 172.31.0.9 dev eth1 metric 10001
                        """,
                    once: "ip route show table 20001 | grep -q 'default via 172.31.0.9 dev eth1'")
                #expect(try await keeper.news().contains("the addresses of eth1"))
            }
        }
    }

    @Test func `the guard has the tables follow what main learns`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores(
                    "a network of main",
                    after: "ip route add 203.0.113.128/25 via 172.31.0.1 dev eth0",
                    once: "ip route show table 20001 | grep -q 'throw 203.0.113.128/25'")
                try await keeper.restores(
                    "what main forgot", after: "ip route del 203.0.113.128/25",
                    once: "! ip route show table 20001 | grep -q 203.0.113.128/25")
            }
        }
    }

    @Test func `what its unit lets it do is enough for the guard`() async throws {
        let line = try #require(
            ServiceUnit.system().contents.split(separator: "\n")
                .first { $0.hasPrefix("CapabilityBoundingSet=") })
        let names = line.drop { $0 != "=" }.dropFirst().lowercased().split(separator: " ")
            .map { $0.dropFirst("cap_".count) }
        let bounds = (["-all"] + names.map { "+\($0)" }).joined(separator: ",")
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            try await box.done("setup", "--yes")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box, under: "setpriv --bounding-set=\(bounds)") {
                (keeper: GuardUnderTest) async throws in
                let before = try await box.state()
                try await keeper.restores(
                    "a rule", after: "ip rule del from \(Self.hostB) lookup 20002",
                    once: "ip rule | grep -q 'from \(Self.hostB) lookup 20002 proto 201'")
                try await keeper.restores(
                    "forwarding", after: "sysctl -q -w net.ipv4.ip_forward=0",
                    once: "[ $(sysctl -n net.ipv4.ip_forward) = 1 ]")
                try await keeper.restores(
                    "NAT", after: "iptables -t nat -F",
                    once: "[ $(iptables -t nat -nvL POSTROUTING | grep -c natdeck) = 2 ]")
                #expect(try await box.state() == before)
            }
        }
    }

    @Test func `the guard keeps what setup made`() async throws {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            try await box.done("setup", "--yes")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                let before = try await box.state()
                try await keeper.restores(
                    "forwarding", after: "sysctl -q -w net.ipv4.ip_forward=0",
                    once: "[ $(sysctl -n net.ipv4.ip_forward) = 1 ]")
                try await keeper.restores(
                    "the NAT of setup", after: "iptables -t nat -F",
                    once: "[ $(iptables -t nat -nvL POSTROUTING | grep -c natdeck) = 2 ]")
                #expect(try await box.state() == before)
                #expect(try await box.lab.seenAs("ec2-a") == Self.first)
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            }
        }
    }

    @Test func `the guard does not fight, and goes on later`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                let storm = """
                    n=0; while [ $n -lt 20 ]; do
                    ip rule del from \(Self.hostB) lookup 20001 2>/dev/null && n=$((n+1))
                    [ $n -ge 4 ] && n=$((n+1)); sleep 0.5; done
                    """
                try await box.lab.run(
                    in: "nat", Command("sh", "-c", storm), deadline: .seconds(60))
                let news = try await keeper.news()
                print(news)
                #expect(news.contains("so as not to fight"))
                let restored = news.split(separator: "\n").count { $0.contains(": restored in") }
                #expect(restored < 10, "\(restored)")
                // Other losses do not wait for this one.
                try await keeper.restores(
                    "another loss during a storm",
                    after: "ip route del throw 10.0.0.0/8 table 20001 proto 201",
                    once: "ip route show table 20001 | grep -q 'throw 10.0.0.0/8'")
                let reply = try await box.lab.run(
                    in: "nat",
                    Command("sh", "-c", "until \(Self.ruleOfB); do sleep 0.1; done"),
                    deadline: .seconds(80))
                #expect(reply.status == 0)
            }
        }
    }

    @Test func `at boot the guard applies the file and waits for interfaces`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "sh", "-c",
                "mkdir -p /etc/natdeck; printf '%s\\n' '\(Self.hostB) eth1' '\(Self.hostA) late0'"
                    + " > /etc/natdeck/assignments")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.wait(forNews: "late0: no such interface")
                try await keeper.restores("the file at boot", after: "true", once: Self.ruleOfB)
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                try await keeper.restores(
                    "the assignment of an interface that came late",
                    after: """
                        ip link add late0 type veth peer name late1
                        ip addr add 10.88.0.2/24 dev late0
                        ip link set late1 up
                        ip link set late0 up
                        ip route add default via 10.88.0.1 dev late0 metric 500
                        """, once: "ip rule | grep -q 'from \(Self.hostA) lookup 20002'")
                try await keeper.wait(forNews: "everything is as it was kept again")
            }
        }
    }

    @Test func `the guard holds still for the operator, and there is one`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                let second = try await box.run("guard")
                #expect(second.status == 1)
                #expect(second.error.contains("another guard is running"))
                try await box.done(
                    "assign", Self.hostB, "eth0", "--keep-within", "20", "--yes")
                try await keeper.wait(forNews: "holding still")
                try await Task.sleep(for: .seconds(2))
                #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                try await box.done("keep")
                try await Task.sleep(for: .seconds(2))
                #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                #expect(
                    try await box.lab.output(in: "nat", "cat", "/etc/natdeck/assignments")
                        .contains("\(Self.hostB)      eth0"))
                try await box.done("release", Self.hostB, "--yes")
                try await Task.sleep(for: .seconds(2))
                #expect(try await !box.state().contains("from \(Self.hostB)"))
                #expect(try await !keeper.news().contains("lost"))
            }
        }
    }

    @Test func `a guard that was killed at its work is followed by one that ends it`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            for number in 1...3 {
                for deed in [Saboteur.Deed.killBefore, .killAfter] {
                    try await box.lab.output(in: "nat", "ip", "rule", "flush", "protocol", "201")
                    try await box.lab.output(in: "nat", "ip", "route", "flush", "table", "20001")
                    try await Saboteur.arm(box, at: number, deed)
                    #expect(try await Saboteur.run(box, ["guard"]).status == 137)
                    try await box.lab.output(in: "nat", "test", "-e", "/run/natdeck/guard-journal")
                    try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                        try await keeper.restores(
                            "what a killed guard left (\(number))", after: "true",
                            once: "\(Self.ruleOfB) && \(Self.wayOut)")
                    }
                }
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }
}
