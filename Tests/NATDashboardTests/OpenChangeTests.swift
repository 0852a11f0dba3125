import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// A change that has not ended yet, as it is told among what happened.
@Suite struct OpenChangeTests {
    /// EC2-B was moved and waits for its keep.
    private func waiting(_ driver: inout Driver) {
        driver.press(.down, .character("a"), .character("1"), .end, .character("y"))
        driver.send(.applied(.awaitsKeep(seconds: 60), atMilliseconds: driver.now))
        var change = PendingChange.waiting(
            "EC2-B", id: SampleLog.own().id, by: "root from 10.0.0.9 (process 4711)")
        change.person = "root from 10.0.0.9"
        change.sources = [SampleBox.prefix("172.31.26.176")]
        var snapshot = SampleBox.snapshot(seconds: 3)
        snapshot.pending = .value(change)
        driver.read(snapshot)
    }

    private func happened(_ driver: Driver) -> [String] {
        let lines = driver.screen.split(separator: "\n").drop { !$0.contains("what happened") }
        return lines.dropFirst().map(String.init)
    }

    @Test(arguments: [PastChange.Ending.kept, .reverted])
    func `a change is told when it was made, and its end in the place of that`(
        ending: PastChange.Ending
    ) {
        var driver = Driver(140, 40)
        waiting(&driver)
        let told = "… 172.31.26.176 → eth0, awaits its keep, begun by root from 10.0.0.9"
        #expect(happened(driver).first?.hasSuffix(told) == true, "\(driver.screen)")
        // What somebody does meanwhile is the latest.
        var off = SampleBox.snapshot(seconds: 6)
        off.pending = driver.state.latest?.pending ?? .value(nil)
        off.sysctls = off.sysctls.map { $0.merging(["net.ipv4.ip_forward": 0]) { $1 } }
        driver.read(off)
        #expect(happened(driver)[0].contains("net.ipv4.ip_forward became 0"))
        #expect(happened(driver)[1].hasSuffix(told))
        driver.press(.enter)
        #expect(driver.screen.contains("What happened to it"))
        #expect(driver.screen.contains("172.31.26.176 → eth0, awaits its keep"))
        driver.press(.escape)
        var end = SampleLog.own(ending)
        end.deed = "172.31.26.176 → eth0"
        driver.send(.changesEnded([end]))
        #expect(!driver.screen.contains("awaits its keep"))
        #expect(driver.screen.contains("172.31.26.176 → eth0, \(ending.words)"))
    }

    @Test func `who made a change that waits is a person, and opens with the process`() {
        var driver = Driver(120, 40)
        waiting(&driver)
        driver.press(.character("7"))
        let row = driver.state.shownTable.rows.last?.cells.map(\.text).joined(separator: "|")
        #expect(
            row?.hasSuffix(
                "|…|root from 10.0.0.9|172.31.26.176 → eth0, awaits its keep") == true)
        driver.press(.enter)
        #expect(driver.screen.contains("Who     root from 10.0.0.9 (process 4711)"))
    }

    @Test func `the first flow of a change stands on its line while it waits`() {
        var book = LogBook()
        book.begin("172.31.26.176 → eth1", atMilliseconds: SampleLog.start)
        book.prove("first flow seen as 203.0.113.195 after 1.2 s")
        #expect(book.deeds(most: 1).isEmpty)
        var change = PendingChange.waiting(
            "it", id: SampleLog.own().id, by: "root (process 4711)", milliseconds: 1)
        book.take(pending: change, atMilliseconds: SampleLog.start)
        #expect(
            book.deeds(most: 1).map { LogStory($0.what).line.text } == [
                "… 172.31.26.176 → eth1, awaits its keep, begun by root (process 4711); first flow"
                    + " seen as 203.0.113.195 after 1.2 s"
            ])
        // Of another's change it says nothing.
        book.add([SampleLog.own()])
        change.id = "2"
        change.person = "root"
        book.take(pending: change, atMilliseconds: SampleLog.start)
        book.prove("no answered flow within 30 s")
        let lines = book.deeds(most: 2).map { LogStory($0.what).line.text }
        #expect(lines.first == "… it, awaits its keep, begun by root")
        #expect(lines.last?.hasSuffix("; no answered flow within 30 s") == true)
    }
}
