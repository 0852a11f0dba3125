import NATModel
import NATPlan
import NATScreen

@testable import NATDashboard

/// A dashboard with hands: keys come 500 ms apart unless said otherwise.
struct Driver {
    var state: DashboardState
    var now: Int64 = 0
    var effects: [Effect] = []

    init(
        _ columns: Int = 80, _ rows: Int = 24, readOnlyReason: String? = nil,
        snapshots: Int = 2
    ) {
        state = DashboardState(
            size: Size(columns: columns, rows: rows), readOnlyReason: readOnlyReason,
            settings: Self.settings, makePlan: SamplePlan.make)
        for second in 0..<snapshots { read(SampleBox.snapshot(seconds: UInt64(second))) }
        send(.tick(atMilliseconds: now, wallClock: "12:03:04"))
    }

    /// Names are not shown, and so nobody is asked for them, unless a test wants them.
    static let settings: Settings = {
        var settings = Settings()
        settings.showsNames = false
        return settings
    }()

    mutating func send(_ message: Message) { effects += state.update(message) }

    mutating func read(_ snapshot: Snapshot, after milliseconds: Int64 = 1000) {
        now += milliseconds
        send(
            .snapshotRead(snapshot, parts: Set(SnapshotPart.allCases), atMilliseconds: now))
    }

    mutating func press(_ keys: Key..., after milliseconds: Int64 = 500) {
        for key in keys {
            now += milliseconds
            send(.key(key, atMilliseconds: now))
        }
    }

    /// Presses a key for every character.
    mutating func type(_ text: String) {
        for scalar in text.unicodeScalars { press(.character(scalar)) }
    }

    /// Answers what was last asked for, as a resolver that knows these names alone.
    mutating func answerNames(_ names: [String: String]) {
        guard case .lookUpNames(let asked) = effects.last else { return }
        var found: [IPv4Address: String] = [:]
        for address in asked { found[address] = names[address.description] }
        send(.namesFound(found, of: asked))
    }

    var screen: String { state.render().text }

    var plansApplied: Int { effects.filter { if case .apply = $0 { true } else { false } }.count }
}

// A hand on the mouse.
extension Driver {
    /// Something is done at a cell.
    mutating func point(
        _ kind: MouseEvent.Kind, column: Int, row: Int, after milliseconds: Int64 = 500
    ) {
        now += milliseconds
        send(.mouse(MouseEvent(kind, column: column, row: row), atMilliseconds: now))
    }

    /// The first cell of a text on the screen, from above or from below; outside it if there is none.
    private func place(of text: String, last: Bool) -> (column: Int, row: Int) {
        let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
        let rows = Array(lines.enumerated())
        for (row, line) in last ? rows.reversed() : rows {
            if let range = line.ranges(of: text).first {
                return (line.distance(from: line.startIndex, to: range.lowerBound), row)
            }
        }
        return (-1, -1)
    }

    /// A click on a text that is on the screen.
    mutating func click(_ text: String, last: Bool = false, after milliseconds: Int64 = 500) {
        let (column, row) = place(of: text, last: last)
        point(.press, column: column, row: row, after: milliseconds)
    }

    /// A notch of the wheel over a text that is on the screen.
    mutating func wheel(_ kind: MouseEvent.Kind, _ text: String) {
        let (column, row) = place(of: text, last: false)
        point(kind, column: column, row: row, after: 500)
    }
}

extension Driver {
    /// The sources of the plan under review; none where no plan is.
    var reviewedSources: [IPv4Prefix] {
        if case .confirming(let dialog) = state.mode { dialog.plan.sources } else { [] }
    }
}
