import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct GraphTests {
    @Test(
        arguments: [
            (0, "1 kb/s"), (125, "1 kb/s"), (126, "2 kb/s"), (300, "5 kb/s"),
            (1_550_000, "20 Mb/s"),
            (6_250_000, "50 Mb/s"), (62_500_000, "500 Mb/s"), (62_500_001, "1 Gb/s"),
            (1e30, "500 Pb/s"),
        ] as [(Double, String)])
    func `the scale is 1, 2 or 5 times a power of ten that holds the peak`(
        peak: Double, label: String
    ) {
        let scale = GraphScale(holding: peak, inBytes: false)
        #expect(scale.label == label)
        #expect(scale.top >= peak || peak == 1e30)
    }

    @Test func `the scale is in the unit that is shown`() {
        #expect(GraphScale(holding: 1_550_000, inBytes: true).label == "2 MB/s")
        #expect(GraphScale(holding: 1_550_000, inBytes: true).top == 2_000_000)
    }

    @Test func `a graph of several rows fills them from below`() {
        #expect(
            Sparkline.rows([nil, 0, 5, 12, 16, 99], peak: 16, height: 2) == ["   ▄██", " ▁▅███"])
        #expect(Sparkline.rows([], peak: 0, height: 0) == [""])
    }

    /// A second each of 1, 2, 3, … bytes received per second.
    private static func traffic(seconds: Int, every step: Int = 1) -> Traffic {
        var traffic = Traffic()
        var bytes: UInt64 = 0
        for second in stride(from: 0, through: seconds, by: step) {
            bytes = UInt64(second * (second + 1) / 2)
            let counters = InterfaceCounters(rxBytes: bytes, txBytes: UInt64(second) * 10)
            traffic.add(counters, atMilliseconds: Int64(second) * 1000)
        }
        return traffic
    }

    @Test func `a graph has the peaks of both directions, and blanks where nothing was measured`() {
        let time = GraphTime(cells: 4, secondsPerCell: 2)
        let traffic = Self.traffic(seconds: 6)
        let received = time.peaks(traffic.history, .received, until: 6000)
        #expect(received == [nil, 2, 4, 6])
        #expect(time.peaks(traffic.history, .sent, until: 6000) == [nil, 10, 10, 10])
    }

    @Test func `what has happened moves to the left and keeps its shape`() {
        let time = GraphTime(cells: 5, secondsPerCell: 3)
        let history = Self.traffic(seconds: 30).history
        var before = time.peaks(history, .received, until: 21_000)
        for now in Int64(21_001)...24_000 {
            let after = time.peaks(history, .received, until: now)
            #expect(Array(after.prefix(4)) == Array(before.suffix(4)))
        }
        before = time.peaks(history, .received, until: 24_000)
        #expect(time.peaks(history, .received, until: 23_001).dropLast() == before.dropLast())
    }

    @Test func `a figure holds for all the time it was measured over`() {
        let time = GraphTime(cells: 30, secondsPerCell: 1)
        let averages = time.peaks(
            Self.traffic(seconds: 30, every: 10).history, .sent, until: 30_000)
        #expect(averages == Array(repeating: 10, count: 30))
    }

    @Test func `a minute is a minute on every screen, and five minutes are five`() {
        for room in 0...200 {
            if let time = GraphTime.minute(in: room) {
                #expect(time.cells <= room)
                #expect(time.seconds == 60 || time.seconds == 120 && room >= 40)
            } else {
                #expect(room < 12)
            }
            let long = GraphTime.fiveMinutes(in: room)
            #expect(long.seconds == 300)
            #expect(long.cells <= max(room, 10))
        }
    }

    @Test(arguments: [(80, false), (120, true), (200, true), (300, true)])
    func `graphs come with the width, and go before what tells how full it is`(
        columns: Int, hasGraphs: Bool
    ) {
        let driver = Driver(columns, 40)
        #expect(driver.screen.contains("in/out") == hasGraphs)
        for title in ["EGRESS", "PUBLIC", "IN b/s", "OUT b/s", "FLOWS", "HOSTS"] {
            #expect(driver.screen.contains(title))
        }
    }

    @Test func `each interface has a scale of its own, so that none looks dead beside a busy one`()
    {
        let driver = Driver(160, 40, snapshots: 62)
        let rows = driver.screen.split(separator: "\n").filter { $0.contains("● eth") }
        #expect(rows.count == 2)
        for row in rows { #expect(row.contains("▄") || row.contains("▅") || row.contains("▇")) }
        #expect(rows[0].contains("20M") && rows[1].contains("2M"))
    }

    @Test func `errors and drops are counted from the first reading, and from a reset on`() {
        var traffic = Traffic()
        traffic.add(InterfaceCounters(rxBytes: 100, rxErrors: 5), atMilliseconds: 1000)
        traffic.add(InterfaceCounters(rxBytes: 200, rxErrors: 9), atMilliseconds: 2000)
        #expect(traffic.first?.rxErrors == 5)
        traffic.add(nil, atMilliseconds: 3000)
        #expect(traffic.first?.rxErrors == 5)
        traffic.add(InterfaceCounters(rxBytes: 10, rxErrors: 1), atMilliseconds: 4000)
        #expect(traffic.first?.rxErrors == 1)
    }
}

@Suite struct TotalTests {
    private static func meter(_ values: UInt64?...) -> Meter {
        var meter = Meter()
        for (second, value) in values.enumerated() {
            meter.add(value, atMilliseconds: Int64(second) * 1000)
        }
        return meter
    }

    @Test func `what is not known is left out of a sum, which says so`() {
        let known = [Self.meter(0, 1000), Self.meter(0, 500)]
        #expect(EgressTotal.Sum(known).short(inBytes: false).text == "12.0k")
        let part = EgressTotal.Sum(known + [Self.meter(7), Self.meter(nil)])
        #expect(part.missing == 2)
        #expect(part.short(inBytes: false).text == "≥12.0k")
        #expect(EgressTotal.Sum([Self.meter(7)]).short(inBytes: false).text == "–")
        #expect(EgressTotal.Sum([]).perSecond.text == "–")
    }

    @Test func `the sum on the screen tells of an interface without a figure`() {
        var driver = Driver(160, 40)
        #expect(driver.screen.contains(" 13.6M"))
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.interfaces = snapshot.interfaces.map { interfaces in
            interfaces.map { interface in
                var renamed = interface
                if interface.name == "eth1" { renamed.name = "eth7" }
                return renamed
            }
        }
        driver.read(snapshot)
        #expect(driver.screen.contains("≥12.4M"))
        #expect(driver.screen.contains("All  1 unknown  1 hidden"))
    }

    @Test func `hosts are not counted while nobody knows which way they leave`() {
        var driver = Driver(snapshots: 0)
        var snapshot = SampleBox.snapshot()
        snapshot.rules = .failed(ReadFailure("ip rule", "timed out"))
        driver.read(snapshot)
        let lines = driver.screen.split(separator: "\n")
        let ends = lines.filter { $0.contains("● eth") || $0.contains(" All ") }
        #expect(ends.count == 3)
        #expect(ends.allSatisfy { $0.hasSuffix("–") })
    }
}
