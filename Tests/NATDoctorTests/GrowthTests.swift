import NATDoctor
import NATHost
import NATModel
import NATTesting
import Testing

/// What is told of growth: with one reading nothing, with two what grew between them.
@Suite struct Growth {
    static let ids = [
        "conntrack-losses", "ports-taken", "queue-drops", "allowance-exceeded", "link-saturated",
        "probe-disagrees",
    ]

    private static func check(
        _ id: String, since earlier: Snapshot? = nil, _ now: Snapshot
    ) throws -> Check {
        try #require(Doctor.checks(of: now, since: earlier).first { $0.id == id })
    }

    /// The healthy box, and the same two seconds later.
    private static func box() async -> (before: Snapshot, now: Snapshot) {
        let before = await FakeHost(.healthy).snapshot()
        var now = before
        now.takenAtMilliseconds += 2000
        return (before, now)
    }

    private static func counters(
        _ change: (inout InterfaceCounters) -> Void
    ) -> Reading<[String: InterfaceCounters]> {
        var counters = InterfaceCounters()
        change(&counters)
        return .value(["eth0": counters])
    }

    @Test func `flows that were lost some time are no problem, those lost meanwhile are`()
        async throws
    {
        var (before, now) = await Self.box()
        before.conntrack = .value(ConntrackCounters(count: 1, lost: .init(insertFailed: 5)))
        now.conntrack = .value(ConntrackCounters(count: 1, lost: .init(insertFailed: 5)))
        #expect(try Self.check("conntrack-losses", now).status == .ok)
        #expect(try Self.check("conntrack-losses", since: before, now).status == .ok)
        now.conntrack = .value(
            ConntrackCounters(count: 1, lost: .init(insertFailed: 9, earlyDrop: 1)))
        let found = try Self.check("conntrack-losses", since: before, now)
        #expect(found.status == .warning)
        #expect(
            found.findings == [
                "insert_failed grew by 4 within 2 s", "early_drop grew by 1 within 2 s",
            ])
        now.conntrack = .value(ConntrackCounters(count: 1))
        #expect(try Self.check("conntrack-losses", since: before, now).status == .unknown)
    }

    @Test func `a destination that takes most ports is told with the hosts that use it`()
        async throws
    {
        var now = await Self.box().now
        var use = PortUse(
            address: FakeBox.hostB.network, transport: 6,
            destination: IPv4Address(rawValue: 0xc633_640a), port: 443,
            used: 55_000)
        use.hosts = [.init(host: FakeBox.hostB.network, used: 54_000)]
        now.flows = .value(FlowTotals(ports: [use]))
        let found = try Self.check("ports-taken", now)
        #expect(found.status == .warning)
        #expect(
            found.findings.first?.hasSuffix("are taken, most by \(FakeBox.hostB.network) 54000")
                == true)
        now.flows = .value(FlowTotals(ports: []))
        #expect(try Self.check("ports-taken", now).status == .ok)
        now.flows = .failed(ReadFailure("conntrack -L", "refused"))
        #expect(try Self.check("ports-taken", now).status == .unknown)
    }

    @Test func `queues and allowances are told when they grow`() async throws {
        var (before, now) = await Self.box()
        before.counters = Self.counters {
            $0.queue = InterfaceQueue(kind: "fq", droppedPackets: 7)
            $0.exceededAllowances = ["bw_in": 3]
        }
        now.counters = Self.counters {
            $0.queue = InterfaceQueue(kind: "fq", droppedPackets: 17)
            $0.exceededAllowances = ["bw_in": 4]
        }
        let drops = try Self.check("queue-drops", since: before, now)
        #expect(drops.findings == ["eth0 fq: 10 drops within 2 s"])
        let allowances = try Self.check("allowance-exceeded", since: before, now)
        #expect(allowances.findings == ["eth0 bw_in: 1 times exceeded within 2 s"])
        #expect(try Self.check("queue-drops", now).status == .ok)
        #expect(try Self.check("queue-drops", since: now, now).status == .ok)
    }

    @Test func `a link is full at its own speed, and at that of its shaper where it has one`()
        async throws
    {
        var (before, now) = await Self.box()
        now.interfaces = now.interfaces.map { interfaces in
            interfaces.map { interface in
                var interface = interface
                interface.speedBitsPerSecond = 100_000_000
                return interface
            }
        }
        before.counters = Self.counters { _ in }
        // 95 Mbit/s in, 8 Mbit/s out.
        now.counters = Self.counters {
            $0.rxBytes = 95_000_000 / 8 * 2
            $0.txBytes = 2_000_000
        }
        let full = try Self.check("link-saturated", since: before, now)
        #expect(full.findings == ["eth0 in: 95 % of 100 Mbit/s"])
        now.counters = Self.counters {
            $0.txBytes = 2_000_000
            $0.queue = InterfaceQueue(kind: "tbf", rateBitsPerSecond: 8_000_000)
        }
        let shaped = try Self.check("link-saturated", since: before, now)
        #expect(shaped.findings == ["eth0 out: 100 % of 8 Mbit/s"])
        #expect(try Self.check("link-saturated", now).status == .ok)
    }

    @Test func `ports that are soon gone are told before they are`() async throws {
        var (before, now) = await Self.box()
        func use(_ used: Int) -> Reading<FlowTotals> {
            .value(
                FlowTotals(ports: [
                    PortUse(
                        address: FakeBox.hostB.network, transport: 6,
                        destination: IPv4Address(rawValue: 0xc633_640a), port: 443, used: used)
                ]))
        }
        (before.flows, now.flows) = (use(38_000), use(40_000))
        let found = try Self.check("ports-taken", since: before, now)
        #expect(found.status == .warning)
        #expect(
            found.findings.first?.hasSuffix(
                "are taken, 2000 more than 2 s before: at this pace none is left in 24 s") == true)
        // As many without growth are no problem, nor is a slow one, nor one from little.
        #expect(try Self.check("ports-taken", since: now, now).status == .ok)
        (before.flows, now.flows) = (use(39_900), use(40_000))
        #expect(try Self.check("ports-taken", since: before, now).status == .ok)
        (before.flows, now.flows) = (use(1000), use(20_000))
        #expect(try Self.check("ports-taken", since: before, now).status == .ok)
    }
}
