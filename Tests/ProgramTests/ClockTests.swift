import Testing

@testable import natdeck

@Suite struct ClockTests {
    /// The screen's clock is drawn with readings, which fall on the second.
    @Test func `the time of day changes with the second, and not some milliseconds later`() {
        let before = Clock.wallMilliseconds / 1000
        var now = before
        while now == before { now = Clock.wallMilliseconds / 1000 }
        let second = "\(100 + now % 60)".dropFirst()
        #expect(Clock.timeOfDay.hasSuffix(":\(second)"))
    }
}
