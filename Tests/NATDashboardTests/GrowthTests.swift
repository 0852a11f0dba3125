import NATDoctor
import NATModel
import NATScreen
import Testing

@testable import NATDashboard

/// Problems that are told by what grows between two readings.
@Suite struct GrowthTests {
    private func lost(_ drop: UInt64, seconds: UInt64) -> Snapshot {
        var snapshot = SampleBox.snapshot(seconds: seconds)
        snapshot.conntrack = .value(
            ConntrackCounters(
                count: 3800, limit: 262_144, lost: .init(drop: drop), countsTraffic: true))
        return snapshot
    }

    private func names(_ driver: Driver) -> [String] { driver.state.observed.problems.map(\.id) }

    @Test func `what was lost since boot is no problem, what is lost now is one while it goes on`()
    {
        var driver = Driver(120, 40, snapshots: 0)
        driver.read(lost(700, seconds: 10))
        driver.read(lost(700, seconds: 11))
        #expect(!names(driver).contains("conntrack-losses"))
        // Figures alone were read: nothing else has the doctor look again.
        driver.now += 1000
        driver.send(
            .snapshotRead(
                lost(709, seconds: 12), parts: [.conntrack], atMilliseconds: driver.now))
        #expect(names(driver).contains("conntrack-losses"))
        driver.press(.character("!"))
        #expect(driver.screen.contains("drop grew by 9 within 2 s"))
        for seconds in 13...45 { driver.read(lost(709, seconds: UInt64(seconds))) }
        #expect(!names(driver).contains("conntrack-losses"))
    }

    @Test func `a clock that is set back begins anew`() {
        var figures = EarlierFigures()
        figures.take(lost(1, seconds: 100))
        figures.take(lost(2, seconds: 130))
        #expect(figures.snapshot?.conntrack.value?.lost?.drop == 1)
        figures.take(lost(3, seconds: 50))
        #expect(figures.snapshot?.conntrack.value?.lost?.drop == 3)
    }

    @Test func `the figures of ten to twenty seconds ago are kept, and nothing else of the box`() {
        var figures = EarlierFigures()
        for seconds in 0...60 {
            figures.take(lost(UInt64(seconds), seconds: UInt64(seconds)))
            guard seconds > 20 else { continue }
            let age = UInt64(seconds) - (figures.snapshot?.conntrack.value?.lost?.drop ?? 0)
            #expect((9...20).contains(age), "\(seconds)")
        }
        #expect(figures.snapshot?.rules.value == nil)
    }

    @Test func `a check of what only a person can choose opens the choice`() {
        var driver = Driver(120, 40)
        var snapshot = SampleBox.snapshot(seconds: 3)
        // The table of the host has no way out but its backstop.
        snapshot.tables = snapshot.tables.map { tables in
            tables.map { table in
                var table = table
                if table.id == 20001 { table.routes.removeAll { !$0.refuses } }
                return table
            }
        }
        driver.read(snapshot)
        driver.press(.character("!"))
        let ids = driver.state.observed.checks.map(\.id)
        guard
            let check = ids.firstIndex(of: "assignment-closed")
                ?? ids.firstIndex(of: "assignment-open")
        else {
            Issue.record("\(ids)")
            return
        }
        for _ in 0..<check { driver.press(.down) }
        #expect(driver.screen.contains("Enter asks by which egress 172.31.26.176 is to leave"))
        driver.press(.enter)
        guard case .assigning(let dialog) = driver.state.mode else {
            Issue.record("no choice is open")
            return
        }
        #expect(dialog.sources == .chosen([SampleBox.prefix("172.31.26.176")]))
    }
}
