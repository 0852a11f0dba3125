import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct LogTests {
    private func rows(_ driver: Driver) -> [String] {
        driver.state.shownTable.rows.map { $0.cells.map(\.text).joined(separator: "|") }
    }

    @Test func `a reading that repeats is one row with a count and its last time`() {
        var book = LogBook()
        book.add((0..<50).map { SampleLog.run(SampleLog.listing, at: $0 * 1000, took: 50 - $0) })
        #expect(book.entries.count == 1)
        guard case .ran(let runs) = book.entries.first?.what else {
            Issue.record("no run")
            return
        }
        #expect(runs.times == 50)
        #expect(runs.longestMicroseconds == 50)
        #expect(runs.last.microseconds == 1)
        #expect(runs.sinceMilliseconds == SampleLog.start)
        #expect(book.entries.first?.atMilliseconds == SampleLog.start + 49_000)
    }

    @Test func `two readings in turn stay two rows, the newest last`() {
        var book = LogBook()
        for second in 0..<10 {
            book.add([
                SampleLog.run(SampleLog.listing, at: Int64(second) * 1000),
                SampleLog.run("ip -json -N -details addr show", at: Int64(second) * 1000 + 5),
            ])
        }
        #expect(book.entries.count == 2)
        #expect(book.entries.map(\.id) == [0, 1])
    }

    @Test func `a reading that ends otherwise is another row`() {
        var book = LogBook()
        book.add([
            SampleLog.run(SampleLog.listing), SampleLog.run(SampleLog.listing),
            SampleLog.run(SampleLog.listing, .exited(4, error: "locked")),
            SampleLog.run(SampleLog.listing, .failed("no answer in 5 s")),
        ])
        #expect(book.entries.count == 3)
    }

    @Test func `steps are never folded`() {
        var book = LogBook()
        book.add([SampleLog.run("ip rule add pref 1"), SampleLog.run("ip rule add pref 1")])
        #expect(book.entries.count == 2)
    }

    @Test func `the log is bounded, and the oldest goes first`() {
        var book = LogBook()
        book.add((0..<2000).map { SampleLog.run("ip rule add pref \($0)", at: Int64($0)) })
        #expect(book.entries.count == LogBook.capacity)
        #expect(book.entries.first?.atMilliseconds == SampleLog.start + 1500)
    }

    @Test func `a change stands behind its steps, though its time is told in whole seconds`() {
        var book = LogBook()
        book.add([
            SampleLog.run("ip rule add pref 1", at: 5400),
            SampleLog.run("ip rule add pref 2", at: 7100),
        ])
        book.add([SampleLog.change(at: 5000), SampleLog.change(at: -5000)])
        #expect(book.entries.map(\.id) == [3, 0, 2, 1])
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
        #expect(rows.first?.contains("≠ drift") == true)
        #expect(rows.first?.contains("172.31.26.176 leaves by eth1, kept: eth0") == true)
        #expect(rows.last?.contains("✓ as kept") == true)
        #expect(!driver.screen.contains("differs from"))
    }

    @Test func `the end is followed until somebody scrolls, and again after G`() {
        var driver = Driver()
        driver.press(.character("@"))
        func add(_ number: Int) {
            driver.send(.commandsRan([SampleLog.run("ip rule add pref \(number)")]))
        }
        for number in 0..<60 { add(number) }
        #expect(driver.screen.contains("▸") && driver.screen.contains("pref 59"))
        #expect(driver.screen.contains("follows the end"))
        driver.press(.up)
        let selected = driver.state.table.selected
        for number in 60..<90 { add(number) }
        #expect(driver.state.table.selected == selected)
        #expect(driver.screen.contains("pref 58"))
        #expect(!driver.screen.contains("pref 89"))
        #expect(driver.screen.contains("held, G follows the end"))
        driver.press(.character("G"))
        add(90)
        #expect(driver.screen.contains("pref 90"))
    }

    @Test func `steps, readings, changes and the guard are told apart, and the filter finds them`()
    {
        var driver = Driver(160, 40)
        SampleLog.play(&driver)
        driver.press(.character("7"), .character("/"))
        driver.type("● change")
        #expect(rows(driver).count == 2)
        #expect(rows(driver).last?.contains("● change|1|1.3 s||conntrack -D") == true)
        driver.press(.control("u"))
        driver.type("guard")
        #expect(
            rows(driver).map { $0.hasSuffix("was lost, likely by dhclient") } == [true])
        driver.press(.control("u"))
        driver.type("timer")
        #expect(rows(driver).first?.hasPrefix("20:13:20|← revert") == true)
        driver.press(.escape)
        #expect(rows(driver).first?.hasPrefix("11-13|✓ kept") == true)
        #expect(driver.screen.contains("guard ● running"))
        driver.send(.guardSeen(isRunning: false))
        #expect(driver.screen.contains("guard ○ not running"))
    }

    @Test func `Enter shows what a program said, and the steps of a change`() {
        var driver = Driver(120, 40)
        SampleLog.play(&driver)
        driver.press(.character("7"), .character("/"))
        driver.type("conntrack")
        driver.press(.enter, .enter)
        #expect(driver.screen.contains("0 flow entries have been deleted."))
        #expect(driver.screen.contains("a step: it changes the box"))
        #expect(driver.screen.contains("2023-11-14 22:14:22"))
        driver.press(.escape, .character("/"), .control("u"))
        driver.type("failed")
        driver.press(.enter, .enter)
        #expect(driver.screen.contains("Its steps:"))
        #expect(driver.screen.contains("root from 198.51.100.7"))
    }

    @Test func `Y copies a command of the log as it was run`() {
        var driver = Driver(120, 40)
        SampleLog.play(&driver)
        driver.press(.character("7"), .character("/"))
        driver.type("rule add")
        driver.press(.enter, .character("Y"))
        let command = "ip rule add from 172.31.26.175 lookup 20001 priority 5000 protocol 201"
        #expect(driver.effects == [.copy(command)])
    }

    @Test func `a row that is clicked stays selected while the log grows`() {
        var driver = Driver(120, 40)
        driver.press(.character("7"))
        for number in 0..<5 {
            driver.send(.commandsRan([SampleLog.run("ip rule add pref \(number)")]))
        }
        driver.state.tables[.log]?.select(driver.state.shownTable.rows[1].id)
        driver.send(.commandsRan([SampleLog.run("ip rule add pref 9")]))
        #expect(driver.state.table.selected == driver.state.shownTable.rows[1].id)
        #expect(driver.screen.contains("held, G follows the end"))
    }

    @Test func `the frozen log stands still`() {
        var driver = Driver()
        SampleLog.play(&driver)
        driver.press(.character("7"), .character("p"))
        let before = driver.state.shownTable
        driver.send(.commandsRan([SampleLog.run("ip rule add pref 1")]))
        #expect(driver.state.shownTable == before)
        driver.press(.character("p"))
        #expect(driver.state.shownTable != before)
    }

    @Test func `a new reading does not make the rows of the log anew, nor the log those of a view`()
    {
        var driver = Driver()
        driver.press(.character("4"))
        let nat = driver.state.tableMakings
        driver.send(.commandsRan([SampleLog.run("ip rule add pref 1")]))
        #expect(driver.state.tableMakings == nat)
        driver.press(.character("7"))
        let log = driver.state.tableMakings
        driver.read(SampleBox.snapshot(seconds: 3))
        #expect(driver.state.tableMakings == log)
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

    @Test func `names that are looked up one by one hide nothing`() {
        var book = LogBook()
        book.add((1...40).map { SampleLog.run("getent hosts 10.0.0.\($0)", at: $0) })
        book.add([SampleLog.run("getent ahostsv4 db.example", at: 50)])
        #expect(book.entries.count == 2)
        guard case .ran(let runs) = book.entries[0].what else { return }
        #expect(runs.times == 40 && runs.last.command.isReading)
    }
}
