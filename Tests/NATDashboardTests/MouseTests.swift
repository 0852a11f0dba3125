import NATDoctor
import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct MouseTests {
    /// A dashboard with the mouse on.
    private func driver(_ columns: Int = 120, _ rows: Int = 40) -> Driver {
        var driver = Driver(columns, rows)
        driver.press(.character(":"))
        driver.type("mouse on")
        driver.press(.enter)
        driver.effects = []
        return driver
    }

    /// A dashboard whose confirm dialog has just opened, without a key having been dropped.
    private func confirming(_ columns: Int = 120, _ rows: Int = 60) -> Driver {
        var driver = driver(columns, rows)
        driver.press(.character("a"), .enter)
        driver.effects = []
        return driver
    }

    @Test func `off, a click is nothing`() {
        var driver = Driver(120, 40)
        let before = driver.screen
        driver.click("172.31.26.176")
        driver.click("2 Rules")
        driver.wheel(.wheelDown, "172.31.26.175")
        #expect(driver.screen == before)
        #expect(driver.effects.isEmpty)
    }

    @Test func `a click selects a row`() {
        var driver = driver()
        driver.click("172.31.26.176")
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.26.176")))
        driver.click("172.31.26.175")
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.26.175")))
    }

    @Test func `a click goes to the pane it is in`() {
        var driver = driver()
        driver.click("eth1")
        #expect(driver.state.isEgressFocused)
        #expect(driver.state.egressPlace.selected?.interfaceIndex == 3)
        driver.click("172.31.26.176")
        #expect(!driver.state.isEgressFocused)
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.26.176")))
        // What is typed into a filter stays with the pane it is for.
        driver.press(.character("/"))
        driver.click("eth1")
        #expect(!driver.state.isEgressFocused)
    }

    @Test func `a click on its name opens a view`() {
        var driver = driver()
        for view in ViewKind.allCases {
            driver.click("\(view.number) \(view.title)")
            #expect(driver.state.view == view)
        }
    }

    @Test func `a click on a key of the bar is that key`() {
        var driver = driver()
        driver.click("F1 Help", last: true)
        #expect(driver.screen.contains("Help: Overview"))
        driver.click("Esc Close", last: true)
        #expect(driver.state.mode == .browsing)
        driver.click("q Quit", last: true)
        #expect(driver.effects == [.quit])
    }

    @Test func `the wheel scrolls what is under it`() {
        var driver = driver()
        driver.read(SampleBox.crowded(60, seconds: 5))
        let first = driver.state.table.index
        driver.wheel(.wheelDown, "172.31.26.176")
        #expect(driver.state.table.index == first + 3)
        driver.wheel(.wheelUp, "172.31.26.176")
        #expect(driver.state.table.index == first)
        driver.wheel(.wheelDown, "EGRESS")
        #expect(driver.state.table.index == first)
        driver.press(.function(1))
        driver.wheel(.wheelDown, "move")
        if case .reading(let panel) = driver.state.mode { #expect(panel.offset <= 3) }
    }

    @Test func `below a dialog nothing can be clicked`() {
        var driver = confirming(200, 60)
        let before = driver.state.table
        driver.click("1 Overview")
        for row in 0..<60 {
            driver.point(.press, column: 0, row: row)
        }
        #expect(driver.state.table == before)
        #expect(driver.plansApplied == 0)
    }

    @Test func `Cancel and Apply are buttons`() {
        var cancelled = confirming()
        cancelled.click("[ Cancel ]")
        #expect(cancelled.state.mode == .browsing)
        #expect(cancelled.plansApplied == 0)
        var applied = confirming()
        applied.click("[ y Apply ]")
        #expect(applied.plansApplied == 1)
    }

    @Test func `clicks within 400 ms of its opening are dropped`() {
        var driver = confirming()
        for _ in 0..<3 { driver.click("[ y Apply ]", after: 130) }
        #expect(driver.plansApplied == 0)
        driver.click("[ y Apply ]", after: 10)
        #expect(driver.plansApplied == 1)
    }

    @Test func `a click repeated where it opened a plan does not accept it`() {
        var driver = driver(120, 60)
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.sysctls = snapshot.sysctls.map {
            $0.merging(["net.ipv4.conf.all.send_redirects": 1]) { $1 }
        }
        driver.read(snapshot)
        driver.press(.character("!"))
        while driver.state.selectedCheck?.id != "send-redirects-on" { driver.press(.down) }
        driver.click("Enter Mend", last: true)
        #expect(driver.screen.contains("Apply this plan?"))
        // Its key in the bar stands in the same row.
        driver.click("y Apply", last: true)
        #expect(driver.plansApplied == 0)
        #expect(driver.screen.contains("the pointer has not moved"))
        driver.click("[ y Apply ]")
        #expect(driver.plansApplied == 1)
    }

    @Test func `a long plan must be read to its end before a click accepts it`() {
        var driver = confirming(80, 16)
        driver.click("[ y Apply ]")
        #expect(driver.plansApplied == 0)
        #expect(driver.screen.contains("read the plan to its end first"))
        for _ in 0..<20 { driver.wheel(.wheelDown, "[ Cancel ]") }
        driver.click("[ y Apply ]")
        #expect(driver.plansApplied == 1)
    }

    @Test func `a plan that asks for a word has no button`() {
        var driver = driver(120, 60)
        var plan = SamplePlan.assign([SampleBox.prefix("172.31.26.175")], egress: "eth1")
        plan.movesSessionsFrom = [SampleBox.address("172.31.26.175")]
        let asked = plan
        driver.state = DashboardState(
            size: driver.state.size, settings: driver.state.settings, makePlan: { _, _ in asked })
        driver.read(SampleBox.snapshot())
        driver.press(.character("a"), .enter)
        #expect(driver.screen.contains("Type eth1 and Enter"))
        for row in 0..<60 {
            for column in stride(from: 0, to: 120, by: 3) {
                let isDialog = driver.state.mode != .browsing
                if isDialog { driver.point(.press, column: column, row: row) }
            }
        }
        #expect(driver.plansApplied == 0)
    }

    @Test func `a click on an interface opens the plan, and executes nothing`() {
        var driver = driver()
        driver.press(.character("a"))
        driver.click("2 eth1")
        #expect(driver.screen.contains("Apply this plan?"))
        #expect(driver.plansApplied == 0)
        // While a source is typed a click types nothing into it.
        driver.press(.escape, .character("A"))
        driver.type("10.0.0.")
        driver.click("2 eth1")
        #expect(driver.screen.contains("Source  10.0.0._"))
    }

    @Test func `a click runs an entry of the palette`() {
        var driver = driver()
        driver.press(.character(":"))
        driver.click("Filter")
        #expect(driver.state.mode == .filtering(previous: ""))
    }

    @Test func `on a screen too small for a table nothing can be clicked`() {
        var driver = driver(30, 5)
        for row in 0..<5 { driver.point(.press, column: 3, row: row) }
        #expect(driver.effects.isEmpty)
    }
}
