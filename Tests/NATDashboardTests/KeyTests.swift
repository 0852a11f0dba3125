import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct KeyTests {
    @Test(arguments: [Key.character("q"), .function(10), .control("c")])
    func `quits`(key: Key) {
        var driver = Driver()
        driver.press(key)
        #expect(driver.effects == [.quit])
    }

    @Test func `Ctrl-C answers in every dialog`() {
        for keys in [[Key.function(1)], [.character("/")], [.character("a")], [.character("A")]] {
            var driver = Driver()
            for key in keys { driver.press(key) }
            driver.press(.control("c"))
            #expect(driver.effects.contains(.quit))
        }
    }

    @Test func `Escape clears the filter, then the marks, then goes to the overview; never quits`()
    {
        var driver = Driver()
        driver.press(.character(" "), .character("/"), .character("1"), .enter, .character("2"))
        driver.press(.escape)
        #expect(driver.state.filter.isEmpty)
        driver.press(.escape)
        #expect(driver.state.marked.isEmpty)
        #expect(driver.state.view == .rules)
        driver.press(.escape)
        #expect(driver.state.view == .overview)
        driver.press(.escape, .escape)
        #expect(driver.effects.isEmpty)
    }

    @Test func `views open by number and in turn`() {
        var driver = Driver()
        driver.press(.character("4"))
        #expect(driver.state.view == .nat)
        driver.press(.character("1"), .backTab, .backTab, .backTab)
        #expect(driver.state.view == .doctor)
        driver.press(.character("@"))
        #expect(driver.state.view == .log)
    }

    @Test(arguments: [
        (Key.control("l"), Effect.redraw), (.control("r"), .reread), (.control("z"), .suspend),
        (.character("+"), .setInterval(2000)), (.character("-"), .setInterval(500)),
    ])
    func `wishes for`(key: Key, effect: Effect) {
        var driver = Driver()
        driver.press(key)
        #expect(driver.effects == [effect])
    }

    @Test func `the interval ends at both ends`() {
        var driver = Driver()
        for _ in 0..<20 { driver.press(.character("-")) }
        #expect(driver.state.intervalMilliseconds == 250)
        #expect(driver.screen.contains("12:03:04"))
        for _ in 0..<20 { driver.press(.character("+")) }
        #expect(driver.state.intervalMilliseconds == 30_000)
    }

    @Test func `b turns bits into bytes`() {
        var driver = Driver()
        #expect(driver.screen.contains("12.4M"))
        driver.press(.character("b"))
        #expect(driver.screen.contains("1.6M"))
    }

    @Test func `sorting goes through the columns and inverts`() {
        var driver = Driver()
        #expect(driver.screen.contains("IN b/s▾"))
        driver.press(.character(">"))
        #expect(driver.screen.contains("HOST▴"))
        driver.press(.character("I"))
        #expect(driver.screen.contains("HOST▾"))
        #expect(driver.state.shownTable.rows.first?.id == .host(SampleBox.prefix("172.31.26.180")))
        driver.press(.character(">"), .character(">"))
        #expect(driver.screen.contains("EGRESS▾"))
        driver.press(.character("<"), .character("<"))
        #expect(driver.screen.contains("HOST▾"))
    }

    @Test func `freezing holds the figures and still takes what is read`() {
        var driver = Driver()
        driver.press(.character("p"))
        let before = driver.state.shownTable
        driver.read(SampleBox.crowded(5, seconds: 9))
        #expect(driver.state.shownTable == before)
        #expect(driver.screen.contains("FROZEN"))
        driver.press(.character("Z"))
        #expect(driver.state.shownTable.rows.count == before.rows.count + 5)
    }

    @Test func `a filter is live, inverts with ! and is undone by Escape`() {
        var driver = Driver()
        driver.press(.character("/"))
        driver.type("○")
        #expect(
            driver.state.shownTable.rows.map(\.id) == [.host(SampleBox.prefix("172.31.26.180"))])
        driver.press(.control("u"))
        driver.type("!○")
        #expect(driver.state.shownTable.rows.count == 2)
        driver.send(.pasted("\u{1b}[31m\nx"))
        #expect(driver.state.filter == "!○[31m x")
        driver.press(.escape)
        #expect(driver.state.filter.isEmpty)
    }

    @Test func `d on an assigned host opens the plan`() {
        var driver = Driver()
        driver.press(.down, .character("d"))
        #expect(driver.screen.contains("Apply this plan?"))
    }

    @Test func `an empty plan says that it is so already`() {
        var driver = Driver()
        driver.press(.down, .character("a"), .character("2"))
        #expect(driver.screen.contains("Already so"))
    }

    @Test(arguments: ["a", "A", "d"] as [Unicode.Scalar])
    func `read-only refuses with its reason`(key: Unicode.Scalar) {
        var driver = Driver(readOnlyReason: "--readonly")
        driver.press(.character(key))
        #expect(driver.state.mode == .browsing)
        #expect(driver.screen.contains("read-only: --readonly"))
        #expect(driver.screen.contains("READ-ONLY"))
    }

    @Test func `read-only dims the keys that change the box`() {
        let driver = Driver(readOnlyReason: "--readonly")
        let frame = driver.state.render()
        let bar = frame[row: 23]
        let assign = zip(bar, bar.dropFirst(2)).first { $0.scalar == "a" && $1.scalar == "A" }
        #expect(assign?.0.style.role == .dim)
        let help = bar.first { $0.scalar == "F" }
        #expect(help?.style.role == .accent)
    }

    @Test func `a typed network is assigned`() {
        var driver = Driver(120, 60)
        driver.press(.character("A"))
        driver.type("10.0.3.0/24, 10.0.4.1")
        driver.press(.enter, .character("2"), .character("y"))
        let sources = [SampleBox.prefix("10.0.3.0/24"), SampleBox.prefix("10.0.4.1")]
        #expect(
            driver.effects.contains(
                .apply(
                    SamplePlan.assign(sources, egress: "eth1"), undoes: nil)))
    }

    @Test func `the real planner's plan is shown with its commands`() {
        var driver = Driver()
        driver.state = DashboardState(size: Size(columns: 120, rows: 60))
        driver.read(SampleBox.snapshot())
        driver.press(.character("a"), .character("2"))
        #expect(driver.screen.contains("ip rule add priority 5000 from 172.31.26.175 lookup"))
        driver.press(.escape, .down, .character("d"))
        #expect(driver.screen.contains("ip rule del priority 5000 from 172.31.26.176 lookup"))
    }

    @Test func `own addresses stand beside the public ones they are mapped to`() {
        let own = ["172.31.8.207", "172.31.8.209"].map(SampleBox.address)
        let nic = EgressInterface(
            interface: Interface(
                name: "eth0", index: 2, state: .up,
                addresses: own.map { InterfaceAddress($0, prefixLength: 16) }),
            publicAddresses: [
                PublicAddress(
                    SampleBox.address("203.0.113.9"), privateAddress: own[1], source: .metadata),
                PublicAddress(
                    SampleBox.address("203.0.113.7"), privateAddress: nil, source: .probe),
                PublicAddress(
                    SampleBox.address("203.0.113.8"), privateAddress: nil, source: .probe),
            ], ownedTable: nil, masquerade: nil)
        #expect(nic.addressPairs.map(\.own) == own + [nil])
        #expect(
            nic.addressPairs.map(\.outside)
                == ["203.0.113.7", "203.0.113.9", "203.0.113.8"].map(SampleBox.address))
    }

    @Test(arguments: ["", "x", "300.1.1.1", "10.0.3.7/24", "10.0.3.0/33"])
    func `what is no source is said and stays to be mended`(text: String) {
        var driver = Driver()
        driver.press(.character("A"))
        driver.type(text)
        driver.press(.enter)
        if driver.effects.last == .findAddress(of: text) {
            driver.send(.addressFound(nil, of: text))
        }
        guard case .assigning(let dialog) = driver.state.mode else {
            Issue.record("the dialog went away")
            return
        }
        let complaint = dialog.complaint ?? ""
        #expect(
            complaint.contains(": type ") || complaint.contains("such as 10.0.3."), "\(complaint)")
        #expect(dialog.focus == .source)
    }

    @Test func `before anything is read, a says so`() {
        var driver = Driver(snapshots: 0)
        driver.press(.character("d"))
        #expect(driver.screen.contains("no host is selected"))
    }

    @Test func `every key of the bar and the help does something where it is shown`() {
        for context in KeyContext.allCases {
            for binding in BottomBar.bindings(in: context) {
                for key in binding.keys {
                    #expect(KeyBinding.find(key, in: context)?.action == binding.action)
                }
            }
        }
    }

    @Test func `no key means two things in one place`() {
        for context in KeyContext.allCases {
            var seen: [Key: Action] = [:]
            for binding in KeyBinding.all where binding.contexts.contains(context) {
                for key in binding.keys {
                    #expect(seen[key] == nil, "\(key.name) in \(context)")
                    seen[key] = binding.action
                }
            }
        }
    }
}
