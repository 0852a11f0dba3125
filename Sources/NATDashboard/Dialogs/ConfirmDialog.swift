internal import NATModel
internal import NATPlan
internal import NATScreen

/// A plan under review. It is carried out only after it was shown whole and accepted.
struct ConfirmDialog: Hashable, Sendable {
    /// The plan.
    var plan: Plan
    /// The change it undoes, by name; `nil` where it undoes none.
    var undoes: String?
    /// Where each source leaves now; absent where that is not known.
    var before: [IPv4Prefix: String]
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
    /// Whether its last line has been on the screen.
    var wasReadToEnd = false
    /// What has been typed, where a word is asked for.
    var typed = ""

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
    var lines: [TextLine] {
        var lines: [TextLine] = []
        lines.append(TextLine(plan.title, Style.normal.bold))
        if let reason { lines.append(TextLine(reason, Style(.warning))) }
        if let warning = plan.cutWarning {
            lines += [.blank, TextLine("! \(warning), yours perhaps", Style(.bad))]
        }
        for other in plan.movesOthers {
            lines.append(TextLine("! \(other), which nobody named", Style(.bad)))
        }
        if !plan.sources.isEmpty {
            lines += [.blank, Self.heading("Hosts affected")]
            lines += plan.sources.map { TextLine(effect(on: $0), indent: 2) }
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

    private func effect(on source: IPv4Prefix) -> String {
        let from = before[source].map { "now by \($0)" } ?? "–"
        let loss =
            switch connections[source] {
            case .none: "counting live connections…"
            case .some(.none): "live connections it loses: unknown"
            case .some(.some(0)): "no live connections to lose"
            case .some(.some(let count)): "loses \(Figure.count(count, "live connection"))"
            }
        return "\(source.description.fitted(18))  \(from.fitted(12))  \(loss)"
    }
}
