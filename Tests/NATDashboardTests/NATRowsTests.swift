import NATDoctor
import NATModel
import NATScreen
import Testing

@testable import NATDashboard

/// Rows of the nat view from reading to reading.
@Suite struct NATRowsTests {
    private func set(_ rules: [NATRule]) -> [NATRuleSet] {
        let chain = NATChain(
            name: "POSTROUTING", policy: "ACCEPT", packets: 0, bytes: 0, rules: rules)
        return [NATRuleSet(backend: .nfTables, program: "iptables-nft", chains: [chain])]
    }

    private func rates(_ rows: NATRows) -> [Double?] {
        rows.chain(.natChain("nf_tables", "POSTROUTING"))?.rows.map(\.figure.meter.perSecond) ?? []
    }

    @Test func `moving counters are no new rules, and make rates`() {
        var rows = NATRows()
        let first = [
            SampleBox.masquerade("eth0", packets: 5), SampleBox.masquerade("eth1", packets: 1),
        ]
        let isNew = rows.take(set(first), isFresh: true, atMilliseconds: 0)
        #expect(isNew)
        let second = [
            SampleBox.masquerade("eth0", packets: 8), SampleBox.masquerade("eth1", packets: 1),
        ]
        let isNewer = rows.take(set(second), isFresh: true, atMilliseconds: 1000)
        #expect(!isNewer)
        #expect(rates(rows) == [3, 0])
        #expect(rows.movedAtMilliseconds == 1000)
    }

    @Test func `a rule keeps its figure where another comes before it`() {
        var rows = NATRows()
        _ = rows.take(
            set([SampleBox.masquerade("eth0", packets: 5)]), isFresh: true, atMilliseconds: 0)
        let more = [
            SampleBox.masquerade("eth1", packets: 100), SampleBox.masquerade("eth0", packets: 7),
        ]
        let isNew = rows.take(set(more), isFresh: true, atMilliseconds: 1000)
        #expect(isNew)
        #expect(rates(rows) == [nil, 2])
    }

    @Test func `a rule that changes in its place is another, and begins anew`() {
        var rows = NATRows()
        var rule = SampleBox.masquerade("eth0", packets: 5)
        _ = rows.take(set([rule]), isFresh: true, atMilliseconds: 0)
        rule.extra = "/* by hand */"
        rule.packets = 9
        let isNew = rows.take(set([rule]), isFresh: true, atMilliseconds: 1000)
        #expect(isNew)
        #expect(rates(rows) == [nil])
    }

    @Test func `a rule added while only counters are read makes the doctor look again`() {
        var driver = Driver(80, 24)
        #expect(!driver.screen.contains("! 2 "))
        var snapshot = SampleBox.snapshot(seconds: 3)
        snapshot.nat = snapshot.nat.map { sets in
            var sets = sets
            sets[0].chains[3].rules.removeAll()
            return sets
        }
        driver.now += 1000
        driver.send(.snapshotRead(snapshot, parts: [.nat, .counters], atMilliseconds: driver.now))
        let ids = driver.state.observed.checks.filter { $0.status != .ok }.map(\.id)
        #expect(ids.contains("masquerade-missing") || ids.contains("not-masqueraded"))
    }
}
