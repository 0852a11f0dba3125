import NATModel
import NATPlan
import NATTesting
import Testing

/// What plans do so that connections keep the egress they began with.
@Suite struct KeptConnectionPlanTests {
    private let host = FakeBox.source("172.31.26.176")

    private func plan(_ intent: Intent, on box: FakeBox) async throws -> Plan {
        try await FakeHost(box).plan(intent)
    }

    private func ends(_ plan: Plan) -> Bool { ConnectionFates(plan).fate(of: host) == .end }

    private func marks(_ plan: Plan) -> ConnectionMarks? {
        for case .setGate(let gate) in plan.steps.map(\.action) { return gate?.marks }
        return nil
    }

    @Test func `without nf_tables a plan ends connections and says why`() async throws {
        let box = FakeBox.scenario.withoutMarks
        let move = try await plan(assign("172.31.26.176", to: "eth1"), on: box)
        #expect(ends(move))
        #expect(!move.keepsConnections)
        #expect(
            move.warnings.contains(
                "the connections of 172.31.26.176 end: the kernel has no nf_tables"))
    }

    @Test func `a move keeps connections, and ends them where that is asked for`() async throws {
        let move = try await plan(assign("172.31.26.176", to: "eth1"), on: .scenario)
        #expect(move.keepsConnections)
        #expect(!ends(move))
        #expect(marks(move)?.sources == [host])
        #expect(Set(marks(move)?.egresses.values ?? [:].values) == ["eth0", "eth1"])
        let cut = try await plan(
            .assign([host], egress: "eth1", options: AssignOptions(cuts: true)), on: .scenario)
        #expect(ends(cut))
        #expect(!cut.keepsConnections)
        var moved = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1"))
        moved.flows = [host]
        #expect(!ends(try await plan(release("172.31.26.176"), on: moved)))
        #expect(ends(try await plan(.release([host], cuts: true), on: moved)))
    }

    @Test func `the ways of connections go with the last source once none lives`() async throws {
        var moved = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1"))
        // The fake's flows carry no mark: they would get one, as they leave by an egress.
        moved.flows = [host]
        #expect(try await marks(plan(release("172.31.26.176"), on: moved)) != nil)
        // Those of somebody else do not go by what is remembered.
        moved.flows = [FakeBox.source("172.31.26.175")]
        #expect(try await marks(plan(release("172.31.26.176"), on: moved)) == nil)
        // Who cannot see them takes nothing away.
        moved.unreadable = ["conntrack -L"]
        #expect(try await marks(plan(release("172.31.26.176"), on: moved)) != nil)
        moved.unreadable = []
        moved.flows = []
        #expect(try await moved.after(release("172.31.26.176")) == .scenario)
        // Another source goes on, and its connections with it.
        let both = try await moved.after(assign("172.31.26.175", to: "eth1"))
        #expect(try await marks(plan(release("172.31.26.176"), on: both)) != nil)
    }

    /// Marks that others look at, and the bits that are left for natdeck.
    private static let neighbours: [(others: [PacketMark], mask: UInt32)] = [
        ([], 0xff00_0000),
        // tailscale, then Calico beside kube-proxy, then all of them and mwan3.
        ([PacketMark(0x80000, mask: 0xff0000)], 0xff00_0000),
        // Neutron of OpenStack.
        ([PacketMark(0x0400_0000, mask: 0xffff_0000)], 0xff00),
        ([PacketMark(0x0400_0000, mask: 0x0400_0000)], 0x00ff_0000),
        ([PacketMark(0x10000, mask: 0xffff_0000), PacketMark(0x4000, mask: 0x4000)], 0x3f00),
        (
            [
                PacketMark(0x10000, mask: 0xffff_0000), PacketMark(0x4000, mask: 0x4000),
                PacketMark(0x100, mask: 0x3f00),
            ], 0xf0
        ),
        // A whole mark is compared by a VPN that marks what it sends itself.
        ([PacketMark(0xca6c)], 0xff00_0000),
    ]

    @Test(arguments: neighbours)
    func `the bits are ones that nobody else looks at`(
        others: [PacketMark], mask: UInt32
    ) async throws {
        let box = FakeBox.scenario.with { box in
            for mark in others {
                box.addRule(
                    RoutingPolicyRule(
                        priority: 100, action: .lookup(table: FIBTable.main), mark: mark))
            }
        }
        let move = try await plan(assign("172.31.26.176", to: "eth1"), on: box)
        #expect(marks(move)?.mask == mask)
    }

    @Test(arguments: [
        (KernelVersion(release: "5.6.19-generic"), false), (KernelVersion(4, 18), false),
        (KernelVersion(release: "5.7"), true), (KernelVersion(6, 1), true), (nil, false),
    ])
    func `first packets alone are looked at where the kernel tells enough of them`(
        kernel: KernelVersion?, looksOnce: Bool
    ) async throws {
        var snapshot = await FakeHost(.scenario).snapshot()
        snapshot.kernel = kernel
        let move = assign("172.31.26.176", to: "eth1")
        #expect(try marks(Planner.plan(move, on: snapshot))?.looksOnce == looksOnce)
        // Who marks what leaves may seem to be one who steers.
        snapshot.markBits = .value(0x10)
        #expect(try marks(Planner.plan(move, on: snapshot))?.looksOnce == false)
        // As long as nobody can tell, it stays as it is.
        snapshot.markBits = .failed(.unread)
        snapshot.gate = .value(
            Gate(marks: ConnectionMarks(mask: 0xff00_0000, egresses: [1: "eth0"], looksOnce: true)))
        #expect(try marks(Planner.plan(move, on: snapshot))?.looksOnce == looksOnce)
    }

    @Test func `a table that looks at all packets comes to look at first ones, and none ends`()
        async throws
    {
        let move = assign("172.31.26.176", to: "eth1")
        var snapshot = await FakeHost(try await FakeBox.scenario.after(move)).snapshot()
        snapshot.kernel = KernelVersion(6, 18)
        let plan = try Planner.plan(move, on: snapshot)
        #expect(marks(plan)?.looksOnce == true)
        #expect(plan.steps.count == 1)
        func catchesUp() throws -> Bool {
            try Planner.plan(move, on: snapshot).steps.contains { step in
                guard case .markConnections(let marks) = step.action else { return false }
                return marks.sources == [host]
            }
        }
        #expect(try !catchesUp())
        // What began while somebody had flushed the table has no other first packet.
        snapshot.gate = .value(Gate())
        #expect(try catchesUp())
        snapshot.kernel = nil
        #expect(try !catchesUp())
    }

    /// The scenario where the map steers hosts.
    private func mapped(_ box: FakeBox = .scenario) async throws -> FakeBox {
        try await box.after(
            .setup(SetupOptions(sources: [FakeBox.source("172.31.0.0/16")], steering: .map)))
    }

    @Test(arguments: [(KernelVersion(4, 16), false), (KernelVersion(4, 17), true), (nil, false)])
    func `where the map steers, the table marks what is older if the kernel tells it enough`(
        kernel: KernelVersion?, isByTable: Bool
    ) async throws {
        for (box, isMapped) in [(try await mapped(), true), (.scenario, false)] {
            var snapshot = await FakeHost(box).snapshot()
            snapshot.kernel = kernel
            let plan = try Planner.plan(assign("172.31.26.176", to: "eth1"), on: snapshot)
            let marked = plan.steps.compactMap { step -> FlowMarks? in
                if case .markConnections(let marks) = step.action { marks } else { nil }
            }
            #expect(marked.map(\.isByTable) == [isByTable && isMapped])
            #expect(plan.keepsConnections)
            for var marks in marked {
                #expect(FlowMarks(marks.description) == marks)
                // An interface may have lost all of them.
                marks.egresses[0].addresses = []
                #expect(FlowMarks(marks.description) == marks)
            }
            let addresses = marks(plan)?.addresses ?? [:]
            #expect(addresses.isEmpty == !(isByTable && isMapped))
            for step in plan.steps {
                #expect(Step(step.description) == step)
            }
        }
    }

    @Test func `a table that knows no addresses leaves nothing to be marked by it`() async throws {
        var snapshot = await FakeHost(try await mapped()).snapshot()
        snapshot.kernel = KernelVersion(6, 1)
        var gate = Gate(
            marks: ConnectionMarks(mask: 0xff00_0000, egresses: [1: "eth0", 2: "eth1"]),
            map: SourceMap())
        gate.map?[host] = 2
        // What nobody can read says nothing of addresses, and a source is released all the same.
        (snapshot.gate, snapshot.nat) = (.value(gate), .failed(.unread))
        let plan = try Planner.plan(release("172.31.26.176"), on: snapshot)
        #expect(
            plan.steps.compactMap { step in
                if case .markConnections(let marks) = step.action { marks.isByTable } else { nil }
            } == [false])
    }

    @Test func `a source that leaves the map for a rule has its older connections looked for`()
        async throws
    {
        var snapshot = await FakeHost(try await mapped()).snapshot()
        snapshot.kernel = KernelVersion(6, 1)
        let first = try Planner.plan(assign("172.31.26.176", to: "eth1"), on: snapshot)
        var gate = Gate(marks: marks(first), map: SourceMap())
        gate.map?[host] = try #require(gate.marks?.egresses.first { $0.value == "eth1" }).key
        snapshot.gate = .value(gate)
        func isByTable(_ intent: Intent) throws -> [Bool] {
            try Planner.plan(intent, on: snapshot).steps.compactMap { step in
                if case .markConnections(let marks) = step.action { marks.isByTable } else { nil }
            }
        }
        #expect(try isByTable(release("172.31.26.176")) == [true])
        #expect(try isByTable(assign("172.31.26.176", to: "eth0")) == [true])
        #expect(try isByTable(.setup(SetupOptions(steering: .rule))) == [false])
    }

    private func flow(seenAs address: String) -> ConntrackFlow {
        let (own, other) = (FakeBox.source(address).network, FakeBox.source("198.51.100.1").network)
        return ConntrackFlow(
            original: .init(source: host.network, destination: other, transport: 6),
            reply: .init(source: other, destination: own, transport: 6))
    }

    @Test func `a connection is known by an address that a rule alone gives, too`() async throws {
        let box = FakeBox.scenario.with {
            for (place, extra) in ["to:203.0.113.64-203.0.113.66", "to:203.0.113.66"].enumerated() {
                $0.nat[.nfTables]?[3].rules.insert(
                    NATRule(target: "SNAT", output: "eth\(place)", extra: extra), at: 0)
            }
            $0.nat[.nfTables]?[3].rules.insert(
                NATRule(target: "SNAT", extra: "to:203.0.113.67"), at: 0)
        }
        let plan = try await plan(assign("172.31.26.176", to: "eth1"), on: box)
        let fates = ConnectionFates(plan)
        func egress(_ address: String) -> String? {
            fates.egress(
                keeping: .init(address: FakeBox.source(address).network, mark: 0))
        }
        #expect(egress("203.0.113.64") == "eth0")
        #expect(egress("203.0.113.67") == nil)
        var live = LiveConnections()
        live.add(flow(seenAs: "203.0.113.65"))
        #expect(fates.words(of: host, live) == ", stays on eth0 until it ends")
        live.add(flow(seenAs: "203.0.113.67"))
        #expect(
            fates.words(of: host, live)
                == ", 1 may end: nothing tells by which interface 203.0.113.67 leaves")
    }

    @Test func `where others use all bits connections end, unless bits are named`() async throws {
        var snapshot = await FakeHost(.scenario).snapshot()
        snapshot.markBits = .value(.max)
        let move = try Planner.plan(assign("172.31.26.176", to: "eth1"), on: snapshot)
        #expect(ends(move))
        #expect(
            move.warnings.contains(
                "the connections of 172.31.26.176 end: every bit of the marks is somebody else's"))
        let named = try Planner.plan(
            .setup(
                SetupOptions(sources: [FakeBox.source("172.31.0.0/16")], markMask: 0x0000_f000)),
            on: snapshot)
        #expect(marks(named)?.mask == 0xf000)
    }

    @Test func `a plan tells which egress a connection stays on`() async throws {
        let move = try await plan(assign("172.31.26.176", to: "eth1"), on: .scenario)
        let fates = ConnectionFates(move)
        #expect(fates.fate(of: host) == .stay)
        func egress(_ address: String, mark: UInt32 = 0) -> String? {
            fates.egress(
                keeping: .init(address: FakeBox.source(address).network, mark: mark))
        }
        #expect(egress("172.31.8.207") == "eth0")
        #expect(egress("172.31.8.208") == "eth1")
        #expect(egress("172.31.26.176") == nil)
        // What nothing translates is known by its mark, beside whatever others say by theirs.
        let numbers = try #require(marks(move)?.egresses)
        let number = try #require(numbers.first { $0.value == "eth1" }).key
        #expect(egress("172.31.26.176", mark: UInt32(number) << 24 | 0x10) == "eth1")
    }
}
