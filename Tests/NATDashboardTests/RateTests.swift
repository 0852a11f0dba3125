import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct RateTests {
    @Test func `the first sample is no figure`() {
        var meter = Meter()
        meter.add(1_000_000, atMilliseconds: 1000)
        #expect(meter.rate == .initial)
        #expect(meter.perSecond == nil)
    }

    @Test func `the change is divided by the time that really went by`() {
        var meter = Meter()
        meter.add(1000, atMilliseconds: 1000)
        meter.add(4000, atMilliseconds: 2500)
        #expect(meter.rate == .data(2000))
    }

    @Test func `a counter that was reset gives no figure, and then goes on`() {
        var meter = Meter()
        meter.add(5000, atMilliseconds: 1000)
        meter.add(10, atMilliseconds: 2000)
        #expect(meter.rate == .initial)
        meter.add(110, atMilliseconds: 3000)
        #expect(meter.rate == .data(100))
    }

    @Test func `a counter that cannot be read keeps its last figure as stale`() {
        var meter = Meter()
        meter.add(nil, atMilliseconds: 500)
        #expect(meter.rate == .unavailable)
        meter.add(0, atMilliseconds: 1000)
        meter.add(100, atMilliseconds: 2000)
        meter.add(nil, atMilliseconds: 3000)
        #expect(meter.rate == .stale(100))
    }

    @Test func `two samples of one moment change nothing`() {
        var meter = Meter()
        meter.add(0, atMilliseconds: 1000)
        meter.add(100, atMilliseconds: 2000)
        meter.add(100, atMilliseconds: 2000)
        #expect(meter.rate == .data(100))
    }

    @Test func `a renamed interface starts anew and does not spike`() {
        var driver = Driver()
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.interfaces = snapshot.interfaces.map { interfaces in
            interfaces.map { interface in
                var renamed = interface
                if interface.name == "eth0" { renamed.name = "eth1" }
                if interface.name == "eth1" { renamed.name = "eth0" }
                return renamed
            }
        }
        driver.read(snapshot)
        let rates = driver.state.live.traffic.values.map(\.received.rate)
        #expect(rates == [.initial, .initial])
    }

    @Test func `history holds five minutes at most`() {
        var traffic = Traffic()
        for second in 0..<1000 {
            let counters = InterfaceCounters(rxBytes: UInt64(second), txBytes: 0)
            traffic.add(counters, atMilliseconds: Int64(second) * 1000)
        }
        #expect(traffic.history.count == 301)
        for step in 0..<2000 {
            let counters = InterfaceCounters(rxBytes: UInt64(1000 + step), txBytes: 0)
            traffic.add(counters, atMilliseconds: 1_000_000 + Int64(step) * 100)
        }
        #expect(traffic.history.count <= Traffic.historyPoints)
    }

    @Test func `what was not measured is blank and what was zero is a low block`() {
        #expect(Sparkline.text([nil, 0, 4, 8], peak: 8) == " ▁▄█")
        #expect(Sparkline.text([0], peak: 0) == "▁")
    }

    @Test(
        arguments: [
            (nil, "–"), (0, "0  b/s"), (64, "512  b/s"), (124.9, "999  b/s"),
            (125, "1.0 kb/s"), (1_550_000, "12.4 Mb/s"), (124_999_999, "1.0 Gb/s"),
            (124_990_000, "999.9 Mb/s"), (1.25e11, "1.0 Tb/s"), (1e18, "8000.0 Pb/s"),
        ] as [(Double?, String)])
    func `traffic has one decimal and a unit`(bytes: Double?, text: String) {
        #expect(Figure.traffic(bytes, inBytes: false) == text)
    }

    @Test func `five minutes of a host are kept, the most of each moment, in both directions`() {
        var history = HostHistory()
        for second in 0..<290 {
            history.add(
                received: second == 100 ? 9e9 : 1000, sent: Double(second), over: 0,
                atMilliseconds: Int64(second) * 1000)
        }
        let received = history.values(.received, atMilliseconds: 289_000)
        #expect(received.count == HostHistory.count)
        #expect(received.compactMap(\.self).count == 24)
        #expect(received.compactMap(\.self).count { $0 >= 9e9 && $0 < 9.1e9 } == 1)
        #expect(received.compactMap(\.self).count { abs($0 - 1000) < 10 } == 23)
        let sent = history.values(.sent, atMilliseconds: 289_000).compactMap(\.self)
        #expect(sent == sent.sorted() && abs((sent.last ?? 0) - 289) < 3)
        // What is over moves out, and what was not measured is no zero.
        let later = history.values(.received, atMilliseconds: 289_000 + 150_000)
        #expect(later.last == .some(nil))
        #expect(later.compactMap(\.self).count == 12)
        #expect(
            history.values(.sent, atMilliseconds: 10_000_000).allSatisfy { $0 == nil })
    }

    @Test func `where readings are far apart a graph has no gaps`() {
        var (graph, history) = (HostGraph(), HostHistory())
        for second in stride(from: 20, through: 300, by: 20) {
            let now = Int64(second) * 1000
            graph.add(1000, over: 20_000, atMilliseconds: now)
            history.add(received: 1000, sent: 10, over: 20_000, atMilliseconds: now)
        }
        for width in HostGraph.widths {
            #expect(graph.values(width, atMilliseconds: 300_000).allSatisfy { $0 != nil })
        }
        #expect(history.values(.received, atMilliseconds: 299_999).allSatisfy { $0 != nil })
        #expect(history.values(.sent, atMilliseconds: 299_999).allSatisfy { $0 != nil })
        // A span that is longer than all of it, or than the clock, fills all there is.
        graph.add(5, over: .max / 2, atMilliseconds: 300_001)
        history.add(received: 5, sent: 5, over: .max / 2, atMilliseconds: 300_001)
    }

    @Test func `the details of a host have its five minutes`() {
        var driver = Driver(120, 40)
        for second in 3...40 { driver.read(SampleBox.snapshot(seconds: UInt64(second))) }
        driver.press(.home, .enter)
        let lines = driver.screen.split(separator: "\n")
        let first = lines.first { $0.contains("LAST 5 MIN") } ?? ""
        #expect(first.contains("in  most  12.1M "), "\(first)")
        #expect(first.contains("▆▆▆") || first.contains("▅▅▅"), "\(first)")
        #expect(lines.contains { $0.contains("out most 321.5k ") })
    }
}
