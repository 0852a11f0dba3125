import NATModel
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
}
