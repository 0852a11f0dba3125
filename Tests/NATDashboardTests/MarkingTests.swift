import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct MarkingTests {
    @Test func `several hosts move in one plan`() {
        var driver = Driver(120, 60)
        driver.press(.character(" "), .character(" "), .character("a"))
        #expect(driver.screen.contains("Assign 2 sources: which interface?"))
        #expect(driver.screen.contains("172.31.26.175, 172.31.26.176"))
        driver.press(.character("2"))
        let sources = ["172.31.26.175", "172.31.26.176"].map(SampleBox.prefix)
        #expect(driver.effects == [.countConnections(sources)])
        driver.press(.end, .character("y"))
        #expect(driver.plansApplied == 1)
    }

    @Test func `how many are marked is told, also beside a filter, and how many it hides`() {
        var driver = Driver(120, 40)
        driver.press(.character(" "), .character(" "))
        #expect(driver.screen.contains("2 marked  (Esc clears)"))
        driver.press(.character("/"))
        driver.type("main")
        driver.press(.enter)
        #expect(driver.screen.contains("Filter: main  (Esc clears); 2 marked, 1 of them not shown"))
    }

    @Test func `all that a filter shows are marked at once`() {
        var driver = Driver(120, 40)
        driver.press(.character("/"))
        driver.type("!main")
        driver.press(.enter, .character(":"))
        driver.type("mark all")
        driver.press(.enter)
        #expect(
            driver.state.marked == Set(["172.31.26.176", "172.31.26.180"].map(SampleBox.prefix)))
    }
}
