import NATHost
import NATLab
import NATModel
import Testing

/// By their first packet connections are remembered where that tells enough of them, tried with
/// connections.
extension PacketTests {
    /// Whether first packets alone are looked at, or all of them.
    private static func looksOnce(_ box: BoxUnderTest) async throws -> Bool {
        let table = try await box.lab.output(in: "nat", "nft", "list", "table", "ip", "natdeck")
        #expect(table.contains("chain begin {") != table.contains("chain remember {"))
        return table.contains("chain begin {")
    }

    /// Has the box count what leaves an interface with its address and with that of the other one,
    /// behind all NAT.
    private static let watch = """
        nft -f - << END
        table ip watch {
          counter wrong {}
          counter right {}
          chain out {
            type filter hook postrouting priority 300;
            oifname . ip saddr { "eth0" . 172.31.8.207, "eth1" . 172.31.8.208 } counter name right
            oifname . ip saddr { "eth0" . 172.31.8.208, "eth1" . 172.31.8.207 } counter name wrong
          }
        }
        END
        """

    /// Marks what leaves the box for the operator's queues.
    private static let queues = "iptables -t mangle -A POSTROUTING -j MARK --set-mark 10"

    /// A server on host B that says who asks, and a forward to it from each side.
    static func serve(_ box: BoxUnderTest) async throws {
        try await serve(on: "ec2-b", box)
        try await box.lab.output(
            in: "nat", "sh", "-e", "-c",
            "for nic in eth0 eth1; do iptables -t nat -A PREROUTING -i $nic -p tcp"
                + " --dport 8080 -j DNAT --to-destination \(hostB):8080; done")
    }

    /// A server on a host that says who asks.
    static func serve(on host: String, _ box: BoxUnderTest) async throws {
        let server = """
            use IO::Socket::INET; $SIG{PIPE} = 'IGNORE'; my %open;
            my $all = IO::Socket::INET->new(Listen => 50, LocalPort => 8080, ReuseAddr => 1);
            alarm 60; while (my $one = $all->accept) {
              next if fork;
              while (sysread($one, my $asked, 4096)) {
                my $who = $one->peerhost; my $size = 1 + length $who;
                syswrite($one, "HTTP/1.1 200 OK\\r\\nContent-Length: $size\\r\\n\\r\\n$who\\n");
              } exit;
            }
            """
        try await box.lab.output(
            in: host, "sh", "-c", "setsid perl -e \"$0\" > /dev/null 2>&1 < /dev/null &",
            server)
    }

    /// Holds connections from outside that a public address forwards to that server, while something
    /// is done.
    static func forwarded(
        _ box: BoxUnderTest, by address: String, seconds: Int, silent: Int = 0,
        _ body: () async throws -> Void
    ) async throws -> HeldConnections {
        try await HeldConnections.held(
            5, from: Topology.outsideHost, in: box, seconds: seconds, to: address, port: 8080,
            silent: silent, while: body)
    }

    @Test(arguments: [SteeringMethod.rule, .map])
    func `who comes to mark packets changes how connections are remembered, and ends none`(
        method: SteeringMethod
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            if method == .map { try await Self.steerByMap(box) }
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await Self.looksOnce(box))
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watch)
            let held = try await HeldConnections.held(50, from: "ec2-b", in: box, seconds: 14) {
                try await box.done("assign", Self.hostB, "eth0", "--yes")
                try await box.flooded(seconds: 9, pings: true) {
                    for _ in 0..<4 {
                        try await box.ip("rule add \(Self.other)")
                        try await box.done("apply", "--yes")
                        #expect(try await !Self.looksOnce(box))
                        try await box.ip("rule del \(Self.other)")
                        try await box.done("apply", "--yes")
                        #expect(try await Self.looksOnce(box))
                    }
                }
                #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            }
            #expect(held.lost == 0)
            #expect(held.changed == 0)
            #expect(held.seen == [Self.second])
            #expect(try await box.counted("right") > 500)
            #expect(try await box.counted("wrong") == 0)
        }
    }

    /// A rule of the operator's that looks at marks.
    private static let other = "priority 900 fwmark 0x5/0xf lookup main"

    @Test func `a port forward that is marked for queues is answered where it came in`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.serve(box)
            try await box.lab.output(in: "nat", "sh", "-c", Self.queues)
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watch)
            for (nic, other) in [("eth1", Self.first), ("eth0", Self.second)] {
                try await box.done("assign", Self.hostB, nic, "--yes")
                let forwarded = try await Self.forwarded(box, by: other, seconds: 3) {}
                #expect(forwarded.lost == 0, "in by \(other)")
            }
            #expect(try await !Self.looksOnce(box))
            #expect(try await box.counted("right") > 100)
            #expect(try await box.counted("wrong") == 0)
        }
    }

    @Test(arguments: [SteeringMethod.rule, .map])
    func `what began while the table was flushed is remembered once it is back`(
        method: SteeringMethod
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            if method == .map { try await Self.steerByMap(box) }
            try await Self.serve(box)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await box.lab.output(in: "nat", "sh", "-e", "-c", Self.watch)
            try await box.lab.output(in: "nat", "nft", "delete", "table", "ip", "natdeck")
            var before = 0
            // It asks again for as long as nobody answers.
            let forwarded = try await Self.forwarded(box, by: Self.first, seconds: 8) {
                try await box.done("apply", "--yes")
                before = try await box.counted("wrong")
            }
            #expect(forwarded.lost == 0)
            #expect(try await box.counted("right") > 50)
            #expect(try await box.counted("wrong") == before)
            #expect(try await Self.looksOnce(box))
        }
    }
}
