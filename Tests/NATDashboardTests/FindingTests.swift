import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// How the host that is meant is found, typed and counted.
@Suite struct FindingTests {
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
}
