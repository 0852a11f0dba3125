import NATModel
import Testing

@testable import NATDashboard

/// The log as a book: what becomes one entry.
@Suite struct LogBookTests {
    private func deeds(_ book: LogBook) -> [LogBook.What] { book.entries.map(\.what) }

    @Test func `a reading that repeats is told once, with a count and its last time`() {
        var readings = Readings()
        for second in 0..<50 {
            readings.add(
                SampleLog.run(SampleLog.listing, at: Int64(second) * 1000, took: 50 - Int64(second))
            )
        }
        #expect(readings.runs.count == 1)
        #expect(readings.count == 50)
        #expect(readings.runs.first?.times == 50)
        #expect(readings.runs.first?.longestMicroseconds == 50)
        #expect(readings.runs.first?.last.microseconds == 1)
        #expect(readings.sinceMilliseconds == SampleLog.start)
    }

    @Test func `a reading that ends otherwise is told apart`() {
        var readings = Readings()
        for ending in [
            .exited(0, error: ""), .exited(0, error: ""), .exited(4, error: "locked"),
            .failed("no answer in 5 s"),
        ] as [CommandRun.Ending] {
            readings.add(SampleLog.run(SampleLog.listing, ending))
        }
        #expect(readings.runs.map(\.times) == [2, 1, 1])
    }

    @Test func `names that are looked up one by one hide nothing`() {
        var readings = Readings()
        for number in 1...40 {
            readings.add(SampleLog.run("getent hosts 10.0.0.\(number)", at: Int64(number)))
        }
        readings.add(SampleLog.run("getent ahostsv4 db.example", at: 50))
        #expect(readings.runs.count == 2)
        #expect(readings.runs[0].times == 40)
    }

    @Test func `a change is one line with the commands it ran, however many`() {
        var book = LogBook()
        book.begin("172.31.26.176 → eth1", atMilliseconds: SampleLog.start)
        for number in 0..<40 { book.add([SampleLog.run("ip rule add pref \(number)")]) }
        #expect(book.entries.isEmpty && book.rows.count == 1)
        book.add([SampleLog.own()])
        #expect(book.rows.count == 1)
        guard case .changed(let change)? = deeds(book).first else {
            Issue.record("no change")
            return
        }
        #expect(change.runs.count == 40)
        // What comes next is another one's.
        book.add([SampleLog.change()])
        guard case .changed(let other)? = deeds(book).last else { return }
        #expect(other.runs.isEmpty)
    }

    @Test func `a change of another process takes none of the commands of this one`() {
        var book = LogBook()
        book.begin("172.31.26.176 → eth1", atMilliseconds: SampleLog.start)
        book.add([SampleLog.run("ip rule add pref 1")])
        book.add([SampleLog.change()])
        guard case .changed(let other)? = deeds(book).first else { return }
        #expect(other.runs.isEmpty)
        guard case .open(let open)? = book.rows.last?.what else {
            Issue.record("it is gone")
            return
        }
        #expect(open.runs.count == 1)
    }

    @Test func `who settles another's change has run the commands of its end`() {
        var book = LogBook()
        let pending = PendingChange.waiting("it", id: SampleLog.change().id, milliseconds: 1)
        book.take(pending: pending, atMilliseconds: SampleLog.start)
        #expect(book.rows.count == 1)
        book.settle(pending)
        book.add([SampleLog.run("ip rule del pref 1")])
        book.take(pending: nil, atMilliseconds: SampleLog.start)
        book.add([SampleLog.change(.reverted)])
        guard case .changed(let change)? = deeds(book).first else { return }
        #expect(change.runs.count == 1)
        #expect(book.rows.count == 1)
    }

    @Test func `a change whose end the history does not tell hides none of its commands`() {
        var book = LogBook()
        book.begin("one", atMilliseconds: SampleLog.start)
        book.add([SampleLog.run("ip rule add pref 1")])
        book.begin("two", atMilliseconds: SampleLog.start)
        book.add([SampleLog.own()])
        #expect(book.entries.count == 2)
        guard case .open(let open)? = deeds(book).first else {
            Issue.record("it is gone")
            return
        }
        #expect(open.deed == "one" && open.state == .untold && open.runs.count == 1)
    }

    @Test func `the first flow of a change stands on its line, before and after it is kept`() {
        for isKeptFirst in [false, true] {
            var book = LogBook()
            book.begin("172.31.26.176 → eth1", atMilliseconds: SampleLog.start)
            if isKeptFirst { book.add([SampleLog.own()]) }
            book.prove("first flow seen as 203.0.113.195 after 1.2 s")
            if !isKeptFirst { book.add([SampleLog.own()]) }
            #expect(
                LogStory(book.entries[0].what).line.text
                    == "✓ 172.31.26.176 → eth1, kept by root from 198.51.100.7; first flow seen as"
                    + " 203.0.113.195 after 1.2 s")
        }
    }

    @Test func `the log is bounded, and the oldest goes first`() {
        var book = LogBook()
        for time in 0..<2000 {
            book.add([Deed(what: "it")], atMilliseconds: SampleLog.start + Int64(time))
        }
        #expect(book.entries.count == LogBook.capacity)
        #expect(book.entries.first?.atMilliseconds == SampleLog.start + 1500)
    }

    @Test
    func `a change stands behind what came before it, though its time is told in whole seconds`() {
        var book = LogBook()
        book.add([Deed(what: "one")], atMilliseconds: SampleLog.start + 5400)
        book.add([Deed(what: "two")], atMilliseconds: SampleLog.start + 7100)
        book.add([SampleLog.change(at: 5000), SampleLog.change(at: -5000)])
        #expect(book.entries.map(\.id) == [3, 0, 2, 1])
    }
}
