import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

extension PacketTests {
    @Test
    func `w tells which rule decides, before and after a change, and the log tells the steps`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            // The neighbour table knows a host once it has spoken.
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await Tmux.with(try box.command(), columns: 140, rows: 40) {
                (tmux: Tmux) async throws in
                try await tmux.wait(forText: Self.hostB)
                try await tmux.press("2", "w", "C-u", Self.hostB, "Enter")
                try await tmux.wait(
                    forText: "\(Self.hostB): rule 32766 decides, table main, default via")
                try await tmux.wait(forText: "✓ the kernel says the same: eth0 via 172.31.0.1")

                try await tmux.press("1", "/", "1", "7", "6", "Enter", "g", "a")
                try await tmux.wait(forText: "2 eth1")
                try await tmux.press("2")
                try await tmux.wait(forText: "Apply this plan?")
                try await Task.sleep(for: .milliseconds(600))
                try await tmux.press("End", "y")
                try await tmux.wait(forText: "Keep? reverts in")
                try await tmux.press("K")
                try await tmux.wait(forText: "✓ kept")

                // The answer has followed the rules by itself.
                try await tmux.press("Escape")
                try await Task.sleep(for: .milliseconds(200))
                try await tmux.press("2")
                try await tmux.wait(
                    forText: "\(Self.hostB): rule 5000 decides, table 20001, default via")
                let screen = try await tmux.wait(
                    forText: "✓ the kernel says the same: eth1 via 172.31.0.1, table 20001")
                #expect(screen.contains("→5000  ● ours      eth1        1  from \(Self.hostB)"))
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)

                try await tmux.press("7")
                let log = try await tmux.wait(forText: "guard ○ not running")
                let lines = log.split(separator: "\n").map(String.init)
                #expect(lines.contains { $0.contains("· natdeck") && $0.contains("reads the box") })
                #expect(lines.contains { $0.contains("✓ ") && $0.contains(" → eth1, kept") })
                // The deed opens with its commands, each as it ended.
                try await tmux.press("/", "l", "o", "o", "k", "u", "p", "Enter", "Enter")
                try await tmux.wait(
                    forText: "✓ ip rule add priority 5000 from \(Self.hostB) lookup 20001")
            }
        }
    }

    /// Rules of every kind, before those of the scenario; the last of each line is tried too.
    static let rules: [[String]] = [
        ["from 172.31.26.176 lookup 10001 pref 100"],
        ["from 172.31.26.0/24 lookup 10001 pref 100", "from 172.31.26.176 lookup main pref 50"],
        ["from all lookup main suppress_prefixlength 0 pref 40"],
        ["from all lookup 777 suppress_prefixlength 0 pref 40"],
        ["from all goto 32766 pref 40", "from 172.31.26.176 lookup 10001 pref 50"],
        ["from 172.31.26.176 unreachable pref 40"], ["from 172.31.26.0/24 prohibit pref 40"],
        ["from 172.31.26.176 blackhole pref 40"],
        ["not from 172.31.26.175 lookup 10001 pref 40"],
        ["not from 172.31.26.176 lookup 10001 pref 40"],
        ["from all iif eth0 lookup 10001 pref 40"], ["not iif eth0 lookup 10001 pref 40"],
        ["from all oif eth0 lookup 10001 pref 40"],
        // Of one for a part of the outside nothing is sure.
        ["from all to 10.0.0.0/8 lookup 10001 pref 40"],
        ["from all lookup 778 pref 40", "from 172.31.26.176 lookup 779 pref 45"],
    ]

    @Test func `the rules as natdeck walks them lead where the kernel says`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            for route in [
                "unreachable default table 777", "throw default table 778",
                "default via 172.31.0.1 dev eth1 table 779 metric 20",
                "default via 172.31.0.1 dev eth0 table 779 metric 10",
                "192.0.2.0/25 via 172.31.0.1 dev eth1 table 779 metric 30",
            ] {
                try await box.ip("route add \(route)")
            }
            let local = try box.local()
            let host = try #require(IPv4Address(Self.hostB))
            for rules in Self.rules {
                for rule in rules { try await box.ip("rule add \(rule)") }
                let snapshot = await local.reader.snapshot([.rules, .tables], over: nil)
                let walk = RuleDatabase(
                    rules: try #require(snapshot.rules.value),
                    tables: try #require(snapshot.tables.value)
                ).decision(for: IPv4Prefix(host), input: "eth0")
                let answer = await local.kernelAnswer(for: host, input: .interface("eth0"))
                #expect(walk.doubts.isEmpty, "\(rules)")
                #expect(walk.interfaces.first == answer.way.value?.interface, "\(rules)")
                if let way = answer.way.value {
                    #expect(walk.table == way.table, "\(rules)")
                }
                for rule in rules { try await box.ip("rule del \(rule)") }
            }
        }
    }
}

extension BoxUnderTest {
    /// The box as the core sees it.
    fileprivate func local() throws -> LocalBox {
        LocalBox(
            runner: try lab.runner(in: "nat"), files: SystemFiles(), metadata: NoCloud(),
            routing: try KernelRouting(lab, machine: "nat"),
            gate: KernelGate(try TestNamespace(lab, machine: "nat")),
            programs: NATPrograms { [] })
    }
}

private struct NoCloud: MetadataSource {
    func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface] { [] }
}
