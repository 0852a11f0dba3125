import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct NATMarkTests {
    /// The mark and the look of the counters of the MASQUERADE rule of eth0.
    private func mark(_ driver: Driver) -> (text: String, isBold: Bool) {
        let row = driver.state.shownTable.rows.first { row in
            guard case .natRule(let key) = row.id else { return false }
            return key.rule.target == "MASQUERADE" && key.rule.output == "eth0"
        }
        return (row?.cells[0].text ?? "no row", row?.cells[2].style.isBold ?? false)
    }

    @Test func `a counter that moved is marked, the mark fades and goes`() {
        var driver = Driver()
        driver.press(.character("4"), after: 1)
        #expect(mark(driver) == ("●", true))
        for second in 1...3 {
            driver.read(SampleBox.snapshot(seconds: 1))
            #expect(mark(driver) == ("·", false), "after \(second) s")
        }
        driver.read(SampleBox.snapshot(seconds: 1))
        #expect(mark(driver) == ("", false))
        driver.read(SampleBox.snapshot(seconds: 2))
        #expect(mark(driver) == ("●", true))
    }

    @Test func `it fades with the clock where the next reading is far`() {
        var driver = Driver()
        driver.press(.character("4"), after: 1)
        func tick() {
            driver.now += 1000
            driver.send(.tick(atMilliseconds: driver.now, wallClock: "12:03:05"))
        }
        tick()
        tick()
        #expect(mark(driver) == ("·", false))
        for _ in 0..<3 { tick() }
        #expect(mark(driver) == ("", false))
        // Then there is nothing to draw anew any more.
        let makings = driver.state.made.makings
        for _ in 0..<5 { tick() }
        #expect(driver.state.made.makings <= makings + 1)
    }

    @Test func `the first reading and a reset mark nothing`() {
        var figure = NATFigure()
        figure.add(500, atMilliseconds: 0)
        #expect(figure.mark(atMilliseconds: 0) == .none)
        figure.add(3, atMilliseconds: 1000)
        #expect(figure.mark(atMilliseconds: 1000) == .none)
        figure.add(nil, atMilliseconds: 2000)
        figure.add(4, atMilliseconds: 3000)
        #expect(figure.mark(atMilliseconds: 3000) == .fresh)
        // A reading of the same moment says nothing new.
        figure.add(4, atMilliseconds: 3950)
        #expect(figure.mark(atMilliseconds: 3950) == .fading)
    }

    @Test func `the policy's counter is marked behind the line that the command prints`() {
        var driver = Driver()
        var snapshot = SampleBox.snapshot(seconds: 2)
        var set = SampleBox.natRules(seconds: 2)
        set.chains[0].packets = 4
        set.chains[0].bytes = 240
        snapshot.nat = .value([set])
        driver.read(snapshot)
        driver.press(.character("4"), after: 1)
        #expect(
            driver.screen.contains("Chain PREROUTING (policy ACCEPT 4 packets, 240 bytes)  ● 3.0/s")
        )
        #expect(driver.screen.contains("Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n"))
    }
}
