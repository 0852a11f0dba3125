internal import NATModel
internal import NATPlan
internal import NATScreen

/// A plan under review. It is carried out only after it was shown whole and accepted.
struct ConfirmDialog: Hashable, Sendable {
    /// The plan.
    var plan: Plan
    /// The change it undoes, by name; `nil` where it undoes none.
    var undoes: String?
    /// Where each source leaves now, and where it will; absent where neither is known.
    var ways: [IPv4Prefix: Ways]
    /// Live connections by source; absent until they are counted, `nil` where they cannot be.
    var connections: [IPv4Prefix: Int?] = [:]
    /// Why it is asked again; `nil` the first time.
    var reason: String?
    /// Keys are dropped for a moment after it opens.
    var guardTime: GuardTime
    /// The row of the screen of the click that opened it; `nil` where a key did.
    var openedInRow: Int?
    /// What Enter does. Cancel until the operator moves it.
    var focus = Focus.cancel
    /// The first line on the screen.
    var offset = 0
    /// Whether its last line has been on the screen, and of a long one every line before it.
    private(set) var wasReadToEnd = false
    /// Up to which line it was read without a gap.
    private var readLines = 0
    /// What it says, wrapped to the room there was; made anew where either changes.
    private(set) var wrapped: [TextLine] = []
    private var wrappedFor: Int?
    /// What has been typed, where a word is asked for.
    var typed = ""

    /// Where a source leaves.
    struct Ways: Hashable, Sendable {
        /// Now: the interface and the public address; `nil` where it leaves by none or nobody knows.
        var now: String?
        /// After the plan, likewise; `nil` where the box's other rules decide.
        var then: String?
        /// Whether it is there already.
        var isThere: Bool
    }

    /// A review of this plan.
    init(
        plan: Plan, undoes: String?, ways: [IPv4Prefix: Ways], reason: String?,
        guardTime: GuardTime, openedInRow: Int?
    ) {
        self.plan = plan
        self.undoes = undoes
        self.ways = ways
        self.reason = reason
        self.guardTime = guardTime
        self.openedInRow = openedInRow
    }

    /// A plan of more lines is read page by page: a jump to its end is none.
    private static let longLines = 100

    /// Wraps it to the room there is, and notes what of it has been on the screen.
    mutating func layOut(_ layout: Layout) {
        if wrappedFor != layout.dialogTextWidth {
            wrappedFor = layout.dialogTextWidth
            wrapped = DialogText.wrapped(lines, layout)
        }
        let rows = layout.dialogTextRows
        offset = min(offset, max(wrapped.count - rows, 0))
        guard rows > 0 else { return }
        if offset <= readLines { readLines = max(readLines, offset + rows) }
        let end = wrapped.count > Self.longLines ? readLines : offset + rows
        if end >= wrapped.count { wasReadToEnd = true }
    }

    /// Takes how many live connections sources have; `nil` where that cannot be told.
    mutating func count(_ counts: [IPv4Prefix: Int], of sources: [IPv4Prefix]) {
        for source in sources { connections[source] = .some(counts[source]) }
        wrappedFor = nil
    }

    /// The word to be typed before it is carried out; `nil` where `y` is enough.
    ///
    /// A plan that can cut the operator's own session asks for the interface's name: a finger that
    /// slips types no name.
    var word: String? {
        guard plan.mayCutSessions || !plan.movesOthers.isEmpty else { return nil }
        for case .leaves(_, let interface) in plan.verifications { return interface }
        return "cut"
    }

    /// What Enter does.
    enum Focus: Hashable, Sendable {
        case cancel, apply
    }

    /// What the dialog says, in the order in which a person decides.
    private var lines: [TextLine] {
        var lines: [TextLine] = []
        lines.append(TextLine(plan.title, Style.normal.bold))
        if let sum { lines.append(TextLine(sum)) }
        if let reason { lines.append(TextLine(reason, Style(.warning))) }
        if let warning = plan.cutWarning {
            lines += [.blank, TextLine("! \(warning), yours perhaps", Style(.bad))]
        }
        let sources = plan.touchedSources
        if !sources.isEmpty {
            let widest = sources.map(\.description.cellWidth).max() ?? 0
            lines += [.blank, Self.heading("Hosts: now → then")]
            lines += sources.map { TextLine(effect(on: $0, width: widest), indent: 2) }
            lines += [.blank, Self.heading("Who else is touched")]
            lines += plan.movesOthers.map {
                TextLine("! \($0), which nobody named", Style(.bad), indent: 2)
            }
            if plan.movesOthers.isEmpty { lines.append(TextLine("nobody", indent: 2)) }
        }
        let warnings = plan.warnings + plan.doubts.map { "\($0): that cannot be verified" }
        if !warnings.isEmpty {
            lines += [.blank, Self.heading("Warnings")]
            lines += warnings.map { TextLine("! \($0)", Style(.warning), indent: 2) }
        }
        lines += [.blank, Self.heading("Commands")]
        for step in plan.steps {
            lines.append(TextLine("# \(step.summary)", Style(.dim), indent: 2))
            lines.append(TextLine("\(step.action)", indent: 2))
        }
        lines += [.blank, Self.heading("Verified afterwards")]
        lines += plan.verifications.map { TextLine("· \($0)", indent: 2) }
        if plan.verifications.isEmpty { lines.append(TextLine("nothing", Style(.dim), indent: 2)) }
        lines += [.blank, Self.heading("Undone by")]
        // The last step is taken back first.
        let inverses = plan.steps.reversed().compactMap(\.inverse)
        lines += inverses.map { TextLine("\($0)", indent: 2) }
        if inverses.isEmpty {
            lines.append(TextLine("nothing: it cannot be undone", Style(.dim), indent: 2))
        }
        return lines
    }

    private static func heading(_ text: String) -> TextLine { TextLine(text, Style(.heading)) }

    /// Whether connections end with it; else they stay where they are until they end.
    private var cuts: Bool {
        plan.steps.contains { if case .endFlows = $0.action { true } else { false } }
    }

    /// How many hosts, how many of them are there already, and what becomes of connections; `nil`
    /// where it is about none.
    private var sum: String? {
        let sources = plan.touchedSources
        guard !sources.isEmpty, plan.hasUndo else { return nil }
        let there = sources.count { ways[$0]?.isThere == true }
        let already = there > 0 ? ", \(there) already there" : ""
        let counts = sources.map { connections[$0] }
        let loss: String
        if counts.contains(where: { $0 == nil }) {
            loss = "counting live connections…"
        } else if counts.contains(where: { $0 == .some(nil) }) {
            loss = "how many live connections \(cuts ? "end" : "stay") is unknown"
        } else {
            let all = counts.reduce(0) { $0 + (($1 ?? nil) ?? 0) }
            let what = Figure.count(all, "live connection")
            let verb = all == 1 ? (cuts ? "ends" : "stays") : cuts ? "end" : "stay"
            loss = "\(what) \(verb)" + (cuts ? "" : " where they are until they end")
        }
        return "\(Figure.count(sources.count, "host"))\(already); \(loss)"
    }

    private func effect(on source: IPv4Prefix, width: Int) -> String {
        let way = ways[source]
        let now = (way?.now ?? Figure.missing).fitted(22)
        let stays = plan.hasUndo ? "as other rules say" : "stays there"
        let then = (way?.then ?? stays).fitted(22)
        let loss =
            switch connections[source] {
            case .none: "…"
            case .some(.none): "connections unknown"
            case .some(.some(0)): "no connection"
            case .some(.some(let count)): Figure.count(count, "connection")
            }
        return "\(source.description.fitted(width))  \(now) → \(then)  \(loss)"
    }
}
