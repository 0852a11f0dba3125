import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// What operators stumbled over once.
@Suite struct FaultTests {
    private static let first = SampleBox.prefix("172.31.26.175")

    private func pending(seconds: UInt64 = 3, _ title: String = "a move") -> Snapshot {
        var snapshot = SampleBox.snapshot(seconds: seconds)
        snapshot.pending = .value(
            PendingChange(
                id: "1", title: title, author: "root",
                state: .awaitsKeep(remainingMilliseconds: 60_000)))
        return snapshot
    }

    private func end(_ ending: PastChange.Ending, by: String) -> Message {
        .changesEnded([
            PastChange(
                id: "1", atMilliseconds: 0, title: "a move", ending: ending, by: by,
                author: "root from 10.0.0.9", commands: [])
        ])
    }

    @Test func `the bar goes to the host that was typed, and a means that one`() {
        var driver = Driver(120, 40)
        driver.read(SampleBox.crowded(30, seconds: 3))
        driver.press(.character("G"), .character("/"))
        driver.type("172.31.40.1")
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.40.1")))
        driver.press(.enter, .character("a"), .enter)
        #expect(driver.reviewedSources == [SampleBox.prefix("172.31.40.1")])
    }

    @Test func `the bar goes to the first host that is left where none was typed whole`() {
        var driver = Driver(120, 40)
        driver.read(SampleBox.crowded(30, seconds: 3))
        driver.press(.character("G"), .character("/"))
        driver.type("172.31.40.2")
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.40.2")))
        driver.type("9")
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.40.29")))
        driver.press(.backspace, .backspace)
        #expect(driver.state.table.selected == driver.state.shownTable.rows.first?.id)
    }

    @Test func `a filter takes words, networks and what must not be there`() {
        var driver = Driver(120, 40)
        driver.read(SampleBox.crowded(30, seconds: 3))
        driver.press(.character("/"))
        driver.type("172.31.40.0/28")
        #expect(driver.state.shownTable.rows.count == 15)
        driver.type(" !40.7 main")
        #expect(driver.state.shownTable.rows.count == 14)
    }

    @Test func `y held down after it accepted a plan does nothing else, and the countdown shows`() {
        var driver = Driver(120, 40)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.effects = []
        driver.press(.character("y"), .character("y"), after: 30)
        driver.send(.applied(.awaitsKeep(seconds: 60), atMilliseconds: driver.now))
        driver.read(pending(), after: 10)
        driver.press(.character("y"), .character("y"), after: 30)
        #expect(!driver.effects.contains { if case .copy = $0 { true } else { false } })
        #expect(driver.screen.contains("Keep? reverts in 59 s"))
        driver.press(.character("y"), .character("y"))
        #expect(driver.effects.contains { if case .copy = $0 { true } else { false } })
        #expect(driver.screen.contains("Keep? reverts in 5"))
        #expect(driver.screen.contains("copied"))
    }

    @Test(arguments: ViewKind.allCases)
    func `a take-back by the timer is told on the line of the change until a key`(view: ViewKind) {
        var driver = Driver()
        driver.read(pending())
        driver.press(view.key)
        driver.now += 60_000
        driver.send(end(.reverted, by: "timer"))
        driver.read(SampleBox.snapshot(seconds: 63), after: 0)
        let line = driver.screen.split(separator: "\n").suffix(3).first ?? ""
        #expect(line.contains("← taken back, nobody kept it: a move"))
        driver.now += 500_000
        driver.send(.tick(atMilliseconds: driver.now, wallClock: "12:12:12"))
        #expect(driver.screen.contains("nobody kept it"))
        driver.press(.down)
        #expect(!driver.screen.contains("nobody kept it"))
    }

    @Test func `that a change is over is told even before anybody tells how`() {
        var driver = Driver()
        driver.read(pending())
        driver.read(SampleBox.snapshot(seconds: 4))
        #expect(driver.screen.contains("No longer pending: a move"))
        driver.send(end(.kept, by: "operator"))
        #expect(driver.screen.contains("✓ kept by root from 10.0.0.9: a move"))
        // A key that was on its way is not one that read it.
        driver.press(.down, after: 100)
        #expect(driver.screen.contains("✓ kept"))
    }

    @Test func `a remark ends by itself and gives way to what is wrong now`() {
        var driver = Driver()
        driver.press(.character("y"))
        #expect(driver.screen.contains("copied the host"))
        driver.send(.tick(atMilliseconds: driver.now + 8000, wallClock: "12:03:12"))
        #expect(!driver.screen.contains("copied the host"))
        #expect(driver.screen.contains("! 172.31.26.180 looks up table 10001"))
    }

    private func choice(_ driver: Driver) -> String? {
        if case .assigning(let dialog) = driver.state.mode { dialog.choice } else { nil }
    }

    @Test func `two digits can be typed in a list of twenty egresses`() {
        var driver = Driver(120, 40, snapshots: 0)
        driver.read(SampleBox.crowdedInterfaces(20))
        driver.press(.character("A"))
        driver.type("10.0.0.1")
        driver.press(.enter, .character("1"))
        #expect(choice(driver) == "ens5")
        driver.press(.character("7"))
        #expect(driver.screen.contains("10.0.0.1 leaves by ens21"))
        // A digit that begins no longer number is enough, and so is Enter after one that does.
        driver.press(.escape, .character("A"))
        driver.type("10.0.0.1")
        driver.press(.enter, .character("3"))
        #expect(driver.screen.contains("10.0.0.1 leaves by ens7"))
        driver.press(.escape, .character("A"))
        driver.type("10.0.0.1")
        driver.press(.enter, .character("2"), .enter)
        #expect(driver.screen.contains("10.0.0.1 leaves by ens6"))
    }

    @Test func `a digit after a while begins a number of its own`() {
        var driver = Driver(120, 40, snapshots: 0)
        driver.read(SampleBox.crowdedInterfaces(20))
        driver.press(.character("A"))
        driver.type("10.0.0.1")
        driver.press(.enter, .character("1"))
        driver.press(.character("2"), after: 3000)
        #expect(choice(driver) == "ens6")
    }

    @Test func `d on a host that is not assigned opens no plan and says so`() {
        var driver = Driver()
        driver.press(.character("d"))
        #expect(driver.state.mode == .browsing)
        #expect(driver.screen.contains("172.31.26.175 is not assigned"))
        driver.press(.character(" "), .up, .character("d"))
        #expect(driver.state.mode == .browsing)
    }

    @Test func `u while a change awaits its keep takes it back`() {
        var driver = Driver()
        driver.read(pending())
        driver.press(.character("u"))
        #expect(driver.effects.last == .revert("1"))
    }

    @Test(arguments: [[Key.backTab], [.character("2")], [.backTab, .character("3")], []])
    func `after 1 the keys go to the hosts, however one left`(keys: [Key]) {
        var driver = Driver()
        for key in keys { driver.press(key) }
        driver.press(.character("1"))
        #expect(driver.state.view == .overview && !driver.state.isEgressFocused)
    }

    @Test func `Escape closes a dialog however young it is`() {
        var driver = Driver()
        driver.press(.character("a"), .enter)
        driver.press(.escape, after: 1)
        #expect(driver.state.mode == .browsing)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.send(.applied(.notPermitted, atMilliseconds: driver.now))
        driver.press(.escape, after: 1)
        #expect(driver.state.mode == .browsing)
    }

    @Test func `an interface tells a rule's priority once, and how many there are`() {
        var driver = Driver(120, 40)
        var snapshot = SampleBox.snapshot(seconds: 3)
        let more = ["172.31.26.190", "172.31.26.191"].map {
            RoutingPolicyRule(
                priority: 5000, source: SampleBox.prefix($0), action: .lookup(table: 20001),
                protocolNumber: 201)
        }
        snapshot.rules = snapshot.rules.map { more + $0 }
        driver.read(snapshot)
        driver.press(.backTab, .down, .enter)
        #expect(driver.screen.contains("used by rule 5000 (3×)"))
        #expect(!driver.screen.contains("5000, 5000"))
    }

    @Test func `a name can be typed where an address can`() {
        var driver = Driver(120, 40)
        driver.press(.character("N"))
        driver.answerNames(["172.31.26.176": "ec2-b"])
        driver.press(.character("A"))
        driver.type("ec2-b")
        driver.press(.enter, .character("1"))
        #expect(driver.reviewedSources == [SampleBox.prefix("172.31.26.176")])
        driver.press(.escape, .character("w"), .control("u"))
        driver.type("EC2-B")
        driver.press(.enter)
        #expect(
            driver.effects.last
                == .askKernel(SampleBox.address("172.31.26.176"), input: .interface("eth0")))
    }

    @Test func `a name of which no host is known is looked up, and nothing an option could be`() {
        var driver = Driver(120, 40)
        driver.press(.character("A"))
        driver.type("db.example")
        driver.press(.enter)
        #expect(driver.effects == [.findAddress(of: "db.example")])
        #expect(driver.screen.contains("looking db.example up"))
        driver.send(.addressFound(SampleBox.address("10.0.0.9"), of: "db.example"))
        driver.press(.character("2"))
        #expect(driver.reviewedSources == [SampleBox.prefix("10.0.0.9")])
        driver.press(.escape, .character("A"))
        driver.effects = []
        driver.type("nobody")
        driver.press(.enter)
        driver.send(.addressFound(nil, of: "nobody"))
        #expect(driver.screen.contains("no host is called so"))
        driver.press(.enter, .control("u"))
        driver.type("--help")
        driver.press(.enter)
        #expect(driver.effects == [.findAddress(of: "nobody")])
    }

    @Test func `an interface with fifteen addresses is one row, and hides no other`() {
        var driver = Driver(160, 24)
        var snapshot = SampleBox.snapshot(seconds: 3)
        snapshot.cloud = snapshot.cloud.map { interfaces in
            var interfaces = interfaces
            interfaces[0].publicAddresses += (1...14).map { number in
                PublicAddress(
                    SampleBox.address("203.0.113.\(number)"),
                    privateAddress: SampleBox.address("172.31.9.\(number)"), source: .metadata)
            }
            return interfaces
        }
        driver.read(snapshot)
        #expect(driver.screen.contains("203.0.113.178 +14"))
        #expect(driver.screen.contains("● eth1"))
        #expect(driver.state.egressTable.rows.count == 2)
    }

    @Test func `names are whole where a wide screen has room for them`() {
        let long = "ip-172-31-26-176.eu-central-1.compute.internal"
        for (columns, isWhole) in [(200, true), (160, true), (100, false)] {
            var driver = Driver(columns, 40)
            driver.press(.character("N"))
            driver.answerNames(["172.31.26.176": long])
            let row = driver.screen.split(separator: "\n").first { $0.hasPrefix(" 172.31.26.176") }
            #expect(row?.contains(long) == isWhole, "\(columns): \(row ?? "")")
        }
    }

    @Test(arguments: GoldenScreens.sizes)
    func `how many of how many rows are shown is always there`(size: Size) {
        var driver = Driver(size.columns, size.rows)
        driver.read(SampleBox.crowded(281, seconds: 3))
        #expect(driver.screen.contains(" of 284"))
        for view in ViewKind.allCases {
            driver.press(view.key)
            #expect(
                driver.screen.contains("of \(driver.state.shownTable.rows.count)")
                    || driver.state.shownTable.rows.isEmpty, "\(view)")
        }
    }

    @Test func `the first answered flow of a host that was moved is told beside the countdown`() {
        var driver = Driver(160, 40)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.send(.applied(.awaitsKeep(seconds: 60), atMilliseconds: driver.now))
        driver.read(pending())
        #expect(driver.screen.contains("no flow yet   a move"))
        var snapshot = pending(seconds: 4)
        snapshot.flows = .value(SampleBox.flows(["172.31.26.175": [("172.31.8.208", 1)]]))
        driver.read(snapshot, after: 200)
        #expect(driver.screen.contains("✓ first flow seen as 203.0.113.195 after 1.2 s"))
    }

    @Test func `a long plan is read page by page, and a jump to its end is none`() {
        var driver = Driver(120, 40)
        driver.read(SampleBox.crowded(60, seconds: 3))
        driver.press(.character("*"), .character("a"), .character("2"), .end, .character("y"))
        #expect(driver.plansApplied == 0)
        #expect(driver.screen.contains("page by page"))
        driver.press(.home)
        for _ in 0..<20 { driver.press(.pageDown) }
        driver.press(.character("y"))
        #expect(driver.plansApplied == 1)
    }

    @Test func `the palette acts on the host that is typed`() {
        var driver = Driver(120, 40)
        driver.press(.character(":"))
        driver.type("flows 172.31.26.176")
        #expect(driver.screen.contains("Command on 172.31.26.176"))
        driver.press(.enter)
        #expect(driver.effects.last == .readFlows([SampleBox.prefix("172.31.26.176")]))
        driver.press(.character("1"), .character(":"))
        driver.type("10.0.0.7 assign")
        driver.press(.enter, .character("2"))
        #expect(driver.reviewedSources == [SampleBox.prefix("10.0.0.7")])
    }

    @Test func `f jumps and hides nothing, n jumps again, Escape goes back`() {
        var driver = Driver(120, 40)
        driver.read(SampleBox.crowded(30, seconds: 3))
        let all = driver.state.shownTable.rows.count
        driver.press(.home, .character("f"))
        driver.type("40.2")
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.40.2")))
        #expect(driver.state.shownTable.rows.count == all)
        driver.press(.enter, .character("n"))
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.40.20")))
        driver.press(.character("f"))
        driver.type("40.9")
        driver.press(.escape)
        #expect(driver.state.table.selected == .host(SampleBox.prefix("172.31.40.20")))
    }

    @Test func `a range is marked with v or Shift, all that are shown with *`() {
        var driver = Driver(120, 40)
        driver.read(SampleBox.crowded(30, seconds: 3))
        driver.press(.home, .character("v"), .down, .down, .character("v"), .down)
        #expect(driver.state.marked.count == 3)
        driver.press(.escape, .shiftDown, .shiftDown)
        #expect(driver.state.marked.count == 3)
        driver.press(.character("*"))
        #expect(driver.state.marked.count == 33)
        driver.press(.character("*"))
        #expect(driver.state.marked.isEmpty)
    }

    @Test func `e shows exceptions alone, and says how many there are`() {
        var driver = Driver(120, 40)
        driver.read(GoldenScreens.proving)
        driver.press(.character("e"))
        #expect(
            driver.state.shownTable.rows.map(\.id) == [
                .host(SampleBox.prefix("172.31.26.176")), .host(SampleBox.prefix("172.31.26.180")),
            ])
        #expect(driver.screen.contains("only exceptions: 2 of 23 hosts"))
        driver.press(.escape)
        #expect(driver.state.shownTable.rows.count == 23)
    }

    @Test func `what somebody did is told with who did it and what followed`() {
        var driver = Driver(160, 40)
        driver.read(SampleBox.snapshot(seconds: 3))
        let rule = RoutingPolicyRule(
            priority: 100, source: SampleBox.prefix("172.31.26.176"),
            action: .lookup(table: FIBTable.main))
        let author = KernelAuthor(port: 812, process: 812, name: "ip", parent: "bash")
        driver.send(.kernelAnnounced([.ruleAdded(rule, by: author)]))
        var snapshot = SampleBox.snapshot(seconds: 4)
        snapshot.rules = snapshot.rules.map { [$0[0], rule] + $0.dropFirst() }
        driver.read(snapshot)
        #expect(
            driver.screen.contains(
                "≠ rule 100 «from 172.31.26.176 lookup main» was added by ip (process 812), started by bash:"
                    + " 172.31.26.176 left eth1 for eth0"))
        // What natdeck does itself stands in the history.
        driver.send(.kernelAnnounced([.ruleRemoved(rule, by: KernelAuthor(port: 1, isOwn: true))]))
        driver.read(SampleBox.snapshot(seconds: 5))
        #expect(!driver.screen.contains("was removed"))
        var off = SampleBox.snapshot(seconds: 6)
        off.sysctls = off.sysctls.map { $0.merging(["net.ipv4.ip_forward": 0]) { $1 } }
        driver.read(off)
        #expect(driver.screen.contains("○ net.ipv4.ip_forward became 0, it was 1"))
    }

    @Test func `a peak of a second is as high in a graph as it was`() {
        var traffic = Traffic()
        var bytes: UInt64 = 0
        for second in 0...60 {
            bytes += second == 30 ? 1000 : 1
            traffic.add(
                InterfaceCounters(rxBytes: bytes), atMilliseconds: Int64(second) * 1000)
        }
        let time = GraphTime(cells: 12, secondsPerCell: 5)
        #expect(
            time.peaks(traffic.history, .received, until: 60_000).compactMap(\.self).max() == 1000)
    }

    @Test func `a keep that is asked for is one thing, and no heap of problems`() {
        var driver = Driver(120, 40)
        var snapshot = pending()
        snapshot.saved = .value([])
        driver.read(snapshot)
        let names = driver.state.observed.problems.map(\.id)
        #expect(!names.contains("change-awaits-keep"))
        #expect(!names.contains("assignments-not-saved"))
        snapshot.pending = .value(nil)
        driver.read(snapshot)
        #expect(driver.state.observed.problems.map(\.id).contains("assignments-not-saved"))
    }
}
