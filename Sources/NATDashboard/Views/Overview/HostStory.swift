internal import NATModel
internal import NATScreen

/// Why a host leaves where it does, in sentences: what decides, what translates it, and what its
/// flows say of that.
struct HostStory {
    let entry: HostEntry
    let observed: Observed

    /// What decides which way it leaves.
    var decides: String {
        switch entry.facts.obstacle {
        case .gate(let kept)?:
            return "rules send it by \(way), and it is kept for \(kept) alone: nothing leaves"
        case .absent(let address)?:
            return
                "is to leave by \(way) with \(address), which is not of this box any more: nothing"
                + " leaves"
        case .filter(let cause)?:
            switch cause.harm {
            case .drop: return "leaves by \(way), and is dropped on its way: \(cause)"
            case .hide:
                return
                    "leaves by \(way), and is hidden from conntrack, so that nothing translates it:"
                    + " \(cause)"
            case .encrypt: return "leaves by \(way), and is taken by IPsec: \(cause)"
            case .redirect: return "leaves by \(way), and is taken elsewhere: \(cause)"
            }
        case .parameter(let name)?:
            return "leaves by \(way), and is not forwarded: \(name) is 0"
        case .down(let name)?:
            return "is sent out of \(name), which is down: nothing leaves; \(deciding)"
        case .strict(let name)?:
            return "leaves by \(way), and its answers are dropped, for \(name) is 1 and only a mark"
                + " leads it there: \(deciding)"
        case .answers(let stray)?:
            return "leaves by \(way), and gets no answer: those \(stray.words) decides"
        case nil: break
        }
        if let assignment = entry.assignment, assignment.fallsThrough {
            return
                "assigned by \(by(assignment)), whose table"
                + " \(assignment.table) has no way out: \(deciding) decides, by \(way)"
        }
        if let assignment = entry.assignment, assignment.defeat != nil {
            let verb = entry.drift?.kept == nil ? "assigned to" : "kept for"
            return "\(verb) \(entry.wanted ?? Figure.missing), \(leaves): \(deciding) comes before"
                + " \(by(assignment))"
        }
        if let kept = entry.drift?.kept {
            return "kept for \(kept.words), \(leaves): \(deciding)"
                + (entry.assignment == nil ? ", for it has no rule of its own" : "")
        }
        switch entry.decision.end {
        case .unknown: return "which way it leaves is not known: rules or tables could not be read"
        case .nowhere: return "nothing leaves: \(deciding)"
        case .splits: return "leaves by \(way), for its route has several ways: \(deciding)"
        case .leaves: break
        }
        let hop = entry.decision.nextHop.map { ", via \($0)" } ?? ""
        let note = entry.drift == nil ? "" : "; that is not kept"
        return "leaves by \(way): \(deciding)\(hop)\(note)"
    }

    /// That it leaves otherwise than it is to, why, and the key that goes on from there.
    var problem: String {
        let isKept = entry.drift?.kept != nil
        let wanted = entry.wanted ?? Figure.missing
        let result =
            entry.egress == nil
            ? "is cut off from \(wanted)"
            : entry.egress == wanted ? "leaves by \(way)" : "leaves by \(way), not \(wanted)"
        return "\(entry.source) \(result): \(cause). \(isKept ? "D" : "w")"
    }

    /// What is behind that, in a few words.
    private var cause: String {
        guard let rule = entry.decision.rule else { return "no rule has a route for it" }
        if let assignment = entry.assignment, assignment.fallsThrough {
            return "table \(assignment.table) has no way out"
        }
        if entry.assignment == nil { return "it has no rule of its own" }
        let verb =
            entry.assignment?.defeat != nil
            ? "comes first" : entry.egress == nil ? "lets nothing out" : "says so"
        return "rule \(rule.priority) (\(rule.isOwned ? "ours" : "foreign")) \(verb)"
    }

    private var leaves: String { entry.egress == nil ? "leaves by none" : "leaves by \(way)" }

    private var way: String {
        let ways = entry.decision.interfaces
        let given = entry.facts.given.map(\.description).joined(separator: " or ")
        return ways.isEmpty
            ? "none"
            : ways.joined(separator: " and ") + (given.isEmpty ? "" : " with \(given)")
    }

    private func sign(_ isOwned: Bool) -> String { isOwned ? "●" : "○" }

    /// What steers it.
    private func by(_ assignment: Assignment) -> String {
        assignment.method == .map
            ? "the map ●" : "rule \(assignment.priority) \(sign(assignment.isOwned))"
    }

    /// The rule that decides, with its words.
    private var deciding: String {
        guard let rule = entry.decision.rule else { return "no rule has a route for it" }
        let names = observed.snapshot?.environment.tableNames.value ?? [:]
        var bare = rule
        bare.protocolNumber = nil
        let whose = rule.isKernels ? "" : " \(sign(rule.isOwned))"
        if rule.isMark, let assignment = entry.assignment, assignment.method == .map {
            let network = assignment.source == entry.source ? "" : " for \(assignment.source)"
            return "the map ●\(network) marks it, and rule \(rule.priority) ●"
                + " «\(bare.words(naming: names))» leads the mark"
        }
        return "rule \(rule.priority)\(whose) «\(bare.words(naming: names))»"
    }

    /// What mends it, or is likely to be wanted next, by its key.
    var mend: String {
        if entry.drift?.kept != nil { return "D mends it (plan)" }
        if entry.isElsewhere || entry.isBlocked { return "w proves it" }
        if entry.proof == .some { return "x ends what is left (plan)" }
        if entry.drift != nil { return "D mends it (plan)" }
        return entry.assignment?.source == entry.source ? "d releases it" : "a assigns it"
    }

    /// What translates its address and what flows say of it, in so many cells: what is proven is
    /// told whole before what is promised.
    func proven(in room: Int) -> String {
        let (full, end) = (translation, ";  " + proof)
        if full.isEmpty { return proof }
        if (full + end).cellWidth <= room { return full + end }
        let (short, left) = (shortTranslation ?? full, room - end.cellWidth)
        return left < 12 ? proof : short.fitted(min(short.cellWidth, left)) + end
    }

    /// The row that translates its address, and to what; `nil` where that takes more words.
    private var shortTranslation: String? {
        guard entry.egress != nil, let promise = entry.facts.promise,
            promise.answer.isCovered != false, let rule = promise.verdict.translation,
            let outside = promise.publicAddress
        else { return nil }
        return "\(place(of: rule)) → \(outside)"
    }

    /// What translates its address.
    var translation: String {
        guard let egress = entry.egress else { return "" }
        guard let promise = entry.facts.promise else {
            return "what translates it is not known: the nat table could not be read"
        }
        guard promise.answer.isCovered != false else {
            let other = entry.strayAddress.map { "; a rule gives it \($0)" } ?? ""
            return
                "then nothing translates it to an address of \(egress)\(other): it is not answered"
        }
        guard let rule = promise.verdict.translation else {
            return
                "then \(promise.answer.doubts.first.map { "\($0)" } ?? "a rule") may translate it"
        }
        let outside = promise.publicAddress.map { " → \($0)" } ?? ", to an address nobody tells"
        return "then \(words(rule)) (\(place(of: rule)))\(outside)"
    }

    private func words(_ rule: NATRule) -> String {
        if rule.isOfNFT { return rule.extra }
        let extra = rule.extra.hasPrefix("to:") ? " \(rule.extra)" : ""
        return "\(rule.target) \(rule.source) out \(rule.output)\(extra)"
    }

    /// Where the rule stands among those of its chain, counted from 1 as `iptables` does.
    private func place(of rule: NATRule) -> String {
        for set in observed.snapshot?.nat.value ?? [] {
            for chain in set.chains {
                if let place = chain.rules.firstIndex(where: { $0.isSame(as: rule) }) {
                    return "nat row \(place + 1)"
                }
            }
        }
        return "nat"
    }

    /// As whom its flows are seen, to stand behind what they say.
    var seenAs: String { entry.shownAddress.map { ": seen as \($0)" } ?? "" }

    /// What its flows say of all that.
    var proof: String {
        switch entry.proof {
        case .unknown where entry.source.length < 32: return "flows are told of each of its hosts"
        case .unknown:
            let why = observed.snapshot?.flows.failure.map { ": \($0.reason)" } ?? ""
            return "? conntrack cannot be read\(why)"
        case .none: return "no flow yet says so"
        case .all, .some, .other: break
        }
        let leaving = entry.leaving
        let all = leaving.reduce(0) { $0 + $1.count.flows }
        let right = leaving.filter { entry.isAsWanted($0) }
        let agreeing = right.reduce(0) { $0 + $1.count.flows }
        let replied = leaving.reduce(0) { $0 + $1.count.replied }
        var text =
            agreeing == all ? "all \(all) flows say so" : "\(agreeing) of \(all) flows say so"
        if entry.isElsewhere || entry.drift?.kept != nil { text = Figure.count(all, "flow") }
        if let ended = entry.endedAsWanted {
            text = "\(Figure.count(ended.count.ended ?? 0, "flow")) that ended said so"
        }
        if all == 1, agreeing == 1 { text = "its only flow says so" }
        let others = leaving.filter { !entry.isAsWanted($0) }.map { seen in
            "\(seen.count.flows) on \((seen.publicAddress ?? seen.address))"
        }
        if !others.isEmpty { text += ", " + others.joined(separator: ", ") }
        if all > 0, replied == 0 { text += "; none has had an answer" }
        return text
    }
}

/// The lines under the hosts that tell all that of the one under the bar.
enum HostStrip {
    /// Draws them into these rows.
    static func draw(_ state: DashboardState, rows: Range<Int>, width: Int, on canvas: inout Canvas)
    {
        guard rows.count > 1 else { return }
        guard let source = state.tables[.overview]?.selected?.host,
            let entry = state.observed.host(source)
        else { return SectionLine.draw("", "", row: rows.lowerBound, width: width, on: &canvas) }
        let name = state.name(of: source).map { "  \($0)" } ?? ""
        let story = HostStory(entry: entry, observed: state.observed)
        let style: Style = entry.isException ? Style(.warning) : .normal
        let room = width - 2
        var first = story.decides.fitted(min(story.decides.cellWidth, room))
        let gap = room - first.cellWidth - story.mend.cellWidth
        // The key that mends it is the last thing to go for want of room.
        let isRoomy = gap >= 2
        if isRoomy { first += String(repeating: " ", count: gap) + story.mend }
        SectionLine.draw(
            "\(source)\(name)", isRoomy ? "Enter opens, w proves" : "\(story.mend), Enter opens",
            row: rows.lowerBound, width: width, on: &canvas)
        let second = story.proven(in: room)
        for (row, text) in zip(rows.dropFirst(), [first, second]) {
            canvas.put(
                text.fitted(min(text.cellWidth, room)), row: row, column: 1,
                style: row == rows.lowerBound + 1 ? style : .normal)
        }
    }
}

/// A line that parts the overview, with what the part is about and which key leads further.
enum SectionLine {
    /// Draws it.
    static func draw(
        _ title: String, _ keys: String, row: Int, width: Int, on canvas: inout Canvas
    ) {
        let style = Style(.heading)
        let room = width - 2
        canvas.put(String(repeating: "─", count: max(room, 0)), row: row, column: 1, style: style)
        guard !title.isEmpty, room > 8 else { return }
        let shown = title.cellWidth > room - 4 ? title.fitted(room - 4) : title
        canvas.put(" \(shown) ", row: row, column: 2, style: style.bold)
        let end = 2 + shown.cellWidth + 2 + 3 + keys.cellWidth + 2
        guard !keys.isEmpty, end < room else { return }
        canvas.put(" \(keys) ", row: row, column: width - 4 - keys.cellWidth, style: Style(.dim))
    }
}
