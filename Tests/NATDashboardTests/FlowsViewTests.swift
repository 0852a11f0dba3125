import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct FlowsViewTests {
    private static let host = SampleBox.prefix("172.31.26.176")

    /// A flow of the host that answers come back to by this address of the box.
    static func flow(
        _ number: Int, by own: String, transport: UInt8 = 6, carried: UInt64 = 0,
        hasReplied: Bool = true
    ) -> ConntrackFlow {
        let port = UInt16(40_000 + number)
        let outside = SampleBox.address("198.51.100.\(10 + number % 2)")
        var flow = ConntrackFlow(
            original: .init(
                source: host.network, destination: outside, transport: transport,
                sourcePort: port, destinationPort: 443),
            reply: .init(
                source: outside, destination: SampleBox.address(own), transport: transport,
                sourcePort: 443, destinationPort: port),
            status: ConntrackFlow.status(hasReplied: hasReplied, isSourceTranslated: true),
            timeoutSeconds: 431_990, tcpState: transport == 6 ? .established : nil)
        var traffic = ConntrackFlow.Traffic()
        traffic.originalBytes = carried
        traffic.replyBytes = carried * 2
        flow.traffic = traffic
        return flow
    }

    static func sample(_ flows: [ConntrackFlow]) -> Reading<FlowSample> {
        var sample = FlowSample()
        for flow in flows { sample.add(flow) }
        return .value(sample)
    }

    /// Two flows by eth1, where the host is wanted, and one by eth0, half a second apart.
    static func play(_ driver: inout Driver, _ way: Key = .down) {
        driver.press(way, .character("5"))
        for carried in [0, 4000] as [UInt64] {
            driver.send(
                .flowsRead(
                    sample([
                        flow(1, by: "172.31.8.208", carried: carried),
                        flow(2, by: "172.31.8.208"),
                        flow(3, by: "172.31.8.207", transport: 17, hasReplied: false),
                    ]), of: [host], atMilliseconds: driver.now))
            driver.now += 1000
        }
    }

    private func asked(_ driver: Driver) -> [[IPv4Prefix]] {
        driver.effects.compactMap { if case .readFlows(let sources) = $0 { sources } else { nil } }
    }

    @Test func `flows are asked for when they are looked at, of the host under the bar`() {
        var driver = Driver(120, 40)
        driver.read(SampleBox.snapshot(seconds: 3))
        #expect(asked(driver).isEmpty)
        driver.press(.down, .character("5"))
        #expect(asked(driver) == [[Self.host]])
        // Nobody asks twice before the answer, and again once it is old.
        driver.read(SampleBox.snapshot(seconds: 4))
        #expect(asked(driver).count == 1)
        driver.send(
            .flowsRead(Self.sample([]), of: [Self.host], atMilliseconds: driver.now))
        driver.read(SampleBox.snapshot(seconds: 5))
        #expect(asked(driver).count == 2)
        driver.send(.flowsRead(Self.sample([]), of: [Self.host], atMilliseconds: driver.now))
        driver.press(.character("1"))
        driver.effects = []
        driver.read(SampleBox.snapshot(seconds: 9))
        #expect(asked(driver).isEmpty)
    }

    @Test func `flows that take long are read seldom, and how old they are is told`() {
        var driver = Driver(120, 40)
        driver.press(.down, .character("5"))
        var slow = FlowSample()
        slow.tookMilliseconds = 500
        driver.send(.flowsRead(.value(slow), of: [Self.host], atMilliseconds: driver.now))
        // A twentieth of a core: a reading of half a second every ten.
        for second in 1...9 {
            driver.read(SampleBox.snapshot(seconds: UInt64(second)))
            #expect(asked(driver).count == 1, "\(second)")
        }
        #expect(driver.screen.contains("Flows of 172.31.26.176: 0, 9 s old"))
        driver.read(SampleBox.snapshot(seconds: 10))
        #expect(asked(driver).count == 2)
        driver.send(.flowsRead(Self.sample([]), of: [Self.host], atMilliseconds: driver.now))
        driver.read(SampleBox.snapshot(seconds: 11))
        #expect(asked(driver).count == 3)
        #expect(!driver.screen.contains(" old"))
    }

    @Test func `marked hosts come before the one under the bar`() {
        var driver = Driver(120, 40)
        driver.press(.character(" "), .character(" "), .character("5"))
        #expect(asked(driver).last?.count == 2)
    }

    @Test func `each flow tells what the outside sees, and whether that is wanted`() {
        var driver = Driver(160, 40)
        Self.play(&driver)
        let rows = driver.screen.split(separator: "\n")
        #expect(driver.screen.contains("Flows of 172.31.26.176: 3, of them 1 by eth0 ≠"))
        let first = rows.first { $0.contains("40001") } ?? ""
        for part in [
            "tcp", "203.0.113.195:40001 ✓", "eth1", "ESTABLISHED", "5 d", "64.0k", "32.0k",
        ] {
            #expect(first.contains(part), "\(first)")
        }
        let astray = rows.first { $0.contains("40003") } ?? ""
        for part in ["udp", "203.0.113.178:40003 ≠", "eth0", "one way"] {
            #expect(astray.contains(part), "\(astray)")
        }
        // What carries the most comes first.
        #expect(
            driver.state.shownTable.rows.first.map { $0.cells[1].text.hasSuffix("40001") } == true)
    }

    @Test func `g puts them together by peer, port and public IP`() {
        var driver = Driver(120, 40)
        Self.play(&driver)
        func names() -> [String] { driver.state.shownTable.rows.map { $0.cells[0].text } }
        driver.press(.character("g"))
        #expect(names() == ["198.51.100.11", "198.51.100.10"])
        driver.press(.character("g"))
        #expect(names() == ["tcp 443", "udp 443"])
        driver.press(.character("g"))
        #expect(names() == ["203.0.113.195", "203.0.113.178"])
        driver.press(.character("g"))
        #expect(names().count == 3)
    }

    @Test func `Enter tells both tuples, h goes to the host, Escape back to the overview`() {
        var driver = Driver(120, 40)
        Self.play(&driver)
        driver.press(.enter)
        #expect(driver.screen.contains("172.31.26.176:40001 → 198.51.100.11:443"))
        #expect(driver.screen.contains("198.51.100.11:443 → 172.31.8.208:40001"))
        driver.press(.escape, .character("h"))
        #expect(driver.state.view == .overview)
        #expect(driver.state.table.selected == .host(Self.host))
        driver.press(.character("5"), .escape)
        #expect(driver.state.view == .overview)
    }

    @Test func `x plans the end of a flow, of a group, or of what a host has left elsewhere`() {
        var driver = Driver(120, 40)
        driver.state = DashboardState(
            size: driver.state.size, settings: Driver.settings, makePlan: Planner.plan)
        driver.read(GoldenScreens.proving)
        driver.press(.home, .down, .character("x"))
        #expect(driver.screen.contains("still on eth0"))
        driver.press(.escape)
        Self.play(&driver, .home)
        driver.press(.home, .character("x"))
        #expect(driver.screen.contains("end tcp"))
        #expect(driver.screen.contains("conntrack -D -p tcp"))
        var live = LiveConnections()
        for (number, words) in [(1, "it may end:"), (2, "some of them end:")] {
            live.add(Self.flow(number, by: "172.31.8.208"))
            driver.send(.connectionsCounted([Self.host: live], of: [Self.host]))
            #expect(driver.screen.contains(words))
        }
        driver.press(.escape, .character("g"), .character("x"))
        #expect(driver.screen.contains("Apply this plan?"))
        driver.press(.escape)
        #expect(driver.plansApplied == 0)
    }

    @Test func `an answer to an older question is none, and a failure is told`() {
        var driver = Driver(120, 40)
        driver.press(.down, .character("5"))
        driver.send(
            .flowsRead(
                Self.sample([Self.flow(1, by: "172.31.8.208")]),
                of: [SampleBox.prefix("172.31.26.175")], atMilliseconds: driver.now))
        #expect(driver.screen.contains("reading…"))
        driver.send(
            .flowsRead(
                .failed(ReadFailure("conntrack -L", "Operation not permitted")), of: [Self.host],
                atMilliseconds: driver.now))
        #expect(driver.screen.contains("unknown: conntrack -L: Operation not permitted"))
    }

    @Test func `of very many flows the first are listed, and their number is told`() {
        var driver = Driver(120, 40)
        driver.press(.down, .character("5"))
        driver.send(
            .flowsRead(
                Self.sample(
                    (0..<FlowSample.most + 7).map { Self.flow($0 % 20_000, by: "172.31.8.208") }),
                of: [Self.host], atMilliseconds: driver.now))
        #expect(driver.screen.contains("176: 5007, the first 5000 listed"))
    }

    /// One that is live, by eth1 as wanted, and two that are over, by eth0.
    private static func closing(_ driver: inout Driver) {
        var over = [flow(5, by: "172.31.8.207"), flow(4, by: "172.31.8.207")]
        over[0].tcpState = .timeWait
        over[1].tcpState = .closed
        driver.press(.down, .character("5"))
        driver.send(
            .flowsRead(
                sample(over + [flow(1, by: "172.31.8.208")]), of: [host],
                atMilliseconds: driver.now))
    }

    @Test func `closed flows are dim and last, and are no exception`() {
        var driver = Driver(160, 40)
        Self.closing(&driver)
        #expect(driver.screen.contains("Flows of 172.31.26.176: 3, 2 closed"))
        #expect(!driver.screen.contains("of them"))
        let rows = Array(driver.state.shownTable.rows)
        for row in rows.dropFirst() {
            #expect(row.cells.allSatisfy { $0.style.role == .dim }, "\(row)")
            #expect(!row.cells.contains { $0.text.contains("≠") || $0.text.contains("✓") })
        }
        #expect(rows.map { $0.cells[5].text } == ["ESTABLISHED", "TIME_WAIT", "CLOSE"])
        // Whatever they are ordered by.
        driver.press(.character("I"))
        #expect(
            driver.state.shownTable.rows.map { $0.cells[5].text } == [
                "ESTABLISHED", "TIME_WAIT", "CLOSE",
            ])
        driver.press(.character("g"))
        #expect(driver.state.shownTable.rows.map { $0.cells[1].text } == ["1", "0"])
        #expect(driver.state.shownTable.rows.map { $0.cells[3].text } == ["1", "1"])
    }

    @Test func `s chooses what flows are ordered by, and what groups are`() {
        var driver = Driver(160, 40)
        Self.play(&driver)
        func ports() -> [String] {
            driver.state.shownTable.rows.map { String($0.cells[1].text.suffix(5)) }
        }
        driver.press(.character("s"))
        #expect(driver.screen.contains("What carries the most"))
        driver.press(.down, .down, .enter)
        #expect(driver.screen.contains("SOURCE▴"))
        #expect(ports() == ["40001", "40002", "40003"])
        driver.press(.character("I"))
        #expect(ports() == ["40003", "40002", "40001"])
        // The hosts keep their own order.
        #expect(driver.state.sort == .attention && !driver.state.isSortInverted)
        driver.press(.character("g"), .character(">"))
        #expect(driver.screen.contains("PEER▴"))
        #expect(
            driver.state.shownTable.rows.map { $0.cells[0].text } == [
                "198.51.100.10", "198.51.100.11",
            ])
    }

    @Test func `every order of flows puts each of them somewhere, and the other way round`() {
        var driver = Driver(160, 40)
        Self.play(&driver)
        let all = Set(driver.state.shownTable.rows.map(\.id))
        for column in FlowSort.allCases {
            driver.state.flowSort = ColumnOrder(column: column)
            driver.send(.tick(atMilliseconds: driver.now, wallClock: "12:03:05"))
            #expect(Set(driver.state.shownTable.rows.map(\.id)) == all, "\(column)")
        }
        driver.state.flowSort = ColumnOrder(column: .destination, isInverted: true)
        driver.send(.tick(atMilliseconds: driver.now, wallClock: "12:03:06"))
        #expect(
            driver.state.shownTable.rows.map { $0.cells[2].text }.first == "198.51.100.11:443")
    }
}
