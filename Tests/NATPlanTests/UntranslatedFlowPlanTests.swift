import NATModel
import NATPlan
import NATTesting
import Testing

/// What becomes of connections that began before a plan made their NAT.
@Suite struct UntranslatedFlowPlanTests {
    private func selections(_ plan: Plan) -> [FlowSelection] {
        plan.steps.compactMap { step in
            if case .endFlows(let selection) = step.action, selection.untranslatedBut != nil {
                selection
            } else {
                nil
            }
        }
    }

    private let network = FakeBox.source("172.31.0.0/16")

    private func setUp(_ box: FakeBox) async throws -> Plan {
        try await FakeHost(box).plan(.setup(SetupOptions(sources: [network])))
    }

    @Test func `a setup ends what began without NAT, and nothing of the box itself`() async throws {
        let plan = try await setUp(.scenario.withoutNAT)
        let selection = try #require(selections(plan).first)
        #expect(selections(plan).count == 1 && selection.source == network)
        let left = try #require(selection.untranslatedBut)
        #expect(left.contains(FakeBox.source("172.31.8.207")))
        #expect(left.contains(FakeBox.source("172.31.8.208")))
        // Once it stands, nothing begins without it.
        #expect(selections(try await setUp(.scenario)).isEmpty)
    }

    @Test func `whom the operator exempts goes on without NAT`() async throws {
        let box = FakeBox.scenario.withoutNAT.with { box in
            box.addNAT(NATRule(target: "ACCEPT", output: "*", source: "172.31.26.176"))
        }
        let plan = try await setUp(box)
        let left = try #require(selections(plan).first?.untranslatedBut)
        #expect(left.contains(FakeBox.source("172.31.26.176")))
        #expect(!left.contains(FakeBox.source("172.31.26.175")))
    }

    @Test func `nothing has begun where nothing is forwarded`() async throws {
        let box = FakeBox.scenario.withoutNAT.with { $0.sysctls["net.ipv4.ip_forward"] = 0 }
        let plan = try await setUp(box)
        #expect(!plan.isEmpty && selections(plan).isEmpty)
    }

    @Test func `a host that comes to an interface left without NAT by none of its own`()
        async throws
    {
        let host = FakeBox.source("172.31.26.176")
        let toSecond = Intent.assign([host], egress: "eth1", options: AssignOptions())
        // It has left by the other interface until now, whose NAT is nobody's matter.
        let first = try await FakeHost(.scenario.withoutNAT).plan(toSecond)
        #expect(first.steps.contains { if case .addMasquerade = $0.action { true } else { false } })
        #expect(selections(first).isEmpty)
        // It has left by this one.
        let steered = try await FakeBox.scenario.after(toSecond).withoutNAT
        let again = try await FakeHost(steered).plan(toSecond)
        #expect(selections(again).map(\.source) == [host])
        // The whole network has NAT made, and the host in it by another interface too.
        let whole = try await setUp(steered)
        #expect(selections(whole).map(\.source) == [network])
        #expect(selections(whole).first?.untranslatedBut?.contains(host) == false)
    }

    @Test func `an undo ends nothing of what had no NAT`() async throws {
        let host = FakeHost(.scenario.withoutNAT)
        let plan = try await host.plan(.setup(SetupOptions(sources: [network])))
        #expect(!selections(plan).isEmpty)
        try await carryOut(plan, on: host)
        let back = try await host.plan(
            .undo(Undoing(title: plan.title, steps: plan.steps, ways: [])))
        #expect(!back.isEmpty)
        #expect(
            !back.steps.contains { if case .endFlows = $0.action { true } else { false } })
    }
}
