import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct ConfirmSafetyTests {
    /// A dashboard whose confirm dialog has just opened.
    private func opened(_ columns: Int = 120, _ rows: Int = 60) -> Driver {
        var driver = Driver(columns, rows)
        driver.press(.character("a"), .enter)
        return driver
    }

    private func isConfirming(_ driver: Driver) -> Bool {
        if case .confirming = driver.state.mode { true } else { false }
    }

    /// A dashboard that was told to plan before the rules were read.
    private func early() -> Driver {
        var driver = Driver(120, 40, snapshots: 1)
        var snapshot = SampleBox.snapshot(seconds: 1)
        snapshot.rules = .failed(.unread)
        driver.read(snapshot)
        driver.press(.character("a"), .enter)
        return driver
    }

    @Test func `what was wanted before the box was read opens once it was`() {
        var driver = early()
        #expect(!isConfirming(driver))
        #expect(driver.screen.contains("still being read"))
        driver.read(SampleBox.snapshot(seconds: 2))
        #expect(isConfirming(driver))
        #expect(driver.plansApplied == 0)
        // A key on its way to what was there before accepts nothing.
        driver.press(.character("y"), after: 100)
        #expect(driver.plansApplied == 0)
        driver.press(.escape)
        driver.read(SampleBox.snapshot(seconds: 3))
        #expect(!isConfirming(driver))
    }

    @Test func `what was wanted before the box was read is forgotten with the next key`() {
        var driver = early()
        driver.press(.escape)
        driver.read(SampleBox.snapshot(seconds: 2))
        #expect(!isConfirming(driver))
    }

    @Test func `opening it asks for live connections and applies nothing`() {
        let driver = opened()
        #expect(isConfirming(driver))
        #expect(driver.effects == [.countConnections([SampleBox.prefix("172.31.26.175")])])
    }

    @Test func `Enter means Cancel until the focus moves`() {
        var driver = opened()
        driver.press(.enter)
        #expect(driver.state.mode == .browsing)
        #expect(driver.plansApplied == 0)
    }

    @Test(arguments: [Key.tab, .left, .right, .backTab])
    func `Enter applies once the focus was moved`(key: Key) {
        var driver = opened()
        driver.press(key, .enter)
        #expect(driver.plansApplied == 1)
    }

    @Test func `y applies`() {
        var driver = opened()
        driver.press(.character("y"))
        #expect(driver.plansApplied == 1)
    }

    @Test func `y opens no plan, not even by the name of an interface`() {
        var driver = Driver(120, 60)
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.interfaces = snapshot.interfaces.map { interfaces in
            interfaces.map { interface in
                var renamed = interface
                if interface.name == "eth1" { renamed.name = "y1" }
                return renamed
            }
        }
        snapshot.tables = snapshot.tables.map { tables in
            tables.map { table in
                var renamed = table
                for index in table.routes.indices where table.routes[index].interface == "eth1" {
                    renamed.routes[index].interface = "y1"
                }
                return renamed
            }
        }
        driver.read(snapshot)
        driver.press(.character("a"), .character("y"), .character("y"))
        guard case .assigning(let dialog) = driver.state.mode else {
            Issue.record("not in the choice of an interface")
            return
        }
        #expect(dialog.choice == "y1")
        #expect(driver.plansApplied == 0)
    }

    @Test func `it says in this order what changes, for whom, how, what proves it and undoes it`() {
        var driver = opened()
        driver.send(
            .connectionsCounted(
                [SampleBox.prefix("172.31.26.175"): LiveConnections(count: 118)],
                of: driver.reviewedSources))
        let screen = driver.screen
        let parts = [
            "172.31.26.175 leaves by eth1", "1 host; 118 live connections end",
            "eth0 203.0.113.178     → eth1 203.0.113.195", "nobody", "ip rule add",
            "the kernel routes packets", "ip rule del",
        ]
        let places = parts.map { part in screen.ranges(of: part).last?.lowerBound }
        #expect(!places.contains(nil))
        #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
        #expect(screen.contains("[ Cancel ]") && screen.contains("[ y Apply ]"))
        guard case .confirming(let dialog) = driver.state.mode else { return }
        #expect(dialog.focus == .cancel)
    }

    @Test func `after applying it asks whether to keep, and the seconds count down`() {
        var driver = opened()
        driver.press(.character("y"))
        driver.send(.applied(.awaitsKeep(seconds: 60), atMilliseconds: driver.now))
        var snapshot = SampleBox.snapshot(seconds: 3)
        snapshot.pending = .value(.waiting())
        driver.read(snapshot)
        #expect(driver.screen.contains("Keep? reverts in 60 s   K keeps  R takes back"))
        driver.send(.tick(atMilliseconds: driver.now + 7000, wallClock: "12:00:07"))
        #expect(driver.screen.contains("Keep? reverts in 53 s"))
        driver.press(.character("K"))
        #expect(driver.effects.contains(.keep("1")))
    }

    @Test(arguments: [Key.character("a"), .character("Y"), .character(" "), .function(5)])
    func `no other key applies`(key: Key) {
        var driver = opened()
        driver.press(key)
        #expect(driver.plansApplied == 0)
    }

    @Test func `keys within 400 ms of its opening are dropped`() {
        var driver = opened()
        driver.press(.enter, .character("y"), .tab, .enter, after: 99)
        #expect(isConfirming(driver))
        #expect(driver.plansApplied == 0)
        driver.press(.character("y"), after: 4)
        #expect(driver.plansApplied == 1)
    }

    @Test func `Enter held down does not walk through it`() {
        var driver = opened()
        for _ in 0..<100 { driver.press(.enter, after: 30) }
        #expect(driver.plansApplied == 0)
    }

    @Test func `pastes are ignored`() {
        var driver = opened()
        driver.now += 1000
        driver.send(.tick(atMilliseconds: driver.now, wallClock: ""))
        driver.send(.pasted("y\ny"))
        #expect(isConfirming(driver))
        #expect(driver.plansApplied == 0)
    }

    @Test func `a long plan must be read to its end first`() {
        var driver = opened(80, 16)
        driver.press(.character("y"), .tab, .enter)
        #expect(driver.plansApplied == 0)
        #expect(driver.screen.contains("read the plan to its end first"))
        for _ in 0..<40 { driver.press(.down) }
        driver.press(.character("y"))
        #expect(driver.plansApplied == 1)
    }

    @Test func `it cannot be answered while it is not on the screen`() {
        var driver = opened()
        driver.send(.resized(Size(columns: 30, rows: 5)))
        driver.press(.character("y"))
        #expect(driver.plansApplied == 0)
        driver.send(.resized(Size(columns: 80, rows: 24)))
        #expect(isConfirming(driver))
    }

    @Test func `the five largest connections of a host are told, and what becomes of them`() {
        var driver = opened()
        let host = SampleBox.prefix("172.31.26.175")
        var live = LiveConnections()
        for number in 1...7 {
            var flow = FlowsViewTests.flow(
                number, by: "172.31.8.207", carried: UInt64(number) * 1000)
            flow.beganAtNanoseconds = 1
            live.add(flow)
        }
        driver.send(.connectionsCounted([host: live], of: [host]))
        let lines = driver.screen.split(separator: "\n").map(String.init)
        let first = lines.firstIndex { $0.contains("they end and start anew; the 5 largest:") } ?? 0
        #expect(lines[first - 1].contains("7 connections"))
        for (line, number) in zip(lines[(first + 1)...], [7, 6, 5, 4, 3]) {
            let peer = 10 + number % 2
            #expect(line.contains("tcp to 198.51.100.\(peer):443, "), "\(line)")
            #expect(line.contains(" d old, \(number * 3).0 kB"), "\(line)")
        }
        #expect(!lines[first + 6].contains("tcp to"))
    }

    @Test func `of many hosts those with the most connections are told one by one`() {
        var driver = Driver(120, 60)
        driver.read(SampleBox.crowded(20, seconds: 3))
        driver.press(.character("*"), .character("a"), .character("2"))
        var counts: [IPv4Prefix: LiveConnections] = [:]
        for (number, host) in driver.reviewedSources.enumerated() {
            var live = LiveConnections()
            for flow in 0...number { live.add(FlowsViewTests.flow(flow, by: "172.31.8.207")) }
            counts[host] = live
        }
        driver.send(.connectionsCounted(counts, of: driver.reviewedSources))
        guard case .confirming(let dialog) = driver.state.mode else {
            Issue.record("no plan is shown")
            return
        }
        let told = dialog.wrapped.count { $0.text.contains(" end and start anew") }
        #expect(told == 10)
        #expect(dialog.wrapped.count { $0.text.contains("tcp to") } == 50)
    }

    @Test func `connections that could not be counted are unknown, not zero`() {
        var driver = opened()
        #expect(driver.screen.contains("counting live connections…"))
        driver.send(.connectionsCounted([:], of: driver.reviewedSources))
        #expect(driver.screen.contains("how many live connections end is unknown"))
        driver.send(
            .connectionsCounted(
                [SampleBox.prefix("172.31.26.175"): LiveConnections(count: 118)],
                of: driver.reviewedSources))
        #expect(driver.screen.contains("1 host; 118 live connections end"))
    }

    @Test(arguments: [Key.character("q"), .function(10), .control("c"), .escape])
    func `nothing quits while a plan is applied`(key: Key) {
        var driver = opened()
        driver.press(.character("y"), key)
        #expect(!driver.effects.contains(.quit))
        #expect(driver.screen.contains("applying, wait"))
    }

    @Test func `a stale plan is offered anew, under the same guards`() {
        var driver = opened()
        driver.press(.character("y"))
        let new = SamplePlan.assign([SampleBox.prefix("172.31.26.175")], egress: "eth1")
        driver.send(.applied(.stale(new), atMilliseconds: driver.now))
        #expect(driver.screen.contains("The box changed meanwhile"))
        driver.press(.character("y"), after: 100)
        #expect(driver.plansApplied == 1)
        driver.press(.character("y"))
        #expect(driver.plansApplied == 2)
    }

    @Test func `a result stays for a moment whatever is typed`() {
        var driver = opened()
        driver.press(.character("y"))
        driver.send(.applied(.notPermitted, atMilliseconds: driver.now))
        driver.press(.enter, after: 100)
        #expect(driver.screen.contains("Not permitted"))
        driver.press(.enter)
        #expect(driver.state.mode == .browsing)
    }

    @Test func `an outcome nobody waits for is ignored`() {
        var driver = Driver()
        driver.send(.applied(.done, atMilliseconds: driver.now))
        #expect(driver.effects.isEmpty)
        #expect(driver.state.remark == nil)
    }
}
