import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct LogTests {
    private func rows(_ driver: Driver) -> [String] {
        driver.state.shownTable.rows.map { $0.cells.map(\.text).joined(separator: "|") }
    }

    private func opened(_ driver: Driver) -> [String] {
        driver.screen.split(separator: "\n").map { String($0.drop { $0 != "│" }.dropFirst(2)) }
    }

    @Test func `all that natdeck reads is one line, which moves no other`() {
        var driver = Driver(120, 40)
        driver.press(.character("7"))
        SampleLog.play(&driver)
        let before = rows(driver)
        // It stands where it began.
        #expect(before[2] == "22:13:20|·|natdeck|reads the box by 3 commands, 64 runs")
        driver.send(.commandsRan([SampleLog.run(SampleLog.listing, at: 90_000)]))
        let after = rows(driver)
        #expect(after[2].hasSuffix("65 runs"))
        #expect(after.prefix(2) + after.dropFirst(3) == before.prefix(2) + before.dropFirst(3))
    }

    @Test func `a plan that was refused leaves nothing behind`() {
        var driver = Driver(120, 40)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.send(
            .applied(
                .refused(PlanRefusal("the box", "busy")), atMilliseconds: driver.now))
        #expect(driver.state.observed.log.rows.isEmpty)
    }

    @Test func `drift is noted when it comes and when it goes, not with every reading`() {
        var driver = Driver(120, 40)
        var snapshot = SampleBox.snapshot()
        snapshot.saved = .value([
            SavedAssignment(source: SampleBox.prefix("172.31.26.176"), egress: "eth0"),
            SavedAssignment(source: SampleBox.prefix("172.31.26.180"), egress: "eth1"),
        ])
        driver.read(snapshot)
        driver.read(snapshot)
        driver.press(.character("7"))
        #expect(driver.screen.contains("≠ 1 host differs from what was kept"))
        driver.read(SampleBox.snapshot())
        driver.read(SampleBox.snapshot())
        let rows = rows(driver)
        #expect(rows.count == 2)
        #expect(rows.first?.hasSuffix("|≠||172.31.26.176 leaves by eth1, kept: eth0") == true)
        #expect(rows.last?.hasSuffix("|✓||every host leaves as it was kept") == true)
        #expect(!driver.screen.contains("differs from"))
    }

    @Test func `what somebody did has told of the hosts that leave otherwise since`() {
        var driver = Driver(120, 40)
        var snapshot = SampleBox.snapshot(seconds: 3)
        snapshot.saved = .value([
            SavedAssignment(source: SampleBox.prefix("172.31.26.176"), egress: "eth1")
        ])
        driver.read(snapshot)
        var moved = GoldenScreens.proving
        moved.saved = snapshot.saved
        driver.read(moved)
        #expect(driver.state.observed.hosts.contains { $0.drift != nil })
        let told = driver.state.observed.log.entries.map { LogStory($0.what).line.text }
        #expect(told.count { $0.contains("172.31.26.176") } == 1, "\(told)")
        // What was told by nobody's entry is taken back by none.
        driver.read(snapshot)
        #expect(
            !driver.state.observed.log.entries.contains {
                LogStory($0.what).what.hasPrefix("every host")
            })
    }

    private func deed(_ number: Int) -> Message {
        var change = SampleLog.change(at: Int64(number) * 1000)
        change.deed = "deed \(number)"
        return .changesEnded([change])
    }

    @Test func `the end is followed until somebody scrolls, and again after G`() {
        var driver = Driver()
        driver.press(.character("@"))
        for number in 0..<60 { driver.send(deed(number)) }
        #expect(driver.screen.contains("▸") && driver.screen.contains("deed 59"))
        #expect(driver.screen.contains("follows the end"))
        driver.press(.up)
        let selected = driver.state.table.selected
        for number in 60..<90 { driver.send(deed(number)) }
        #expect(driver.state.table.selected == selected)
        #expect(driver.screen.contains("deed 58"))
        #expect(!driver.screen.contains("deed 89"))
        #expect(driver.screen.contains("held, G follows the end"))
        driver.press(.character("G"))
        driver.send(deed(90))
        #expect(driver.screen.contains("deed 90"))
    }

    @Test
    func `deeds are told apart by sign and by who did them, and the filter finds what was run`() {
        var driver = Driver(160, 40)
        SampleLog.play(&driver)
        driver.press(.character("7"), .character("/"))
        driver.type("conntrack")
        #expect(rows(driver).map { String($0.prefix(11)) } == ["22:14:22|✗|"])
        driver.press(.control("u"))
        driver.type("entries have been")
        #expect(rows(driver).count == 1)
        driver.press(.control("u"))
        driver.type("172.31.26.175/32")
        #expect(rows(driver).count == 1)
        driver.press(.control("u"))
        driver.type("guard")
        #expect(
            rows(driver) == [
                "22:14:23|✓|guard|put back: the rule of 172.31.26.176 was lost, likely by dhclient"
            ])
        driver.press(.control("u"))
        driver.type("timer")
        #expect(
            rows(driver) == [
                "20:13:20|←|root from 198.51.100.7|172.31.26.176 → eth1, taken back by the timer"
            ])
        driver.press(.escape)
        #expect(rows(driver).first?.hasPrefix("11-13|✓|") == true)
        #expect(driver.screen.contains("guard ● running"))
        driver.send(.guardSeen(isRunning: false))
        #expect(driver.screen.contains("guard ○ not running"))
    }

    @Test func `Enter opens the commands of a deed with how each ended, and those of the readings`()
    {
        var driver = Driver(120, 40)
        SampleLog.play(&driver)
        driver.press(.character("7"), .character("/"))
        driver.type("conntrack")
        driver.press(.enter, .enter)
        let lines = opened(driver)
        let steps = [
            "  ✓ ip rule add from 172.31.26.175 lookup 20001 priority 5000 protocol 201  (1.9 ms)",
            "  ✗ conntrack -D -s 172.31.26.175  (exit 1, 1.3 s)",
            "    0 flow entries have been deleted.",
        ]
        for step in steps { #expect(lines.contains { $0.hasPrefix(step) }, "\(step)") }
        #expect(driver.screen.contains("root from 198.51.100.7"))
        driver.press(.escape, .escape, .home, .down, .down, .enter)
        #expect(driver.screen.contains("✓ iptables-nft -t nat -nvxL  (4.2 ms)"))
        #expect(driver.screen.contains("×62, longest 4.2 ms, last 2023-11-14 22:14:21"))
        #expect(driver.screen.contains("✗ ip -json -N -details addr show  (4.2 ms)"))
        #expect(driver.screen.contains("no answer in 5 s"))
    }

    @Test func `an open deed goes on to the next one by an arrow`() {
        var driver = Driver(120, 40)
        SampleLog.play(&driver)
        driver.press(.character("7"), .enter)
        #expect(driver.screen.contains("Ended   kept by guard"))
        driver.press(.left)
        #expect(driver.screen.contains("Ended   failed and taken back by failure"))
        driver.press(.right, .right)
        #expect(driver.screen.contains("Ended   kept by guard"))
        driver.press(.escape)
        #expect(driver.state.mode == .browsing && driver.state.table.isAtEnd)
    }

    @Test func `Y copies the commands of a deed as they were run, y what it was`() {
        var driver = Driver(120, 40)
        SampleLog.play(&driver)
        driver.press(.character("7"), .character("/"))
        driver.type("failed")
        driver.press(.enter, .character("Y"), .character("y"))
        #expect(
            driver.effects == [
                .copy(
                    "ip rule add from 172.31.26.175 lookup 20001 priority 5000 protocol 201\n"
                        + "conntrack -D -s 172.31.26.175"),
                .copy("172.31.26.176 → eth1, failed and taken back: no"),
            ])
    }

    @Test func `a row that is clicked stays selected while the log grows`() {
        var driver = Driver(120, 40)
        driver.press(.character("7"))
        for number in 0..<5 { driver.send(deed(number)) }
        let second = driver.state.shownTable.rows[1].id
        driver.state.tables[.log]?.select(second)
        driver.send(deed(9))
        #expect(driver.state.table.selected == driver.state.shownTable.rows[1].id)
        #expect(driver.screen.contains("held, G follows the end"))
    }

    @Test func `the frozen log stands still`() {
        var driver = Driver()
        SampleLog.play(&driver)
        driver.press(.character("7"), .character("p"))
        let before = driver.state.shownTable
        driver.send(deed(1))
        #expect(driver.state.shownTable == before)
        driver.press(.character("p"))
        #expect(driver.state.shownTable != before)
    }

    @Test func `a new reading does not make the rows of the log anew, nor the log those of a view`()
    {
        var driver = Driver()
        driver.press(.character("4"))
        let nat = driver.state.made.makings
        driver.send(deed(1))
        #expect(driver.state.made.makings == nat)
        driver.press(.character("7"))
        let log = driver.state.made.makings
        driver.read(SampleBox.snapshot(seconds: 3))
        #expect(driver.state.made.makings == log)
    }

    @Test(
        arguments: [
            (0, 0, "1970-01-01 00:00:00"), (951_782_400_000, 0, "2000-02-29 00:00:00"),
            (1_700_000_000_000, 3600, "2023-11-14 23:13:20"),
            (1_704_067_199_999, 0, "2023-12-31 23:59:59"),
            (1_704_067_199_999, 1, "2024-01-01 00:00:00"),
            (4_107_542_400_000, 0, "2100-03-01 00:00:00"), (-1000, 0, "1969-12-31 23:59:59"),
        ] as [(Int64, Int, String)])
    func `a moment is told as clocks of the box tell it`(
        milliseconds: Int64, offset: Int, text: String
    ) {
        #expect(Moment(milliseconds: milliseconds, utcOffsetSeconds: offset).text == text)
    }

    @Test func `a history that cannot be read is said, and not shown as an empty one`() {
        var driver = Driver(120, 40)
        #expect(driver.screen.contains("nothing since natdeck was opened"))
        driver.send(
            .historyComplained(
                ReadFailure("/var/log/natdeck/history.jsonl", "Permission denied")))
        let text = "history not whole: /var/log/natdeck/history.jsonl: Permission denied"
        #expect(driver.screen.contains(text))
        #expect(!driver.screen.contains("nothing since natdeck was opened"))
        driver.press(.enter)
        #expect(driver.screen.contains("history not whole"))
        driver.press(.escape, .character("7"))
        #expect(driver.screen.contains(text))
        driver.send(.historyComplained(nil))
        #expect(!driver.screen.contains(text))
        driver.press(.character("1"))
        #expect(driver.screen.contains("nothing since natdeck was opened"))
    }

    @Test func `what happened is told as what is so now, and by whom`() {
        var driver = Driver(120, 40)
        var change = SampleLog.change()
        change.deed = "172.31.26.176 → eth1"
        change.person = "root from 198.51.100.7"
        driver.send(.changesEnded([change]))
        #expect(
            driver.screen.contains("✓ 172.31.26.176 → eth1, kept by root from 198.51.100.7"),
            "\(driver.screen)")
        #expect(!driver.screen.contains("process"))
    }
}
