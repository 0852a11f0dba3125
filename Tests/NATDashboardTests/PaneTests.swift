import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct PaneTests {
    private static let stops: [(ViewKind, OverviewPane)] =
        [(.overview, .egress), (.overview, .hosts)]
        + ViewKind.allCases.dropFirst().map { ($0, .hosts) }

    @Test func `Tab goes round all panes, the interfaces before the hosts, and Shift-Tab back`() {
        var driver = Driver()
        #expect(driver.state.view == .overview && !driver.state.isEgressFocused)
        let order = Array(Self.stops.dropFirst(2)) + Self.stops.prefix(2)
        for (key, stops) in [
            (Key.tab, order), (.backTab, order.dropLast().reversed() + [order[order.count - 1]]),
        ] {
            for (view, pane) in stops {
                driver.press(key)
                #expect(driver.state.view == view)
                #expect(driver.state.isEgressFocused == (view == .overview && pane == .egress))
            }
        }
    }

    @Test func `the bar is in the pane that has the focus and nowhere else`() {
        for keys in [[], [Key.backTab], [.tab]] {
            var driver = Driver()
            for key in keys { driver.press(key) }
            let frame = driver.state.render()
            let bars = (0..<24).filter { row in
                frame[row: row].allSatisfy(\.style.isReversed)
            }
            #expect(bars.count == 1)
            if keys.isEmpty {
                #expect(bars.first.map { frame[row: $0][$0 * 80 + 1].scalar } == "1")
            }
            if keys == [.backTab] { #expect(bars == [2]) }
        }
    }

    @Test(arguments: [Key.character("a"), .character("d"), .character(" "), .function(6)])
    func `keys for hosts do nothing among the interfaces, and neither bar nor help names them`(
        key: Key
    ) {
        var driver = Driver()
        driver.press(.backTab)
        let before = driver.screen
        driver.press(key)
        #expect(driver.screen == before)
        #expect(driver.effects.isEmpty)
        #expect(KeyBinding.find(key, in: .egress) == nil)
        #expect(KeyBinding.find(key, in: .overview) != nil)
    }

    @Test(arguments: [20, 64], GoldenScreens.sizes)
    func `every interface can be reached, and the bar stays on the screen`(count: Int, size: Size) {
        var driver = Driver(size.columns, size.rows, snapshots: 0)
        driver.read(SampleBox.crowdedInterfaces(count))
        driver.press(.backTab)
        var seen: Set<String> = []
        for _ in driver.state.egressTable.rows {
            let bar = driver.screen.split(separator: "\n").first { $0.hasPrefix("▸") }
            if let name = bar?.split(separator: " ").first(where: { $0.hasPrefix("ens") }) {
                seen.insert(String(name))
            } else {
                // The second address of an interface.
                #expect(bar?.contains("10.20.") == true)
            }
            driver.press(.down)
        }
        #expect(seen.count == count)
        driver.press(.character("g"))
        #expect(driver.screen.contains("▸● ens5 "))
    }

    @Test func `the selection follows the interface when others come before it`() {
        var driver = Driver()
        driver.press(.backTab, .down)
        #expect(driver.screen.contains("▸● eth1"))
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.interfaces = snapshot.interfaces.map { $0.reversed() }
        driver.read(snapshot)
        #expect(driver.state.egressTable.rows.first?.id == driver.state.egressPlace.selected)
        #expect(driver.screen.contains("▸● eth1"))
    }

    @Test func `a filter is for the pane that has the focus`() {
        var driver = Driver()
        driver.press(.backTab, .character("/"))
        driver.type("eth1")
        #expect(driver.state.egressTable.rows.count == 1)
        #expect(driver.state.shownTable.rows.count == 3)
        driver.press(.enter, .tab)
        #expect(driver.state.egressTable.rows.count == 2)
        #expect(driver.state.shownTable.rows.count == 2)
    }

    @Test func `Enter opens the interface, arrows go on to the next, Escape closes`() {
        var driver = Driver(120, 40)
        driver.press(.backTab, .enter)
        #expect(driver.screen.contains("─ ● eth0  1 of 2 ─"))
        driver.press(.right)
        #expect(driver.screen.contains("─ ● eth1  2 of 2 ─"))
        #expect(driver.screen.contains("20001, ours: gateway 172.31.0.1, closed behind it"))
        driver.press(.right)
        #expect(driver.screen.contains("─ ● eth0  1 of 2 ─"))
        driver.press(.left, .escape)
        #expect(driver.state.mode == .browsing)
        #expect(driver.screen.contains("▸● eth1"))
    }

    @Test func `an open interface is live, and says so when it is gone`() {
        var driver = Driver(120, 40)
        driver.press(.backTab, .enter)
        #expect(
            driver.screen.contains("ERRORS     in 0, out 0; since natdeck was opened: in 0, out 0"))
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.counters = snapshot.counters.map { counters in
            counters.mapValues { old in
                var new = old
                new.rxErrors = 7
                new.txDropped = 3
                return new
            }
        }
        driver.read(snapshot)
        #expect(
            driver.screen.contains("ERRORS     in 7, out 0; since natdeck was opened: in 7, out 0"))
        #expect(
            driver.screen.contains("DROPS      in 0, out 3; since natdeck was opened: in 0, out 3"))
        snapshot.interfaces = snapshot.interfaces.map { $0.filter { $0.name != "eth0" } }
        driver.read(snapshot)
        #expect(driver.screen.contains("this interface is gone"))
        driver.press(.escape)
        #expect(driver.screen.contains("▸● eth1"))
    }

    @Test func `an open interface tells where each address was learnt`() {
        var driver = Driver(120, 40)
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.cloud = snapshot.cloud.map { known in
            known.map { cloud in
                var cloud = cloud
                cloud.publicAddresses.append(
                    PublicAddress(
                        SampleBox.address("203.0.113.9"), privateAddress: nil, source: .probe))
                return cloud
            }
        }
        driver.read(snapshot)
        driver.press(.backTab, .enter)
        #expect(
            driver.screen.contains("172.31.8.207/16 (interface) seen as 203.0.113.178 (metadata)"))
        #expect(driver.screen.contains("203.0.113.9 (probe), of which own address is not told"))
    }

    @Test func `what is not known of an interface is no zero and no none`() {
        var driver = Driver(120, 40, snapshots: 0)
        var snapshot = SampleBox.snapshot()
        let failure = ReadFailure("it", "is gone")
        snapshot.nat = .failed(failure)
        snapshot.counters = .failed(failure)
        snapshot.rules = .failed(failure)
        driver.read(snapshot)
        driver.press(.backTab, .enter)
        for word in ["NAT", "CARRIED", "ERRORS", "DROPS", "HOSTS"] {
            #expect(driver.screen.contains("│ \(word.fitted(11))– "), "\(word)")
        }
    }
}
