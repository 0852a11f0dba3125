import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct PlanDeedTests {
    private let one = FakeBox.source("172.31.26.175")
    private let two = FakeBox.source("172.31.26.176")

    @Test func `a deed names who moved where, and only who moved`() async throws {
        let box = try await FakeBox.scenario.after(
            .assign([two], egress: "eth1", options: AssignOptions()))
        let host = FakeHost(box)
        let both = Intent.assign([one, two], egress: "eth1", options: AssignOptions())
        #expect(try await FakeHost(.scenario).plan(both).deed == "\(one) and 1 more → eth1")
        #expect(try await host.plan(both).deed == "\(one) → eth1")
        #expect(
            try await host.plan(
                .arrange(
                    [Arrangement(one, egress: "eth0"), Arrangement(two, egress: nil)],
                    options: AssignOptions())
            ).deed == "\(one) → eth0; \(two) released")
        let nothing = try await host.plan(
            .assign([two], egress: "eth1", options: AssignOptions()))
        #expect(nothing.deed == nothing.title)
        let whole = try await FakeHost(.bare).plan(setup)
        #expect(!whole.isEmpty && whole.deed == whole.title)
    }
}
