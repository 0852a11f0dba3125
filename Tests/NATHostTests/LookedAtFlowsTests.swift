import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// A look at all flows takes as long as the rest of a plan, and most plans are about one host.
@Suite struct LookedAtFlowsTests {
    private func assign(_ source: String, to egress: Egress) -> Intent {
        .assign([FakeBox.source(source)], egress: egress, options: AssignOptions())
    }

    @Test func `all flows are looked at where hosts that nobody named may move, and only there`()
        async throws
    {
        let first = FakeHost(.scenario)
        _ = await first.local.applier.apply(
            try await first.plan(assign("172.31.26.176", to: "eth1")))
        for (intent, looks) in [
            (assign("172.31.26.175", to: "eth1"), 0), (assign("172.31.27.0/24", to: "eth1"), 1),
            (.release([FakeBox.source("172.31.26.176")]), 1),
        ] {
            let host = FakeHost(first.box)
            _ = try await host.local.plan(intent, isShown: false)
            #expect(host.looksAtFlows == looks, "\(intent)")
        }
    }

    @Test func `where a box is set up, flows tell nothing of what a release leaves`() async throws {
        let first = FakeHost(.scenario)
        let network = FakeBox.source("172.31.27.0/24")
        for intent in [
            .setup(SetupOptions(sources: [FakeBox.source("172.31.0.0/16")])),
            assign("172.31.26.176", to: "eth1"), assign(network.description, to: "eth1"),
        ] {
            _ = await first.local.applier.apply(try await first.plan(intent))
        }
        for (source, looks) in [(FakeBox.source("172.31.26.176"), 0), (network, 1)] {
            let host = FakeHost(first.box)
            let plan = try await host.local.plan(.release([source]), isShown: false)
            #expect(!plan.isEmpty)
            #expect(host.looksAtFlows == looks, "\(source)")
        }
    }

    @Test func `a host that only a flow tells of is told where a plan moves it`() async throws {
        // A goto by hand gains its target by the rule of the plan.
        let (host, network) = (FakeBox.source("172.31.26.176"), FakeBox.source("172.31.28.0/24"))
        var box = FakeBox.scenario
        for (priority, action) in [
            (100, RoutingPolicyRule.Action.goto(priority: Ownership.priority(for: host))),
            (200, .lookup(table: 10001)),
        ] {
            box.addRule(RoutingPolicyRule(priority: priority, source: network, action: action))
        }
        box.flows = [FakeBox.source("172.31.28.9")]
        let fake = FakeHost(box)
        let plan = try await fake.local.plan(
            assign("172.31.26.176", to: "eth1"), isShown: false)
        #expect(fake.looksAtFlows == 1)
        #expect(plan.movesOthers.contains { $0.hasPrefix("172.31.28.9 would leave by eth0") })
    }
}
