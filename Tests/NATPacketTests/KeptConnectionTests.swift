import NATHost
import NATLab
import NATModel
import Testing

/// Connections keep the egress they began with, tried with connections.
extension PacketTests {
    static func setReversePath(_ value: Int, _ box: BoxUnderTest) async throws {
        for scope in ["all", "eth0", "eth1"] {
            try await box.lab.output(
                in: "nat", "sysctl", "-q", "-w", "net.ipv4.conf.\(scope).rp_filter=\(value)")
        }
    }

    @Test(arguments: [0, 1, 2])
    func `a hundred connections survive a move and the move back`(
        reversePath: Int
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.setReversePath(reversePath, box)
            let old = try await HeldConnections.held(100, from: "ec2-b", in: box, seconds: 12) {
                let shown = try await box.run("assign", Self.hostB, "eth1", "--dry-run")
                #expect(shown.output.contains("100 live connections, stay on eth0 until they end"))
                try await box.done("assign", Self.hostB, "eth1", "--yes")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                let new = try await HeldConnections.held(20, from: "ec2-b", in: box, seconds: 6) {
                    try await box.done("assign", Self.hostB, "eth0", "--yes")
                    #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                    try await box.done("release", Self.hostB, "--yes")
                    #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                }
                #expect(new.lost == 0)
                #expect(new.changed == 0)
                #expect(new.seen == [Self.second])
            }
            #expect(old.lost == 0)
            #expect(old.changed == 0)
            #expect(old.seen == [Self.first])
            try await box.done("setup", "--remove", "--yes")
            try await box.expectNothingOurs()
            let left = try await box.lab.run(
                in: "nat", Command("nft", "list", "table", "ip", "natdeck"))
            #expect(left.status != 0)
        }
    }

    @Test func `a plan tells the five largest connections of a host, with age and bytes`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "sysctl", "-q", "-w", "net.netfilter.nf_conntrack_acct=1")
            var text = ""
            _ = try await HeldConnections.held(8, from: "ec2-b", in: box, seconds: 10) {
                try await box.downloaded(30_000_000) {
                    try await Task.sleep(for: .seconds(2))
                    text = try await box.run("assign", Self.hostB, "eth1", "--dry-run").output
                }
            }
            #expect(text.contains("9 live connections, stay on eth0 until they end"), "\(text)")
            let told = text.split(separator: "\n").filter { $0.hasSuffix(" bytes") }
            #expect(told.count == 5, "\(text)")
            #expect(told.allSatisfy { $0.contains(" \(Topology.internet):80") }, "\(text)")
            let bytes = told.compactMap {
                $0.split(separator: " ").dropLast().last.flatMap { Int($0) }
            }
            #expect(bytes.count == 5 && bytes == bytes.sorted(by: >), "\(text)")
            // What is loaded is far above what is held open.
            #expect((bytes.first ?? 0) > 1_000_000 && (bytes.last ?? 0) < 100_000, "\(text)")
        }
    }

    @Test func `connections stay after an undo, and after their change is taken back`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let old = try await HeldConnections.held(20, from: "ec2-b", in: box, seconds: 9) {
                try await box.done("assign", Self.hostB, "eth1", "--yes", "--keep-within", "60")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                try await box.done("revert")
                #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                try await box.done("assign", Self.hostB, "eth1", "--yes")
                let new = try await HeldConnections.held(10, from: "ec2-b", in: box, seconds: 4) {
                    try await box.done("undo", "--yes")
                    #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                }
                #expect(new.lost == 0)
                #expect(new.seen == [Self.second])
            }
            #expect(old.lost == 0)
            #expect(old.seen == [Self.first])
        }
    }

    @Test func `what is to be cut ends, and nothing else does`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let other = try await HeldConnections.held(10, from: "ec2-a", in: box, seconds: 8) {
                let cut = try await HeldConnections.held(20, from: "ec2-b", in: box, seconds: 5) {
                    let shown = try await box.run(
                        "assign", Self.hostB, "eth1", "--cut", "--dry-run")
                    #expect(shown.output.contains("20 live connections, end and start anew"))
                    try await box.done("assign", Self.hostB, "eth1", "--cut", "--yes")
                    #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                }
                #expect(cut.lost == 20)
            }
            #expect(other.lost == 0)
            #expect(other.seen == [Self.first])
        }
    }

    @Test(arguments: [SteeringMethod.rule, .map])
    func `a port forward is answered by the interface it came in by`(
        method: SteeringMethod
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            if method == .map { try await Self.steerByMap(box) }
            try await Self.serve(box)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            for address in [Self.first, Self.second] {
                let forwarded = try await Self.forwarded(box, by: address, seconds: 4) {
                    try await box.done("assign", Self.hostB, "eth0", "--yes")
                }
                #expect(forwarded.lost == 0, "in by \(address)")
                try await box.done("assign", Self.hostB, "eth1", "--yes")
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    @Test func `a flushed ruleset sends no new connection by a wrong address`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            // In one transaction, as a firewall is loaded: without any NAT in between the box itself
            // would end the connection of an answer that comes in just then.
            let rules = """
                (echo flush ruleset; nft list table ip nat) > /var/log/kept-nat
                grep -q masquerade /var/log/kept-nat
                """
            try await box.lab.output(in: "nat", "sh", "-e", "-c", rules)
            let held = try await HeldConnections.held(10, from: "ec2-b", in: box, seconds: 4) {
                try await box.lab.output(in: "nat", "nft", "-f", "/var/log/kept-nat")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            }
            #expect(held.lost == 0)
            #expect(held.seen == [Self.second])
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                try await keeper.restores(
                    "what remembers connections", after: "true",
                    once: "nft list chain ip natdeck restore > /dev/null 2>&1")
                let kept = try await HeldConnections.held(10, from: "ec2-b", in: box, seconds: 6) {
                    try await keeper.restores(
                        "a flushed ruleset",
                        after: "nft -f /var/log/kept-nat",
                        once: "nft list chain ip natdeck restore > /dev/null 2>&1")
                    try await keeper.restores(
                        "the rule for marks",
                        after: "ip rule del priority 4701 lookup 20001",
                        once: "ip rule show priority 4701 | grep -q 'lookup 20001'")
                    #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                }
                #expect(kept.lost == 0)
                #expect(kept.seen == [Self.second])
            }
            try await box.lab.output(in: "nat", "rm", "-f", "/var/log/kept-nat")
        }
    }
}
