import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct FlapTests {
    @Test func `one host's move does not take along others of a table that lost its link`()
        async throws
    {
        var box = try await FakeBox.scenario.after(
            assign("172.31.26.175", "172.31.26.176", to: "eth1"))
        box.flap("eth1")
        let host = FakeHost(box)
        try await carryOut(try await host.plan(assign("172.31.26.175", to: "eth0")), on: host)
        let snapshot = await host.snapshot()
        #expect(
            BoxFacts(snapshot).decision(for: FakeBox.source("172.31.26.175")).interface == "eth0")
        // Closed until it is assigned anew: never the wrong public address.
        #expect(BoxFacts(snapshot).decision(for: FakeBox.source("172.31.26.176")).interface == nil)
        try await carryOut(try await host.plan(assign("172.31.26.176", to: "eth1")), on: host)
        #expect(
            BoxFacts(await host.snapshot()).decision(for: FakeBox.source("172.31.26.176")).interface
                == "eth1")
    }

    @Test func `a plan for another host keeps the NAT of one whose table is closed`() async throws {
        var box = try await FakeBox.scenario.withoutNAT.after(
            assign("172.31.26.176", to: "eth1"))
        box.flap("eth1")
        let host = FakeHost(box)
        let plan = try await host.plan(assign("172.31.26.175", to: "eth0"))
        #expect(!plan.steps.contains { "\($0.action)".contains(" -D POSTROUTING") })
    }

    @Test func `a release keeps the NAT that setup made for the same network`() async throws {
        let intent = Intent.setup(SetupOptions(sources: [FakeBox.source("172.31.26.0/24")]))
        let box = try await FakeBox.bare.after(intent)
        let after = try await box.after(
            assign("172.31.26.0/24", to: "eth1"), release("172.31.26.0/24"))
        #expect(after.nat == box.nat)
    }
}
