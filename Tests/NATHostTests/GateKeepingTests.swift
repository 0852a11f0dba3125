import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct GateKeepingTests {
    private static let source = IPv4Prefix(IPv4Address(rawValue: 0xac1f_1ab0))

    /// A box with a kept host, and the gate that a guard makes for it.
    private func guarded() async throws -> FakeHost {
        let host = FakeHost(.scenario)
        host.setNotes(SavedAssignment.path, "\(Self.source) eth1\n")
        let plan = try #require(await plans(host).first)
        #expect(await host.local.applier.apply(plan, by: "guard") == .done)
        return host
    }

    private func plans(_ host: FakeHost) async -> [Plan] {
        let snapshot = await host.snapshot()
        return GuardPlans(on: snapshot, lastGateways: Planner.gateways(on: snapshot)).plans
    }

    private func makesGate(_ plans: [Plan]) -> Bool {
        plans.flatMap(\.losses).contains(.gate)
    }

    @Test func `the gate is the one that the kernel holds`() async throws {
        let host = try await guarded()
        let gate = try #require(host.box.gate)
        #expect(gate.entries.map(\.egress) == ["eth1"])
        #expect(gate.entries.first?.sources == [Self.source])
        #expect(await host.snapshot().gate == .value(gate))
        #expect(await !makesGate(plans(host)))
    }

    @Test func `one that is gone, changed or unknown is made again`() async throws {
        for harm in 0..<3 {
            let host = try await guarded()
            let gate = host.box.gate
            switch harm {
            case 0: host.box.gate = nil
            case 1: host.box.strangeInGate = "accept"
            default: host.setNotes(Gate.path, nil)
            }
            #expect(await host.snapshot().gate == .value(Gate()))
            let plan = try #require(await plans(host).first)
            #expect(plan.losses.contains(.gate))
            #expect(await host.local.applier.apply(plan, by: "guard") == .done)
            #expect(await host.snapshot().gate == .value(gate))
            #expect(host.box.strangeInGate.isEmpty)
        }
    }

    @Test(arguments: ["", "shape 1\n", "shape 3\n", "shape \(Gate.shape + 1)\n"])
    func `one that another version has made is made anew, once, and says so`(
        stamp: String
    ) async throws {
        let host = try await guarded()
        let gate = try #require(host.box.gate)
        let notes = try #require(host.notes(Gate.path))
        let plain = notes.replacing("shape \(Gate.shape)\n", with: stamp)
        #expect(plain != notes)
        host.setNotes(Gate.path, plain)
        var other = gate
        other.isOfAnotherShape = true
        #expect(await host.snapshot().gate == .value(other))
        let plan = try #require(await plans(host).first)
        #expect(plan.steps.map(\.action) == [.setGate(gate)])
        #expect(
            plan.steps.first?.summary
                == "make natdeck's nft table anew, which another version of it has made")
        #expect(plan.losses == [.shape])
        // So it is where no guard is, with whatever is done next.
        let assign = try await host.plan(
            .assign([Self.source], egress: "eth1", options: AssignOptions()))
        #expect(assign.steps.first?.summary.hasPrefix("make natdeck's nft table anew") == true)
        #expect(await host.local.applier.apply(plan, by: "guard") == .done)
        #expect(await host.snapshot().gate == .value(gate))
        #expect(host.notes(Gate.path) == notes)
        #expect(await plans(host).flatMap(\.losses).allSatisfy { ![.shape, .gate].contains($0) })
    }

    /// The guard's plans, each carried out before the next one is asked for; it has to come to rest.
    private func settle(_ host: FakeHost) async throws {
        for _ in 0..<4 {
            guard let plan = await plans(host).first else { return }
            #expect(await host.local.applier.apply(plan, by: "guard") == .done, "\(plan.title)")
        }
        let plans = await plans(host)
        #expect(plans.isEmpty, "\(plans.flatMap(\.steps))")
    }

    @Test func `by which addresses a map knows connections comes to rest, whatever is lost`()
        async throws
    {
        let host = FakeHost(.scenario)
        host.box.files["/proc/sys/kernel/osrelease"] = "6.1.0-13-amd64\n"
        for intent: Intent in [
            .setup(
                SetupOptions(
                    sources: [FakeBox.source("172.31.0.0/16")], steering: .map)),
            .assign([Self.source], egress: "eth1", options: AssignOptions()),
        ] {
            #expect(await host.local.applier.apply(try await host.plan(intent)) == .done)
        }
        #expect(host.notes(SavedAssignment.path)?.contains("eth1") == true)
        func addresses() throws -> [Int: [IPv4Address]] {
            let gate = try #require(host.box.gate)
            #expect(Gate(gate.description) == gate)
            return try #require(gate.marks?.addresses)
        }
        try await settle(host)
        let whole = try addresses()
        #expect(whole.count == 2)
        // A table that was lost knows none at first: what began meanwhile does not stay.
        host.box.gate = nil
        try await settle(host)
        #expect(try addresses() == whole)
        // One interface loses its only address, then has it again.
        let place = try #require(host.box.interfaces.firstIndex { $0.name == "eth0" })
        let own = host.box.interfaces[place].addresses
        host.box.interfaces[place].addresses = []
        try await settle(host)
        #expect(try addresses().count == 1)
        host.box.interfaces[place].addresses = own
        try await settle(host)
        #expect(try addresses() == whole)
    }

    @Test func `connections that are remembered go on once a flushed map is back`() async throws {
        let host = FakeHost(.scenario)
        let network = IPv4Prefix(IPv4Address(rawValue: 0xac1f_0000), length: 16)
        let setup = try await host.plan(
            .setup(SetupOptions(sources: [network], interfaces: [], steering: .map)))
        #expect(await host.local.applier.apply(setup) == .done)
        let move = try await host.plan(
            .assign([Self.source], egress: "eth1", options: AssignOptions()))
        #expect(await host.local.applier.apply(move) == .done)
        #expect(host.box.gate?.map?.count == 1)
        host.setNotes(SavedAssignment.path, "\(Self.source) eth1\n")
        let mask = try #require(host.box.gate?.marks?.mask)
        func ended() async -> [FlowSelection] {
            await plans(host).flatMap(\.steps).compactMap { step in
                if case .endFlows(let selection) = step.action { selection } else { nil }
            }
        }
        host.box.gate = nil
        var selection = FlowSelection(Self.source)
        selection.unmarkedIn = mask
        #expect(await Set(ended()) == [selection])
        // Where nothing says any more what their marks mean, all end.
        host.box.rules.removeAll(where: \.isMark)
        #expect(await Set(ended()) == [FlowSelection(Self.source)])
    }

    @Test func `without nf_tables hosts are kept by rules alone`() async throws {
        let host = FakeHost(.scenario)
        host.box.lacksGate = "the kernel has no nf_tables"
        host.setNotes(SavedAssignment.path, "\(Self.source) eth1\n")
        for _ in 0..<3 {
            guard let plan = await plans(host).first else { break }
            #expect(await host.local.applier.apply(plan, by: "guard") == .done)
        }
        #expect(await plans(host).isEmpty)
        #expect(host.box.gate == nil)
        #expect(await host.snapshot().gate.failure?.reason == "the kernel has no nf_tables")
        #expect(host.box.rules.contains { $0.source == Self.source })
    }

    @Test func `an operator's plan opens it for its source, and removal takes it away`()
        async throws
    {
        let host = try await guarded()
        let move = try await host.plan(
            .assign([Self.source], egress: "eth0", options: AssignOptions()))
        #expect(await host.local.applier.apply(move) == .done)
        #expect(host.box.gate?.keeps == false)
        #expect(host.box.gate?.marks?.sources == [Self.source])
        let other = try await guarded()
        let open = try await other.plan(.openGate)
        var still = other.box.gate
        still?.entries = []
        #expect(open.steps.map(\.action) == [.setGate(still)])
        let removal = try await other.plan(.removeAll)
        // What remembers connections goes once those are ended that would leave another way.
        let marks = Gate(internals: still?.internals ?? [], marks: still?.marks)
        #expect(
            removal.steps.map(\.action).filter { if case .setGate = $0 { true } else { false } }
                == [.setGate(marks), .setGate(nil)])
        #expect(await other.local.applier.apply(removal) == .done)
        #expect(other.box.gate == nil)
        #expect(other.notes(Gate.path) == nil)
    }
}
