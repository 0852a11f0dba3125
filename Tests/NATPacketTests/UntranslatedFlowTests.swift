import NATHost
import NATLab
import NATModel
import Testing

/// Connections that begin while nothing translates them, and NAT that comes later.
extension PacketTests {
    /// Sends from one port for some seconds, ten times a second.
    private static let sender = """
        use IO::Socket::INET; my ($ip, $own, $seconds) = @ARGV;
        my $to = IO::Socket::INET->new(
          Proto => 'udp', PeerAddr => "$ip:9999", LocalPort => $own) // die $!;
        my $end = time + $seconds;
        while (time < $end) { send($to, 'x', 0); select(undef, undef, undef, 0.1); }
        """

    /// What conntrack tells of what is sent from a port.
    private static func flow(from port: Int, _ box: BoxUnderTest) async throws -> String {
        try await box.lab.output(
            in: "nat", "conntrack", "-L", "-p", "udp", "--orig-port-src", "\(port)", "-o", "id")
    }

    /// Hosts A and B and the box itself send while `deed` is done: what is seen of A and B before and
    /// after it. The box's own is another one afterwards only where somebody ended it.
    private static func sent(
        _ box: BoxUnderTest, seconds: Int, while deed: () async throws -> Void
    ) async throws -> (a: [String], b: [String], own: [String]) {
        let lab = box.lab
        func send(from machine: String, _ port: Int) async throws -> CommandReply {
            try await lab.run(
                in: machine,
                Command(
                    "perl", "-e", sender, Topology.internet.description, "\(port)", "\(seconds)"),
                deadline: .seconds(seconds + 20))
        }
        func seen() async throws -> [String] {
            var all: [String] = []
            for port in [4001, 4002, 4003] { all.append(try await flow(from: port, box)) }
            return all
        }
        async let a = send(from: "ec2-a", 4001)
        async let b = send(from: "ec2-b", 4002)
        async let own = send(from: "nat", 4003)
        try await Task.sleep(for: .seconds(1))
        let before = try await seen()
        do { try await deed() } catch {
            _ = try await (a, b, own)
            throw error
        }
        try await Task.sleep(for: .seconds(1))
        let after = try await seen()
        _ = try await (a, b, own)
        return ([before[0], after[0]], [before[1], after[1]], [before[2], after[2]])
    }

    @Test func `what began before its NAT is ended when that is made, and nothing else`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            // Chains stay: what begins has met an empty table.
            try await box.lab.output(in: "nat", "iptables", "-t", "nat", "-F", "POSTROUTING")
            let all = try await Self.sent(box, seconds: 9) {
                let shown = try await box.run("setup", "--source", "172.31.0.0/16", "--dry-run")
                #expect(
                    shown.output.contains(
                        "end the connections of 172.31.0.0/16 that nothing translates"))
                try await box.done("setup", "--source", "172.31.0.0/16", "--yes")
            }
            #expect(all.a[0].contains("dst=\(Self.hostA) "))
            #expect(all.a[1].contains("dst=172.31.8.207 "))
            #expect(all.b[0].contains("dst=\(Self.hostB) "))
            #expect(all.b[1].contains("dst=172.31.8.208 "))
            #expect(all.own[0].idOfFlow != nil && all.own[0].idOfFlow == all.own[1].idOfFlow)
            try await box.lab.output(in: "nat", "conntrack", "-F")
            // Of one interface alone: what leaves by the other is nobody's matter.
            try await box.lab.output(in: "nat", "iptables", "-t", "nat", "-F", "POSTROUTING")
            let one = try await Self.sent(box, seconds: 7) {
                try await box.done("assign", Self.hostB, "eth1", "--yes")
            }
            #expect(one.b[0].contains("dst=\(Self.hostB) "))
            #expect(one.b[1].contains("dst=172.31.8.208 "))
            #expect(one.a[0].contains("dst=\(Self.hostA) "))
            #expect(one.a[0].idOfFlow != nil && one.a[0].idOfFlow == one.a[1].idOfFlow)
        }
    }

    @Test func `the guard ends what began while its NAT was gone`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(in: "nat", "iptables", "-t", "nat", "-F", "POSTROUTING")
            try await box.done("setup", "--source", "172.31.0.0/16", "--yes")
            try await GuardUnderTest.with(box) { (keeper: GuardUnderTest) async throws in
                // It sleeps for long enough that a packet meets the empty table.
                let harm = """
                    kill -STOP \(keeper.process); iptables -t nat -F POSTROUTING
                    conntrack -D -p udp --orig-port-src 4001; sleep 0.4
                    conntrack -L -p udp --orig-port-src 4001 | grep 'dst=\(Self.hostA) '
                    kill -CONT \(keeper.process)
                    """
                let all = try await Self.sent(box, seconds: 9) {
                    try await keeper.restores(
                        "NAT", after: harm,
                        once: "iptables -t nat -S POSTROUTING | grep -q MASQUERADE")
                }
                #expect(all.a[0].contains("dst=172.31.8.207 "))
                #expect(all.a[1].contains("dst=172.31.8.207 "))
            }
        }
    }
}

extension String {
    /// The number of the only flow of a listing of conntrack(8).
    fileprivate var idOfFlow: Substring? {
        split(separator: " ").last { $0.hasPrefix("id=") }?.dropFirst(3)
    }
}
