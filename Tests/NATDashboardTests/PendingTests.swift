import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// A change that awaits its keep, and what is said of its end.
@Suite struct PendingTests {
    private func pending(seconds: UInt64 = 3, _ title: String = "a move") -> Snapshot {
        var snapshot = SampleBox.snapshot(seconds: seconds)
        snapshot.pending = .value(.waiting(title))
        return snapshot
    }

    private func end(_ ending: PastChange.Ending, by: String) -> Message {
        .changesEnded([
            PastChange(
                id: "1", atMilliseconds: 0, title: "a move", ending: ending, by: by,
                author: "root from 10.0.0.9", commands: [])
        ])
    }

    @Test func `y held down after it accepted a plan does nothing else, and the countdown shows`() {
        var driver = Driver(120, 40)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.effects = []
        driver.press(.character("y"), .character("y"), after: 30)
        driver.send(.applied(.awaitsKeep(seconds: 60), atMilliseconds: driver.now))
        driver.read(pending(), after: 10)
        driver.press(.character("y"), .character("y"), after: 30)
        #expect(!driver.effects.contains { if case .copy = $0 { true } else { false } })
        #expect(driver.screen.contains("Keep? reverts in 59 s"))
        driver.press(.character("y"), .character("y"))
        #expect(driver.effects.contains { if case .copy = $0 { true } else { false } })
        #expect(driver.screen.contains("Keep? reverts in 5"))
        #expect(driver.screen.contains("copied"))
    }

    @Test(arguments: ViewKind.allCases)
    func `a take-back by the timer is told on the line of the change until a key`(view: ViewKind) {
        var driver = Driver()
        driver.read(pending())
        driver.press(view.key)
        driver.now += 60_000
        driver.send(end(.reverted, by: "timer"))
        driver.read(SampleBox.snapshot(seconds: 63), after: 0)
        let line = driver.screen.split(separator: "\n").suffix(3).first ?? ""
        #expect(line.contains("← taken back, nobody kept it: a move"))
        driver.now += 500_000
        driver.send(.tick(atMilliseconds: driver.now, wallClock: "12:12:12"))
        #expect(driver.screen.contains("nobody kept it"))
        driver.press(.down)
        #expect(!driver.screen.contains("nobody kept it"))
    }

    @Test func `that a change is over is told even before anybody tells how`() {
        var driver = Driver()
        driver.read(pending())
        driver.read(SampleBox.snapshot(seconds: 4))
        #expect(driver.screen.contains("No longer pending: a move"))
        driver.send(end(.kept, by: "operator"))
        #expect(driver.screen.contains("✓ kept by root from 10.0.0.9: a move"))
        // A key that was on its way is not one that read it.
        driver.press(.down, after: 100)
        #expect(driver.screen.contains("✓ kept"))
    }

    @Test(arguments: [true, false])
    func `the next plan waits for no reading once a change ended`(isToldByHistory: Bool) {
        var driver = Driver(120, 40)
        driver.read(pending())
        driver.send(
            isToldByHistory
                ? end(.kept, by: "operator") : .settled(.done, "kept", atMilliseconds: driver.now))
        // A reading that began before the end comes after it.
        driver.read(pending(seconds: 4))
        #expect(!driver.screen.contains("Keep? reverts in"))
        driver.press(.character("a"), .enter)
        #expect(!driver.reviewedSources.isEmpty)
    }

    @Test func `a remark ends by itself and gives way to what is wrong now`() {
        var driver = Driver()
        driver.press(.character("y"))
        #expect(driver.screen.contains("copied the host"))
        driver.send(.tick(atMilliseconds: driver.now + 8000, wallClock: "12:03:12"))
        #expect(!driver.screen.contains("copied the host"))
        #expect(driver.screen.contains("! 172.31.26.180 looks up table 10001"))
    }

    @Test func `u while a change awaits its keep takes it back`() {
        var driver = Driver()
        driver.read(pending())
        driver.press(.character("u"))
        #expect(driver.effects.last == .revert("1"))
    }

    @Test func `the first answered flow of a host that was moved is told beside the countdown`() {
        var driver = Driver(160, 40)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.send(.applied(.awaitsKeep(seconds: 60), atMilliseconds: driver.now))
        driver.read(pending())
        #expect(driver.screen.contains("no flow yet   a move"))
        var snapshot = pending(seconds: 4)
        snapshot.flows = .value(SampleBox.flows(["172.31.26.175": [("172.31.8.208", 1)]]))
        driver.read(snapshot, after: 200)
        #expect(driver.screen.contains("✓ first flow seen as 203.0.113.195 after 1.2 s"))
    }

    @Test func `what proves a change is told of no other one`() {
        var driver = Driver(160, 40)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.send(.applied(.awaitsKeep(seconds: 60), atMilliseconds: driver.now))
        driver.read(pending())
        var snapshot = pending(seconds: 4)
        snapshot.flows = .value(SampleBox.flows(["172.31.26.175": [("172.31.8.208", 1)]]))
        driver.read(snapshot, after: 200)
        #expect(driver.screen.contains("✓ first flow seen as 203.0.113.195 after 1.2 s   a move"))
        // Somebody else's change waits next.
        driver.send(end(.kept, by: "operator"))
        snapshot.pending = .value(.waiting("another", id: "2"))
        driver.read(snapshot)
        #expect(driver.screen.contains("R takes back   another"))
        // Nor is it told of the next one of this natdeck.
        snapshot.pending = .value(nil)
        driver.read(snapshot)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.read(snapshot, after: 200)
        let latest = driver.state.observed.log.rows.suffix(1).map { LogStory($0.what).what }
        #expect(latest == ["172.31.26.175 → eth1, under way"])
    }

    @Test func `K, R and F answer it while a text is read over the view, as its line says`() {
        for (key, effect) in [("K", Effect.keep("1")), ("R", .revert("1"))] {
            for open in [[Key.enter], [.function(1)], [.backTab, .enter]] {
                var driver = Driver(120, 40)
                driver.read(pending())
                for key in open { driver.press(key) }
                #expect(driver.screen.contains("K keeps  R takes back"))
                driver.type(key)
                #expect(driver.effects.last == effect, "\(open)")
            }
        }
        // Where nothing is pending they do nothing, and neither does a key that is meant for before.
        var driver = Driver(120, 40)
        driver.press(.enter, .character("K"))
        #expect(driver.effects.isEmpty)
    }

    @Test func `a short flow that has ended already is the first flow too`() {
        var driver = Driver(160, 40)
        driver.press(.character("a"), .enter, .end, .character("y"))
        driver.send(.applied(.awaitsKeep(seconds: 60), atMilliseconds: driver.now))
        driver.read(pending())
        // An old connection stands where it began.
        var totals = SampleBox.flows(["172.31.26.175": [("172.31.8.207", 1)]])
        var short = HostFlows.Seen()
        short.ended = 1
        totals.hosts[SampleBox.address("172.31.26.175")]?
            .seen[SampleBox.address("172.31.8.208")] = short
        var snapshot = pending(seconds: 4)
        snapshot.flows = .value(totals)
        driver.read(snapshot, after: 200)
        #expect(driver.screen.contains("✓ first flow seen as 203.0.113.195 after 1.2 s"))
    }

    @Test func `a keep that is asked for is one thing, and no heap of problems`() {
        var driver = Driver(120, 40)
        var snapshot = pending()
        snapshot.saved = .value([])
        snapshot.environment.service = .value(.absent)
        driver.read(snapshot)
        let names = driver.state.observed.problems.map(\.id)
        #expect(!names.contains("change-awaits-keep"))
        #expect(!names.contains("assignments-not-saved"))
        // Nor does the doctor's view call them problems: they wait for the same answer.
        driver.press(.character("6"))
        func status(_ id: String) -> String? {
            driver.state.shownTable.rows.first { $0.id == .check(id) }?.cells[0].text
        }
        for id in ["change-awaits-keep", "assignments-not-saved", "service-missing"] {
            #expect(status(id) == "… waits", "\(id)")
        }
        #expect(driver.screen.contains("K R"))
        snapshot.pending = .value(nil)
        driver.read(snapshot)
        #expect(driver.state.observed.problems.map(\.id).contains("assignments-not-saved"))
        #expect(status("assignments-not-saved") == "! warning")
    }
}
