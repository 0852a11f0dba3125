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

    private func listed(_ driver: Driver) -> [[IPv4Prefix]] {
        driver.effects.compactMap { if case .readFlows(let sources) = $0 { sources } else { nil } }
    }

    /// The rows of the pane that tell flows.
    private func flows(_ driver: Driver) -> [String] {
        driver.screen.split(separator: "\n").compactMap { line in
            line.split(separator: "│ ").last.map(String.init)
        }.filter { $0.hasPrefix("tcp ") || $0.hasPrefix("udp ") }
    }

    /// One that has ended on the other address, and is remembered so long.
    private func closed(_ number: Int, seconds: UInt32) -> ConntrackFlow {
        var flow = FlowsViewTests.flow(number, by: "172.31.8.207")
        flow.tcpState = .timeWait
        flow.timeoutSeconds = seconds
        return flow
    }

    @Test func `the flows of the host on which the bar rests are listed, those astray first`() {
        var driver = Driver(200, 50)
        // Who scrolls past a host does not mean it.
        driver.effects = []
        driver.press(.down, after: 20)
        #expect(listed(driver).isEmpty)
        tick(&driver, after: 300)
        let host = SampleBox.prefix("172.31.26.176")
        #expect(listed(driver) == [[host]])
        for carried in [0, 4000] as [UInt64] {
            driver.send(
                .flowsRead(
                    FlowsViewTests.sample([
                        FlowsViewTests.flow(2, by: "172.31.8.208"),
                        FlowsViewTests.flow(1, by: "172.31.8.208", carried: carried),
                        FlowsViewTests.flow(3, by: "172.31.8.207", transport: 17),
                        closed(4, seconds: 90), closed(5, seconds: 110),
                    ]), of: [host], atMilliseconds: driver.now))
            driver.now += 1000
        }
        #expect(driver.screen.contains("Its flows: 3, 2 closed "))
        #expect(
            flows(driver).map { $0.split(separator: " ").joined(separator: " ") } == [
                "udp 198.51.100.11:443 203.0.113.178 ≠ 0",
                "tcp 198.51.100.11:443 203.0.113.195 ✓ 96.0k",
                "tcp 198.51.100.10:443 203.0.113.195 ✓ 0", "tcp 198.51.100.11:443 203.0.113.178 0",
                "tcp 198.51.100.10:443 203.0.113.178 0",
            ])
        // Once an interval, and not where nobody sees them.
        tick(&driver, after: 0)
        #expect(listed(driver).count == 2)
        driver.press(.character("2"))
        for _ in 0..<5 { tick(&driver, after: 1000) }
        #expect(listed(driver).count == 2)
        // Of another host they say nothing.
        driver.press(.character("1"), .down)
        #expect(flows(driver).isEmpty)
        tick(&driver, after: 300)
        driver.send(
            .flowsRead(
                .failed(ReadFailure("conntrack", "no permission")),
                of: [SampleBox.prefix("172.31.26.180")], atMilliseconds: driver.now))
        #expect(driver.screen.contains("Its flows: unknown: conntrack: no permission"))
    }

    @Test func `whatever happened to a host, some of its many flows are told`() {
        var driver = Driver(200, 42)
        driver.press(.down)
        tick(&driver, after: 300)
        for number in 0..<20 {
            var change = SampleLog.change(at: Int64(number) * 1000)
            change.sources = [SampleBox.prefix("172.31.26.176")]
            driver.send(.changesEnded([change]))
        }
        let many = (0..<7000).map { FlowsViewTests.flow($0, by: "172.31.8.208") }
        driver.send(
            .flowsRead(
                FlowsViewTests.sample(many), of: [SampleBox.prefix("172.31.26.176")],
                atMilliseconds: driver.now))
        #expect(driver.screen.contains("Its flows: 5000 of the first 5000"))
        #expect(flows(driver).count == 5)
    }

    @Test func `the window is called by the box, and by what wants to be looked at`() {
        var driver = Driver(120, 40)
        #expect(driver.state.windowTitle == "natdeck nat-1  !1")
        driver.read(GoldenScreens.proving)
        let problems = driver.state.observed.problems.count
        #expect(driver.state.windowTitle == "natdeck nat-1  ≠2  !\(problems)")
        var snapshot = SampleBox.snapshot(seconds: 5)
        snapshot.pending = .value(.waiting("it", milliseconds: 50_000))
        driver.read(snapshot)
        #expect(driver.state.windowTitle.hasSuffix("  keep?"))
        // It tells of now, also while the screen stands still.
        driver.press(.character("p"))
        driver.read(GoldenScreens.proving)
        #expect(!driver.state.windowTitle.hasSuffix("  keep?"))
        #expect(DashboardState(size: Size(columns: 80, rows: 24)).windowTitle == "natdeck")
    }
}
