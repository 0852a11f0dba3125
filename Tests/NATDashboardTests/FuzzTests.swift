import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct FuzzTests {
    /// The same numbers every time, so that a failure can be repeated.
    struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    static let keys: [Key] =
        "aAdyYpqjkgGbIZ1234567@w/!?<>+-.,: nxé世".unicodeScalars.map { .character($0) }
        + "clrzuh".unicodeScalars.map { .control($0) } + (1...12).map { .function($0) }
        + [
            .up, .down, .left, .right, .pageUp, .pageDown, .home, .end, .enter, .escape, .tab,
            .backTab, .backspace, .delete,
        ]

    /// The way to a change, so often that it is gone to its end now and then.
    static let likelyKeys: [Key] = [
        .character("1"), .character("a"), .enter, .character("2"), .end, .character("y"), .tab,
        .escape,
    ]

    @Test(arguments: 1...8)
    func `no keys at any size trap, and none applies a plan that was not accepted`(
        seed: UInt64
    ) {
        var numbers = Numbers(state: seed)
        var driver = Driver()
        var applied = 0
        for step in 0..<4000 {
            other(&driver, step, &numbers)
            let isLikely = Int.random(in: 0..<2, using: &numbers) == 0
            let choice = isLikely ? Self.likelyKeys : Self.keys
            let key = choice.randomElement(using: &numbers) ?? .escape
            let mode = driver.state.mode
            driver.effects = []
            driver.press(key, after: Int64.random(in: 1...1000, using: &numbers))
            if let plan = driver.effects.compactMap({ $0.plan }).first {
                applied += 1
                Self.expectAccepted(plan, key, mode, now: driver.now)
            }
            if step % 5 == 0 {
                #expect(driver.state.render().cells.count == driver.state.size.cells)
            }
        }
        // The way to a change must be among what was tried.
        #expect(applied > 0)
    }

    @Test func `no clicks at any size trap, and none applies a plan that y could not`() {
        let applied = (1...4).map(applied(byClicksOf:)).reduce(0, +)
        #expect(applied > 0)
    }

    /// How many plans were applied by clicks that a seed chose.
    private func applied(byClicksOf seed: UInt64) -> Int {
        var numbers = Numbers(state: seed)
        var settings = Settings()
        settings.isMouseOn = true
        var driver = Driver()
        driver.state = DashboardState(
            size: driver.state.size, settings: settings, makePlan: SamplePlan.make)
        driver.read(SampleBox.snapshot())
        var applied = 0
        for step in 0..<2500 {
            other(&driver, step, &numbers)
            let mode = driver.state.mode
            driver.effects = []
            let wait = Int64.random(in: 1...1000, using: &numbers)
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0:
                let key = Self.likelyKeys.randomElement(using: &numbers) ?? .escape
                if key != .character("y"), key != .tab { driver.press(key, after: wait) }
            case 1:
                let kinds: [MouseEvent.Kind] = [.press, .wheelUp, .wheelDown]
                driver.point(
                    kinds.randomElement(using: &numbers) ?? .press,
                    column: Int.random(in: -1...200, using: &numbers),
                    row: Int.random(in: -1...50, using: &numbers), after: wait)
            default:
                // At something, which a random place seldom is. Not at the mouse's own switch.
                let targets = driver.state.drawn().targets.filter {
                    $0.meaning != .entry("Mouse off")
                }
                guard let target = targets.randomElement(using: &numbers) else { continue }
                driver.point(
                    .press, column: target.columns.lowerBound, row: target.rows.lowerBound,
                    after: wait)
            }
            if let plan = driver.effects.compactMap({ $0.plan }).first {
                applied += 1
                Self.expectAccepted(plan, .character("y"), mode, now: driver.now)
                if case .confirming(let dialog) = mode { #expect(dialog.word == nil) }
            }
        }
        return applied
    }

    static func expectAccepted(_ plan: Plan, _ key: Key, _ mode: Mode, now: Int64) {
        guard case .confirming(let dialog) = mode else {
            Issue.record("\(key) applied a plan outside of the dialog")
            return
        }
        #expect(dialog.plan == plan)
        #expect(dialog.wasReadToEnd)
        #expect(!dialog.guardTime.drops(atMilliseconds: now))
        #expect(key == .character("y") || key == .enter && dialog.focus == .apply)
    }

    /// What happens besides keys.
    private func other(_ driver: inout Driver, _ step: Int, _ numbers: inout Numbers) {
        switch Int.random(in: 0..<30, using: &numbers) {
        case 0:
            let columns = Int.random(in: 0...200, using: &numbers)
            let rows = Int.random(in: 0...50, using: &numbers)
            driver.send(.resized(Size(columns: columns, rows: rows)))
        case 1: driver.read(SampleBox.crowded(step % 40, seconds: UInt64(step % 50)))
        case 2: driver.send(.pasted("y\u{1b}[2J世界\n10.0.0.0/8"))
        case 3:
            let source = SampleBox.prefix("172.31.26.175")
            driver.send(.connectionsCounted([source: LiveConnections(count: step)], of: [source]))
        case 4: driver.send(.stepsTaken(step % 7 - 2))
        case 5:
            let failure = Outcome.Failure("ip", "no")
            let outcomes: [Outcome] = [
                .done, .rolledBack(failure), .leftovers(failure, []), .notPermitted,
                .refused(PlanRefusal("eth1", "is down", fix: "up")),
                .stale(SamplePlan.assign([SampleBox.prefix("172.31.26.175")], egress: "eth1")),
            ]
            if let outcome = outcomes.randomElement(using: &numbers) {
                driver.send(.applied(outcome, atMilliseconds: driver.now))
            }
        case 6:
            var snapshot = SampleBox.snapshot(seconds: UInt64(step))
            let failure = ReadFailure("ip", "gone")
            snapshot.rules = .failed(failure)
            snapshot.interfaces = .failed(failure)
            snapshot.nat = .failed(failure)
            driver.read(snapshot)
        case 7: driver.read(SampleBox.crowdedInterfaces(step % 70, seconds: UInt64(step % 50)))
        case 8: driver.answerNames(["172.31.26.176": "ec2-b\u{1b}世"])
        default: break
        }
    }
}

extension Effect {
    fileprivate var plan: Plan? {
        if case .apply(let plan, _) = self { plan } else { nil }
    }
}

extension Size {
    fileprivate var cells: Int { columns * rows }
}
