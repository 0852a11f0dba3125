import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct BystandersTests {
    /// A box in which the table of ours is made already, and a host that two rules made by hand send
    /// out by eth1.
    private func box(_ rules: [RoutingPolicyRule]) async throws -> FakeBox {
        try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1")).with { box in
            for rule in rules { box.addRule(rule) }
        }
    }

    private let other = FakeBox.source("172.31.26.99")
    private let network = FakeBox.source("172.31.27.0/24")

    @Test func `a host outside an assigned network is no bystander`() async throws {
        let byHand = RoutingPolicyRule(priority: 200, source: other, action: .lookup(table: 10001))
        let host = FakeHost(try await box([byHand]))
        #expect(try await host.plan(assign("172.31.27.0/24", to: "eth1")).movesOthers == [])
    }

    @Test func `a host in an assigned network that has its own rule keeps its way`()
        async throws
    {
        let host = FakeHost(try await box([]))
        let plan = try await host.plan(assign("172.31.26.0/24", to: "eth0"))
        // Its own rule comes first.
        #expect(plan.movesOthers == [])
    }

    @Test func `a goto by hand that gains its target by our rule moves its host`() async throws {
        let priority = Ownership.priority(for: network)
        let host = FakeHost(
            try await box([
                RoutingPolicyRule(
                    priority: 100, source: other, action: .goto(priority: priority)),
                RoutingPolicyRule(priority: 200, source: other, action: .lookup(table: 10001)),
            ]))
        let plan = try await host.plan(assign("172.31.27.0/24", to: "eth1"))
        #expect(plan.movesOthers.map { $0.hasPrefix("172.31.26.99 would leave by eth0") } == [true])
    }
}
