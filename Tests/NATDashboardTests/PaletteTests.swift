import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct PaletteTests {
    private func opened(readOnly: String? = nil) -> Driver {
        var driver = Driver(120, 40, readOnlyReason: readOnly)
        driver.press(.character(":"))
        return driver
    }

    private func names(_ text: String) -> [String] {
        var palette = TypedSearch()
        palette.type(text)
        return Driver().state.paletteEntries(palette).map(\.name)
    }

    @Test func `it offers every action of the open view once, under a name of its own`() {
        for view in ViewKind.allCases {
            var state = Driver().state
            state.view = view
            let entries = state.paletteEntries(TypedSearch())
            #expect(Set(entries.map(\.name)).count == entries.count)
            let offered = Set(entries.map(\.binding.action))
            for binding in KeyBinding.all where binding.contexts.contains(KeyContext(view)) {
                let isLeftOut =
                    [.palette, .interrupt].contains(binding.action)
                    || !BottomBar.isAlive(binding, state)
                #expect(offered.contains(binding.action) != isLeftOut, "\(binding.label)")
            }
        }
    }

    @Test func `every key that does the same is shown`() {
        let freeze = Driver().state.paletteEntries(TypedSearch()).first { $0.name == "Freeze" }
        #expect(freeze?.keys == [.character("p"), .character("Z"), .function(7)])
    }

    @Test(arguments: [
        ("assign", "Assign"), ("show rou", "Show Routes"), ("rou", "Show Routes"),
        ("theme hi", "Theme high-contrast"), ("colour", "Theme colour-blind"),
        ("mouse", "Mouse on"), ("sort by egr", "Sort by EGRESS"), ("byt", "Bits/bytes"),
        ("hold the fig", "Freeze"), ("EGRESS", "Sort by EGRESS"), ("thmhgh", "Theme high-contrast"),
    ])
    func `what is typed finds`(text: String, name: String) {
        #expect(names(text).first == name)
    }

    @Test func `a name that begins so comes before one that only holds it`() {
        #expect(names("mark").prefix(2) == ["Mark", "Mark shown"])
        #expect(names("s").first?.hasPrefix("S") == true)
        #expect(names("xyzzy").isEmpty)
    }

    @Test func `Enter does what the key does`() {
        for (text, key) in [
            ("show rules", Key.character("2")), ("freeze", .character("p")),
            ("sort next", .character(">")),
            ("bits", .character("b")), ("slower", .character("+")), ("quit", .character("q")),
            ("undo", .character("u")), ("assign", .character("a")), ("release", .character("d")),
            ("redraw", .control("l")), ("suspend", .control("z")), ("mark", .character(" ")),
            ("details", .enter), ("help", .function(1)),
        ] {
            var byName = opened()
            byName.type(text)
            byName.press(.enter)
            var byKey = Driver(120, 40)
            byKey.now = byName.now - 500
            byKey.press(key)
            #expect(byName.effects == byKey.effects, "\(text)")
            #expect(byName.screen == byKey.screen, "\(text)")
        }
    }

    @Test func `an action that read-only refuses is refused in the same words`() {
        var byName = opened(readOnly: "--readonly")
        byName.type("assign")
        #expect(byName.screen.contains("off, read-only"))
        byName.press(.enter)
        var byKey = Driver(120, 40, readOnlyReason: "--readonly")
        byKey.press(.character("a"))
        #expect(byName.screen == byKey.screen)
        #expect(byName.screen.contains("Assign is off, read-only: --readonly"))
    }

    @Test func `arrows move, and what is typed selects the best match anew`() {
        var driver = opened()
        driver.press(.down, .down)
        #expect(driver.screen.contains("▸ Assign… "))
        driver.press(.up)
        #expect(driver.screen.contains("▸ Assign "))
        driver.type("show")
        #expect(driver.screen.contains("▸ Show Overview"))
        driver.press(.end, .pageDown, .pageDown)
        #expect(!driver.screen.contains("▸ Show Overview"))
        driver.press(.pageUp, .pageUp)
        #expect(driver.screen.contains("▸ Show Overview"))
    }

    @Test func `Escape closes it, and so does erasing an empty line`() {
        var driver = opened()
        driver.type("quit")
        driver.press(.escape)
        #expect(driver.state.mode == .browsing)
        #expect(driver.effects.isEmpty)
        driver.press(.character(":"), .character("x"), .backspace)
        #expect(driver.state.mode == .choosing(TypedSearch()) || driver.state.mode != .browsing)
        driver.press(.backspace)
        #expect(driver.state.mode == .browsing)
    }

    @Test func `what nothing is called is said and runs nothing`() {
        var driver = opened()
        driver.type("xyzzy")
        driver.press(.enter)
        #expect(driver.effects.isEmpty)
        #expect(driver.screen.contains("no action is called xyzzy"))
        #expect(driver.screen.contains("nothing matches"))
    }

    @Test func `a paste is typed and runs nothing`() {
        var driver = opened()
        driver.send(.pasted("quit\n"))
        #expect(driver.effects.isEmpty)
        #expect(driver.screen.contains(": quit"))
    }

    @Test func `a plan it opens has the same guards`() {
        var driver = opened()
        driver.type("release")
        driver.press(.escape, .down, .character(":"))
        driver.type("release")
        driver.press(.enter)
        #expect(driver.screen.contains("Apply this plan?"))
        driver.press(.enter, .character("y"), after: 100)
        #expect(driver.plansApplied == 0)
        driver.press(.enter)
        #expect(driver.state.mode == .browsing)
        #expect(driver.plansApplied == 0)
    }

    @Test func `themes and the mouse are called by name, and only where they differ`() {
        var driver = opened()
        driver.type("theme high")
        driver.press(.enter, .character(":"))
        driver.type("mouse on")
        driver.press(.enter)
        #expect(driver.effects == [.setTheme(.highContrast), .setMouse(true)])
        #expect(driver.state.settings.theme == .highContrast)
        driver.press(.character(":"))
        let names = driver.state.paletteEntries(TypedSearch()).map(\.name)
        #expect(!names.contains("Theme high-contrast") && names.contains("Theme default"))
        #expect(!names.contains("Mouse on") && names.contains("Mouse off"))
    }
}
