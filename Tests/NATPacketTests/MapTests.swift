import NATHost
import NATLab
import NATModel
import Testing

/// The nft map steers hosts in place of policy rules, tried with packets.
extension PacketTests {
    /// What translates on the box.
    enum Translation: CaseIterable {
        case nfTables, legacy, nftAlone

        var topology: Topology {
            var topology = Topology.scenario
            topology.backend = self == .legacy ? .legacy : .nfTables
            return topology
        }
    }

    /// Makes the box one that steers by the map; without iptables where that is asked for.
    static func steerByMap(
        _ box: BoxUnderTest, _ translation: Translation = .nfTables
    ) async throws {
        try await prepare(box, steering: .map, translation)
    }

    private static func prepare(
        _ box: BoxUnderTest, steering method: SteeringMethod, _ translation: Translation
    ) async throws {
        if translation == .nftAlone {
            try await box.lab.output(
                in: "nat", "sh", "-e", "-c",
                "iptables-nft -t nat -F; nft add table ip site; nft add chain ip site out"
                    + " '{ type nat hook postrouting priority 100; }'; nft add rule ip site out"
                    + " oifname { eth0, eth1 } ip saddr 172.31.0.0/16 masquerade")
        }
        let words = method == .map ? "map" : "rules"
        try await box.steer(by: words)
    }

    /// The rules of ours on the box, in ip(8)'s words and in the order of these.
    static func ourRules(_ box: BoxUnderTest) async throws -> [String] {
        try await box.lab.output(in: "nat", "ip", "rule").split(separator: "\n")
            .filter { $0.contains("proto 201") }.map { String($0).strippedOfControls }.sorted()
    }

    @Test(arguments: Translation.allCases)
    func `the map steers a host, moves it and lets it go`(translation: Translation) async throws {
        try await BoxUnderTest.with(translation.topology) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Self.steerByMap(box, translation)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            let status = try await box.run("status", "--json")
            let isMapped = status.output.contains("\"steering\":\"map\"")
            #expect(isMapped)
            let rules = try await Self.ourRules(box)
            #expect(!rules.contains { $0.contains("from \(Self.hostB)") && !$0.contains("20000") })
            // Flushed, the host is closed, and never seen by another address.
            try await box.lab.output(in: "nat", "nft", "delete", "table", "ip", "natdeck")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            try await box.done("apply", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)

            try await box.done("assign", Self.hostB, "eth0", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.done("undo", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("release", Self.hostB, "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.done("setup", "--remove", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            if translation != .nftAlone { #expect(try await box.state() == before) }
            try await box.expectNothingOurs()
        }
    }

    @Test(arguments: [Translation.nftAlone, .legacy])
    func `a long download on an old egress outlives five flushes of the ruleset`(
        translation: Translation
    ) async throws {
        try await BoxUnderTest.with(translation.topology) { (box: BoxUnderTest) async throws in
            try await Self.steerByMap(box, translation)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            // What the operator has is there again at once, as by `systemctl restart nftables`.
            let others = "nft list ruleset | sed '/^table ip natdeck {/,/^}/d'"
            let file = "/var/log/others.nft"
            try await box.lab.output(
                in: "nat", "sh", "-e", "-c", "(echo flush ruleset; \(others)) > \(file)")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores("the table", after: "true", once: Self.remembers)
                try await box.downloaded(40_000_000) {
                    let held = try await HeldConnections.held(
                        10, from: "ec2-b", in: box, seconds: 14
                    ) {
                        try await box.done("assign", Self.hostB, "eth0", "--yes")
                        for _ in 0..<5 {
                            try await keeper.restores(
                                "the table", after: "nft -f \(file)", once: Self.remembers)
                            try await Task.sleep(for: .seconds(1))
                        }
                        #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                    }
                    #expect(held.lost == 0)
                    #expect(held.seen == [Self.second])
                }
            }
            try await box.lab.output(in: "nat", "rm", "-f", file)
        }
    }

    private static let remembers = "nft list chain ip natdeck restore > /dev/null 2>&1"

    @Test(arguments: [0, 1, 2])
    func `the longest prefix in the map wins, and the box goes its own way`(
        reversePath: Int
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.setReversePath(reversePath, box)
            try await Self.steerByMap(box)
            // The network of the box itself.
            try await box.done("assign", "172.31.0.0/16", "eth1", "--yes")
            try await box.done("assign", Self.hostB, "eth0", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            #expect(try await box.lab.seenAs("nat") == Self.first)
            try await box.done("assign", "172.31.26.0/24", "eth0", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            try await box.done("release", "172.31.26.0/24", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.second)
            try await box.lab.output(in: "nat", "nft", "delete", "table", "ip", "natdeck")
            #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil)
            #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
            #expect(try await box.lab.seenAs("nat") == Self.first)
            // A host reaches the box, which is internal.
            try await box.ip("addr show", in: "ec2-a")
            try await box.lab.output(in: "ec2-a", "ping", "-c", "1", "-W", "2", "172.31.8.207")
            try await box.done("setup", "--remove", "--yes")
            try await box.expectNothingOurs()
        }
    }

    @Test func `a guard brings back the map that somebody flushed`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.steerByMap(box)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores(
                    "the map", after: "nft delete table ip natdeck",
                    once: "nft get element ip natdeck steer32 { \(Self.hostB) } > /dev/null 2>&1")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                try await keeper.restores(
                    "an entry",
                    after: "nft delete element ip natdeck steer32 { \(Self.hostB) }",
                    once: "nft get element ip natdeck steer32 { \(Self.hostB) } > /dev/null 2>&1")
                try await keeper.restores(
                    "a rule that closes", after: "ip rule del priority 4959",
                    once: "ip rule show priority 4959 | grep -q 20000")
                try await keeper.restores(
                    "the table that closes", after: "ip route flush table 20000",
                    once: "ip route show table 20000 | grep -q unreachable")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            }
        }
    }

    @Test func `the method changes to and fro, and no connection ends`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("setup", "--source", "172.31.0.0/16", "--yes")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await box.done("assign", Self.hostA, "eth0", "--yes")
            let rules = try await Self.ourRules(box)
            let other = try await HeldConnections.held(20, from: "ec2-a", in: box, seconds: 14) {
                let held = try await HeldConnections.held(50, from: "ec2-b", in: box, seconds: 10) {
                    for _ in 0..<2 {
                        let map = try await box.run("setup", "--steering", "map", "--dry-run")
                        #expect(map.output.contains("by the nft map in place of rules"))
                        try await box.done(
                            "setup", "--source", "172.31.0.0/16", "--steering", "map", "--yes")
                        #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                        let now = try await Self.ourRules(box)
                        #expect(
                            !now.contains {
                                $0.contains("lookup 20002 proto") && $0.contains("from 172")
                            })
                        try await box.done("setup", "--steering", "rules", "--yes")
                        #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                        #expect(try await Self.ourRules(box) == rules)
                    }
                }
                #expect(held.lost == 0)
                #expect(held.changed == 0)
                #expect(held.seen == [Self.second])
            }
            #expect(other.lost == 0)
            #expect(other.seen == [Self.first])
            // Taken back, the method is the one before.
            try await box.done("setup", "--steering", "map", "--yes", "--keep-within", "60")
            try await box.done("revert")
            #expect(try await Self.ourRules(box) == rules)
            try await box.done("setup", "--steering", "map", "--yes")
            try await box.done("undo", "--yes")
            #expect(try await Self.ourRules(box) == rules)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    @Test(arguments: SteeringMethod.allCases, Translation.allCases)
    func `ten moves lose no connection and no download`(
        method: SteeringMethod, translation: Translation
    ) async throws {
        try await BoxUnderTest.with(translation.topology) { (box: BoxUnderTest) async throws in
            try await Self.setReversePath(2, box)
            try await Self.prepare(box, steering: method, translation)
            try await box.done("assign", Self.hostB, "eth0", "--yes")
            let other = try await HeldConnections.held(10, from: "ec2-a", in: box, seconds: 12) {
                let held = try await HeldConnections.held(50, from: "ec2-b", in: box, seconds: 9) {
                    try await box.downloaded(24_000_000) {
                        for move in 0..<10 {
                            let (nic, address) =
                                move % 2 == 0 ? ("eth1", Self.second) : ("eth0", Self.first)
                            try await box.done("assign", Self.hostB, nic, "--yes")
                            #expect(try await box.lab.seenAs("ec2-b") == address)
                        }
                    }
                }
                #expect(held.lost == 0)
                #expect(held.seen == [Self.first])
            }
            #expect(other.lost == 0)
            #expect(other.seen == [Self.first])
        }
    }

    /// How many connections of host B the box follows that nobody has marked.
    private static func unmarked(_ box: BoxUnderTest) async throws -> Int {
        try await box.lab.output(
            in: "nat", "conntrack", "-L", "-p", "tcp", "--state", "ESTABLISHED"
        )
        .split(separator: "\n").count { $0.contains(Self.hostB) && $0.contains(" mark=0 ") }
    }

    @Test(arguments: Translation.allCases)
    func `what was silent while the map came to steer its host goes on where it began`(
        translation: Translation
    ) async throws {
        try await BoxUnderTest.with(translation.topology) { (box: BoxUnderTest) async throws in
            try await Self.steerByMap(box, translation)
            for isReleased in [false, true] {
                let held = try await HeldConnections.held(
                    20, from: "ec2-b", in: box, seconds: 12, silent: 9
                ) {
                    for nic in ["eth1", "eth0", "eth1"] {
                        try await box.done("assign", Self.hostB, nic, "--yes")
                    }
                    if isReleased { try await box.done("release", Self.hostB, "--yes") }
                    // Nobody has looked for them.
                    #expect(try await Self.unmarked(box) == 20)
                }
                #expect(held.lost == 0)
                #expect(held.changed == 0)
                #expect(held.seen == [Self.first])
                if !isReleased { try await box.done("release", Self.hostB, "--yes") }
            }
            try await box.lab.output(in: "nat", "conntrack", "-F")
            if translation != .nfTables { return }
            try await Self.serve(box)
            for address in [Self.first, Self.second] {
                let forwarded = try await Self.forwarded(box, by: address, seconds: 9, silent: 6) {
                    for nic in ["eth1", "eth0"] {
                        try await box.done("assign", Self.hostB, nic, "--yes")
                    }
                    #expect(try await Self.unmarked(box) == 5)
                }
                #expect(forwarded.lost == 0, "in by \(address)")
                try await box.done("release", Self.hostB, "--yes")
            }
        }
    }

    /// What could be otherwise where the map steers. In which order the table holds its chains says
    /// nothing: one that was changed holds those that came later behind the others.
    private static func mapState(_ box: BoxUnderTest) async throws -> String {
        let reply = try await box.lab.run(
            in: "nat", Command("nft", "-s", "list", "table", "ip", "natdeck"))
        let lines = String(decoding: reply.output, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        // Between the line that opens the table and the one that closes it.
        let parts = lines.dropFirst().prefix { $0 != "}" }.split(separator: "")
            .map { $0.joined(separator: "\n") }
        return try await ([box.state()] + parts.sorted()).joined(separator: "\n")
    }

    /// Kills natdeck at every change of a subcommand, and has it taken back.
    private static func expectMapRecovered(
        _ box: BoxUnderTest, _ words: [String], back: [String], never address: String? = nil
    ) async throws {
        let before = try await mapState(box)
        try await Saboteur.killEverywhere(box, words) { number in
            if let address {
                let seen = try await box.lab.seenAs("ec2-b", seconds: 1)
                #expect(seen != address, "\(words): change \(number)")
            }
            try await box.done("recover", "--yes")
            #expect(try await mapState(box) == before, "\(words): change \(number)")
        } done: {
            let reply = try await box.lab.run(
                in: "nat", Command([box.natdeck] + back), deadline: .seconds(30))
            #expect(reply.status == 0, "\(reply.error)")
            #expect(try await mapState(box) == before, "\(back)")
        }
    }

    @Test func `killed at any step where the map steers, recover takes it back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.steerByMap(box)
            // The table that closes stays like those of the egresses, as the box was set up.
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await box.done("release", Self.hostB, "--yes")
            try await Self.expectMapRecovered(
                box, ["assign", Self.hostB, "eth1"], back: ["release", Self.hostB, "--yes"])
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await Self.expectMapRecovered(
                box, ["release", Self.hostB], back: ["assign", Self.hostB, "eth1", "--yes"])
        }
    }

    @Test func `killed at any step of another method, a host is never seen by another address`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("setup", "--source", "172.31.0.0/16", "--yes")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let map = ["setup", "--steering", "map"]
            let rules = ["setup", "--steering", "rules"]
            try await Self.expectMapRecovered(
                box, map, back: rules + ["--yes"], never: Self.first)
            try await box.done("setup", "--steering", "map", "--yes")
            try await Self.expectMapRecovered(
                box, rules, back: map + ["--yes"], never: Self.first)
        }
    }
}
