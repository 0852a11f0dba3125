import NATModel
import NATScreen
import Testing

@testable import NATDashboard

/// What a wide screen tells of the host under the bar, and a window that is not in front of the box.
@Suite struct AsideTests {
    private static let host = SampleBox.address("172.31.26.175")

    private func asked(_ driver: Driver) -> [IPv4Address] {
        driver.effects.compactMap { if case .askKernel(let host, _) = $0 { host } else { nil } }
    }

    private func tick(_ driver: inout Driver, after milliseconds: Int64) {
        driver.now += milliseconds
        driver.send(.tick(atMilliseconds: driver.now, wallClock: "12:03:05"))
    }

    @Test func `the kernel is asked about the host on which the bar rests, once`() {
        var driver = Driver(200, 50)
        tick(&driver, after: 1000)
        #expect(asked(driver) == [Self.host])
        driver.send(RuleQuestionTests.answer("eth0", FIBTable.main, for: Self.host))
        #expect(driver.screen.contains("KERNEL     by eth0 via 172.31.0.1, table main"))
        for _ in 0..<5 { tick(&driver, after: 1000) }
        #expect(asked(driver) == [Self.host])
        // Who scrolls past a host does not mean it.
        driver.press(.down, .up, after: 20)
        #expect(asked(driver).count == 1)
        driver.press(.down, after: 20)
        tick(&driver, after: 1000)
        #expect(asked(driver).last == SampleBox.address("172.31.26.176"))
    }

    @Test func `it is asked again when rules are others, and never where nobody sees it`() {
        var driver = Driver(200, 50)
        tick(&driver, after: 1000)
        var snapshot = SampleBox.snapshot(seconds: 5)
        snapshot.rules = snapshot.rules.map { Array($0.dropLast()) }
        driver.read(snapshot)
        #expect(asked(driver) == [Self.host, Self.host])
        driver = Driver(150, 50)
        for _ in 0..<5 { tick(&driver, after: 1000) }
        #expect(asked(driver).isEmpty)
    }

    @Test func `the window is called by the box, and by what wants to be looked at`() {
        var driver = Driver(120, 40)
        #expect(driver.state.windowTitle == "natdeck nat-1  !1")
        driver.read(GoldenScreens.proving)
        let problems = driver.state.observed.problems.count
        #expect(driver.state.windowTitle == "natdeck nat-1  ≠2  !\(problems)")
        var snapshot = SampleBox.snapshot(seconds: 5)
        snapshot.pending = .value(
            PendingChange(
                id: "1", title: "it", author: "root",
                state: .awaitsKeep(remainingMilliseconds: 50_000)))
        driver.read(snapshot)
        #expect(driver.state.windowTitle.hasSuffix("  keep?"))
        // It tells of now, also while the screen stands still.
        driver.press(.character("p"))
        driver.read(GoldenScreens.proving)
        #expect(!driver.state.windowTitle.hasSuffix("  keep?"))
        #expect(DashboardState(size: Size(columns: 80, rows: 24)).windowTitle == "natdeck")
    }
}
