import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct RuleQuestionTests {
    static let hostB = SampleBox.address("172.31.26.176")

    static func answer(_ interface: String, _ table: Int, for host: IPv4Address = hostB)
        -> Message
    {
        .kernelAnswered(
            host,
            KernelAnswer(
                command: Command(
                    "ip", "route", "get", "192.0.2.9", "from", "\(host)", "iif", "eth0"),
                input: "eth0",
                way: .value(
                    RouteAnswer(
                        interface: interface, nextHop: SampleBox.address("172.31.0.1"),
                        table: table))))
    }

    static func refusal(_ reason: String) -> Message {
        .kernelAnswered(
            hostB,
            KernelAnswer(
                command: Command("ip", "route", "get", "192.0.2.9"), input: "eth0",
                way: .failed(ReadFailure("ip route get", reason))))
    }

    private func asked() -> Driver {
        var driver = Driver(120, 40)
        driver.press(.down, .character("w"), .enter)
        return driver
    }

    @Test func `w asks for the selected host, selects the rule that decides and asks the kernel`() {
        var driver = asked()
        #expect(driver.effects == [.askKernel(Self.hostB, input: .interface("eth0"))])
        #expect(driver.state.view == .rules)
        #expect(driver.state.selectedRule?.priority == 5000)
        #expect(driver.screen.contains("▸  →5000"))
        #expect(
            driver.screen.contains(
                "→ 172.31.26.176: rule 5000 decides, table 20001, default via 172.31.0.1 dev eth1,")
        )
        #expect(driver.screen.contains("asking the kernel"))
        driver.send(Self.answer("eth1", 20001))
        #expect(driver.screen.contains("✓ the kernel says the same: eth1"))
        driver.press(.escape)
        #expect(driver.state.view == .rules)
        #expect(!driver.screen.contains("the kernel"))
    }

    @Test func `where the kernel says otherwise, it is said plainly`() {
        var driver = asked()
        driver.send(Self.answer("eth0", FIBTable.main))
        #expect(
            driver.screen.contains(
                "! the kernel says otherwise, and the kernel is right: eth0 via 172.31.0.1, table"))
        // The same interface by another table is another way.
        driver.send(Self.answer("eth1", 10001))
        #expect(driver.screen.contains("! the kernel says otherwise"))
        driver.send(Self.refusal("Network is unreachable"))
        #expect(driver.screen.contains("! the kernel says otherwise"))
    }

    @Test func `a refusal that follows from the rules is the same answer`() {
        var driver = asked()
        var snapshot = SampleBox.snapshot(seconds: 9)
        snapshot.rules = snapshot.rules.map {
            $0.filter { $0.priority < 32766 && $0.source == nil }
                + [RoutingPolicyRule(priority: 6000, action: .other("prohibit"))]
        }
        driver.effects = []
        driver.read(snapshot)
        #expect(driver.effects == [.askKernel(Self.hostB, input: .interface("eth0"))])
        driver.send(Self.refusal("Permission denied"))
        #expect(driver.screen.contains("rule 6000 decides: prohibit"))
        #expect(driver.screen.contains("✓ the kernel says the same: Permission denied"))
    }

    @Test func `without forwarding the kernel cannot say`() {
        var driver = asked()
        var snapshot = SampleBox.snapshot(seconds: 9)
        snapshot.sysctls = snapshot.sysctls.map {
            $0.merging(["net.ipv4.ip_forward": 0]) { $1 }
        }
        driver.read(snapshot)
        driver.send(Self.refusal("No route to host"))
        #expect(driver.screen.contains("? the kernel cannot say: forwarding is off"))
    }

    @Test func `rules that look at what is not known may decide`() {
        var driver = asked()
        var snapshot = SampleBox.snapshot(seconds: 9)
        let marked = RoutingPolicyRule(
            priority: 100, action: .lookup(table: FIBTable.main), mark: PacketMark(1))
        snapshot.rules = snapshot.rules.map { [$0[0], marked] + $0.dropFirst() }
        driver.read(snapshot)
        // Nothing on this box gives anybody a mark.
        #expect(driver.screen.contains("rule 5000 decides"))
        snapshot.forward = .value([SampleBox.marking])
        driver.read(snapshot)
        #expect(driver.screen.contains("rule 5000 may decide"))
        #expect(driver.screen.contains("? may decide first: rule 100 from all fwmark 0x1 lookup"))
        #expect(driver.screen.contains("?100"))
    }

    @Test func `the answer follows the rules, and the bar follows the answer`() {
        var driver = asked()
        var snapshot = SampleBox.snapshot(seconds: 9)
        snapshot.rules = snapshot.rules.map { $0.filter { $0.priority != 5000 } }
        driver.read(snapshot)
        #expect(driver.state.selectedRule?.priority == 32766)
        #expect(driver.screen.contains("rule 32766 decides, table main"))
        // Figures alone are no reason to ask again.
        driver.effects = []
        var later = snapshot
        later.counters = SampleBox.snapshot(seconds: 10).counters
        driver.read(later)
        #expect(driver.effects.isEmpty)
    }

    @Test func `what is no address is said and stays to be mended; Escape closes`() {
        var driver = Driver()
        driver.press(.character("w"), .control("u"))
        driver.type("10.0.3")
        driver.press(.enter)
        #expect(driver.screen.contains("no IPv4 address"))
        #expect(driver.effects.isEmpty)
        driver.type(".7")
        #expect(!driver.screen.contains("no IPv4 address"))
        driver.press(.enter)
        #expect(driver.effects == [.askKernel(SampleBox.address("10.0.3.7"), input: .wayBack)])
        driver.press(.character("w"), .escape)
        #expect(driver.state.mode == .browsing)
        #expect(driver.state.question?.host == SampleBox.address("10.0.3.7"))
    }

    @Test func `an address of the box is asked for as its own`() {
        var driver = Driver()
        driver.press(.character("2"), .character("w"), .control("u"))
        driver.send(.pasted("172.31.8.208\n"))
        driver.press(.enter)
        #expect(driver.effects == [.askKernel(SampleBox.address("172.31.8.208"), input: .box)])
        #expect(driver.state.selectedRule?.priority == 32765)
    }

    @Test func `an answer for another host is not shown`() {
        var driver = asked()
        driver.send(Self.answer("eth1", 20001, for: SampleBox.address("10.0.0.1")))
        #expect(driver.screen.contains("asking the kernel"))
    }

    @Test func `rules are told apart by who made them, with the hosts each decides for`() {
        var driver = Driver(200, 60)
        driver.press(.character("2"))
        let cells = driver.state.shownTable.rows.map { $0.cells.map(\.text) }
        #expect(
            cells.map { $0[1] } == [
                "· kernel", "● ours", "○ foreign", "· platform", "· kernel", "· kernel",
            ])
        #expect(cells.map { $0[3] } == ["", "1", "1", "", "1", ""])
        #expect(cells.map { $0[5] }[1] == "172.31.26.176")
    }

    @Test func `Enter shows a rule with its table and all its hosts`() {
        var driver = Driver(120, 40)
        driver.read(SampleBox.crowded(8, seconds: 70))
        driver.press(.character("2"), .end, .up, .enter)
        #expect(driver.screen.contains("32766: from all lookup main"))
        #expect(driver.screen.contains("default dev eth1 via") == false)
        #expect(driver.screen.contains("default via 172.31.0.1 dev eth1 metric 10001"))
        #expect(driver.screen.contains("Decides for 9 hosts"))
        #expect(driver.screen.contains("172.31.40.8"))
    }

    @Test func `the flows of the host say whether it is so`() {
        var driver = asked()
        #expect(driver.screen.contains("✓ all 12 flows say so: seen as 203.0.113.195"))
        driver.read(GoldenScreens.proving)
        #expect(driver.screen.contains("≠ 6 flows, 5 on 203.0.113.178"))
        driver.press(.character("w"), .control("u"))
        driver.type("10.9.9.9")
        driver.press(.enter)
        #expect(!driver.screen.contains("≠ 6 flows"))
    }
}
