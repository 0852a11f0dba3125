import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct SettingsTests {
    /// Everything otherwise than it is by itself.
    private var changed: Settings {
        var settings = Settings()
        settings.filter = "172.31 = x"
        settings.sort = .seen
        settings.isSortInverted = true
        settings.showsBytes = true
        settings.showsNames = false
        settings.intervalMilliseconds = 250
        settings.theme = .colourBlind
        settings.isMouseOn = true
        return settings
    }

    @Test func `what is written is read again`() throws {
        #expect(try Settings(text: changed.text) == changed)
        #expect(try Settings(text: Settings().text) == Settings())
        #expect(try Settings(text: "") == Settings())
        #expect(try Settings(text: "# mine\n\nunits=bytes\n").showsBytes)
    }

    @Test(arguments: [
        ("usual", false), ("inverted", true), ("rising", false), ("falling", true),
    ])
    func `an order is told as what I does to it, and read as it was told before`(
        word: String, isInverted: Bool
    ) throws {
        let settings = try Settings(text: "order = \(word)\n")
        #expect(settings.isSortInverted == isInverted)
        #expect(settings.text.contains("order = \(isInverted ? "inverted" : "usual")\n"))
    }

    @Test(arguments: [
        "units", "units = furlongs", "colour = red", "interval-milliseconds = 0",
        "interval-milliseconds = 99999999999999999999", "theme = ", "\u{0}\u{1}\u{2}", "{}",
        "sort = 7",
    ])
    func `a file that is not natdeck's is not understood as a whole`(line: String) {
        #expect(throws: Settings.NotUnderstood(line: 2)) {
            try Settings(text: "mouse = on\n\(line)\n")
        }
    }

    @Test func `a remembered filter brings no controls along`() throws {
        let settings = try Settings(text: "filter = a\u{1b}[31mb\u{202e}")
        #expect(settings.filter == "a[31mb")
    }

    @Test func `a dashboard begins as it was left`() {
        var state = DashboardState(size: Size(columns: 120, rows: 40), settings: changed)
        #expect(state.settings == changed)
        _ = state.update(.key(.character("b"), atMilliseconds: 1))
        #expect(!state.settings.showsBytes)
    }

    @Test func `a frozen screen is not remembered`() {
        var driver = Driver()
        driver.press(.character("p"))
        #expect(driver.state.settings == Driver.settings)
    }

    @Test func `a filter of last time is pointed out in every view until it changes`() {
        var settings = Settings()
        settings.filter = "main"
        for (columns, rows) in [(40, 10), (80, 24), (120, 40)] {
            var driver = Driver(columns, rows)
            driver.state = DashboardState(
                size: driver.state.size, settings: settings, makePlan: SamplePlan.make)
            driver.read(SampleBox.snapshot())
            for view in ViewKind.allCases {
                driver.press(view.key)
                #expect(driver.screen.contains("! Esc clears last time's filter: m"))
            }
            driver.press(.escape)
            #expect(driver.state.filter.isEmpty)
            #expect(!driver.screen.contains("last time"))
        }
    }

    @Test func `what the command line said is for one session, unless a key said otherwise`() {
        var start = Settings()
        start.theme = .highContrast
        start.intervalMilliseconds = 5000
        var end = start
        end.intervalMilliseconds = 2000
        end.showsBytes = true
        let kept = end.changed(since: start, over: Settings())
        #expect(kept.theme == .standard)
        #expect(kept.intervalMilliseconds == 2000)
        #expect(kept.showsBytes)
        #expect(start.changed(since: start, over: changed) == changed)
    }
}
