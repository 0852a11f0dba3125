import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// Keys that choose: hosts, interfaces, and whether a plan goes on.
@Suite struct ChoosingTests {
    private func choice(_ driver: Driver) -> String? {
        if case .assigning(let dialog) = driver.state.mode {
            dialog.choice?.description
        } else {
            nil
        }
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
}
