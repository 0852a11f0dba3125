import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct DriftTests {
    private func driver(_ saved: Reading<[SavedAssignment]?>) -> Driver {
        var driver = Driver(120, 40)
        driver.state = DashboardState(
            size: driver.state.size, readOnlyReason: nil, makePlan: Planner.plan)
        var snapshot = SampleBox.snapshot()
        snapshot.saved = saved
        driver.read(snapshot)
        return driver
    }

    private let moved = [
        SavedAssignment(source: SampleBox.prefix("172.31.26.176"), egress: "eth0")
    ]

    @Test func `D offers the plan that brings back what was kept, and executes nothing`() {
        var driver = driver(.value(moved))
        #expect(driver.screen.contains("203.0.113.195 ≠"))
        #expect(driver.screen.contains("kept: eth0"))
        driver.press(.character("D"))
        #expect(driver.screen.contains("172.31.26.176 will leave by eth0"))
        #expect(driver.screen.contains("Apply this plan?"))
        #expect(driver.plansApplied == 0)
        driver.press(.end, .character("y"))
        #expect(driver.plansApplied == 1)
    }

    @Test func `D says so where nothing differs or nothing is kept`() {
        var same = driver(
            .value([SavedAssignment(source: SampleBox.prefix("172.31.26.176"), egress: "eth1")]))
        same.press(.character("D"))
        #expect(same.screen.contains("everything leaves as it was kept"))
        var none = driver(.value(nil))
        none.press(.character("D"))
        #expect(none.screen.contains("nothing is kept"))
        var bad = driver(.failed(ReadFailure("/etc/natdeck/assignments:3", "no interface")))
        bad.press(.character("D"))
        #expect(bad.screen.contains("/etc/natdeck/assignments:3: no interface"))
    }

    @Test func `a change that awaits its keep is no drift`() {
        var driver = driver(.value(moved))
        var snapshot = SampleBox.snapshot()
        snapshot.saved = .value(moved)
        snapshot.pending = .value(.waiting(milliseconds: 9000))
        driver.read(snapshot)
        #expect(driver.state.observed.host(SampleBox.prefix("172.31.26.176"))?.drift == nil)
    }

    @Test func `what is read in the middle of an own change is no drift in the log`() {
        var driver = driver(
            .value([SavedAssignment(source: SampleBox.prefix("172.31.26.176"), egress: "eth1")]))
        func drifts() -> Int {
            driver.state.live.log.entries.count {
                if case .drifted = $0.what { true } else { false }
            }
        }
        let before = drifts()
        var snapshot = SampleBox.snapshot()
        snapshot.saved = .value(moved)
        driver.state.isSettling = true
        driver.read(snapshot)
        #expect(drifts() == before)
        driver.state.isSettling = false
        driver.read(snapshot)
        #expect(drifts() == before + 1)
    }

    @Test func `a rule that may decide is told of a host that nobody assigned, too`() {
        var snapshot = SampleBox.snapshot()
        var marked = RoutingPolicyRule(priority: 900, action: .lookup(table: 10001))
        marked.mark = PacketMark(2)
        snapshot.rules = snapshot.rules.map { [$0[0], marked] + $0.dropFirst() }
        func reason() -> String? {
            HostEntry.list(BoxFacts(snapshot)).first { $0.assignment == nil }?.reason
        }
        // Nothing on this box gives anybody a mark.
        #expect(reason() == "main")
        snapshot.forward = .failed(.unread)
        #expect(reason() == "main, rule 900 may decide")
    }
}
