import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct SelectionTests {
    @Test func `the selection follows its row when rows come before it`() {
        var driver = Driver()
        driver.press(.down)
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.26.176")))
        var snapshot = SampleBox.snapshot(seconds: 2)
        let early = Neighbour(
            address: SampleBox.address("172.31.1.1"), interface: "eth0", mac: "02:00:00:00:00:99")
        snapshot.neighbours = snapshot.neighbours.map { [early] + $0 }
        driver.read(snapshot)
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.26.176")))
        driver.press(.character("I"))
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.26.176")))
    }

    @Test func `a row that goes leaves the selection where it was`() {
        var state = TableState<String>()
        state.settle(["a", "b", "c"], visibleRows: 3)
        state.move(.lines(1), ["a", "b", "c"], visibleRows: 3)
        state.settle(["a", "c"], visibleRows: 3)
        #expect(state.selected == "c")
        state.settle([], visibleRows: 3)
        #expect(state.selected == nil)
        state.settle(["x"], visibleRows: 0)
        #expect(state.selected == "x")
    }

    @Test func `pages, start and end keep the selection on the screen`() {
        let ids = (0..<100).map(String.init)
        var state = TableState<String>()
        state.settle(ids, visibleRows: 10)
        state.move(.pages(1), ids, visibleRows: 10)
        #expect(state.selected == "9")
        state.move(.end, ids, visibleRows: 10)
        #expect(state.selected == "99")
        #expect(state.top == 90)
        state.move(.lines(-5), ids, visibleRows: 10)
        #expect(state.top == 90)
        state.move(.start, ids, visibleRows: 10)
        #expect(state.top == 0)
    }

    @Test func `a mark on a host that has gone is dropped`() {
        var driver = Driver()
        driver.press(.character(" "))
        #expect(driver.state.marked.count == 1)
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.neighbours = .value([])
        snapshot.flows = .value(FlowTotals())
        driver.read(snapshot)
        #expect(driver.state.marked.isEmpty)
    }

    @Test func `a box with ten thousand rules is drawn`() {
        var driver = Driver(snapshots: 0)
        var snapshot = SampleBox.snapshot()
        let many = (0..<10_000).map { index in
            RoutingPolicyRule(
                priority: 5000,
                source: IPv4Prefix(IPv4Address(rawValue: 0x0a00_0000 + UInt32(index))),
                action: .lookup(table: 20001), protocolNumber: 201)
        }
        snapshot.rules = .value(SampleBox.rules + many)
        driver.read(snapshot)
        driver.press(.character("G"), .character("2"), .character("G"))
        #expect(driver.screen.contains("10.0.39.15"))
    }

    @Test func `a part that fails keeps its last good value and the others go on`() {
        var driver = Driver()
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.rules = .failed(ReadFailure("ip rule", "timed out"))
        driver.read(snapshot, after: 12_000)
        #expect(driver.screen.contains("stale 12 s: ip rule: timed out"))
        #expect(driver.screen.contains("rule 5000 ●"))
        driver.read(SampleBox.snapshot(seconds: 3))
        #expect(!driver.screen.contains("stale"))
    }

    @Test func `a part that was never read is not shown as zero`() {
        var driver = Driver(snapshots: 0)
        var snapshot = SampleBox.snapshot(seconds: 0)
        snapshot.rules = .failed(ReadFailure("ip rule", "timed out"))
        snapshot.sysctls = .failed(ReadFailure("/proc/sys", "permission denied"))
        driver.read(snapshot)
        #expect(driver.screen.contains("not readable: ip rule: timed out"))
        #expect(driver.screen.contains("forwarding –"))
    }
}
