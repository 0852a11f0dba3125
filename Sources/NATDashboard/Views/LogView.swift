internal import NATModel
internal import NATScreen

/// The view of the log: every command natdeck ran, and what happened on the box; newest last.
enum LogView {
    /// The parts of the box it shows: none, for nothing in it is a reading.
    static let parts: [SnapshotPart] = []

    /// The heading of the column that tells what was run, or what happened.
    static let whatTitle = "COMMAND, OR WHAT HAPPENED"

    /// The entries, before any filter.
    static func table(_ state: DashboardState) -> Table {
        let columns = [
            Column(title: "WHEN", minimum: 8), Column(title: "KIND", minimum: 9),
            Column(title: "EXIT", alignment: .right, minimum: 4, rank: 1),
            Column(title: "TOOK", alignment: .right, minimum: 8, rank: 1),
            Column(title: "TIMES", alignment: .right, minimum: 5, rank: 1),
            Column(title: whatTitle),
        ]
        let entries = state.observed.log.entries
        let latest = entries.map(\.atMilliseconds).max() ?? 0
        let today = Moment(milliseconds: latest, utcOffsetSeconds: state.utcOffsetSeconds).date
        let offset = state.utcOffsetSeconds
        let rows = TableRows(count: entries.count, id: { .log(entries[$0].id) }) { place in
            let entry = entries[place]
            let moment = Moment(milliseconds: entry.atMilliseconds, utcOffsetSeconds: offset)
            return TableRow(
                id: .log(entry.id),
                cells: [TableCell(moment.short(on: today), Style(.dim))] + cells(entry.what))
        }
        return Table(
            columns: columns, rows: rows, emptyText: "nothing was run yet", scrollsSideways: true,
            gap: 1)
    }

    private static func cells(_ what: LogBook.What) -> [TableCell] {
        let none = TableCell("")
        switch what {
        case .ran(let runs):
            let isReading = runs.last.command.isReading
            let text = runs.last.command.description.strippedOfControls
            return [
                kind(what), exit(runs.last), TableCell(took(runs.last.microseconds), Style(.dim)),
                TableCell(runs.times > 1 ? "×\(runs.times)" : "", Style(.dim)),
                TableCell(text, isReading ? Style(.dim) : .normal),
            ]
        case .changed(let change):
            return [kind(what), none, none, none, TableCell(sentence(change))]
        case .drifted(let lines):
            return [kind(what), none, none, none, TableCell(sentence(drift: lines))]
        case .happened(let deed):
            return [kind(what), none, none, none, TableCell(deed.sentence)]
        }
    }

    /// An entry in one line, with the sign of its kind.
    static func line(_ what: LogBook.What) -> TextLine {
        let kind = kind(what)
        let sign = kind.text.prefix { $0 != " " }
        switch what {
        case .ran(let runs): return TextLine("\(sign) \(runs.last.command)", kind.style)
        case .changed(let change): return TextLine("\(sign) \(sentence(change))", kind.style)
        case .drifted(let lines):
            return TextLine("\(sign) \(sentence(drift: lines))", kind.style)
        case .happened(let deed): return TextLine("\(sign) \(deed.sentence)", kind.style)
        }
    }

    /// What kind of entry it is, by sign and word.
    private static func kind(_ what: LogBook.What) -> TableCell {
        switch what {
        case .ran(let runs):
            return runs.last.command.isReading
                ? TableCell("· read", Style(.dim)) : TableCell("● change", Style(.owned))
        case .changed(let change):
            if change.isRestoration { return TableCell("✓ guard", Style(.good)) }
            switch change.ending {
            case .kept: return TableCell("✓ kept", Style(.good))
            case .reverted: return TableCell("← revert", Style(.warning))
            case .rolledBack: return TableCell("✗ failed", Style(.bad))
            case .leftovers: return TableCell("✗ partly", Style(.bad))
            }
        case .drifted(let lines):
            return lines.isEmpty
                ? TableCell("✓ as kept", Style(.good)) : TableCell("≠ drift", Style(.warning))
        case .happened(let deed):
            return deed.effect == nil && deed.sources.isEmpty
                ? TableCell("○ other") : TableCell("≠ other", Style(.warning))
        }
    }

    private static func exit(_ run: CommandRun) -> TableCell {
        guard let status = run.status else { return TableCell("✗", Style(.bad)) }
        return TableCell("\(status)", status == 0 ? Style(.dim) : Style(.warning, isBold: true))
    }

    private static func sentence(_ change: PastChange) -> String {
        // Of a restoration the cause is the news, and names the likely culprit.
        if change.isRestoration { return "put back: \(change.reason ?? change.title)" }
        let reason = change.reason.map { ": \($0)" } ?? ""
        let person = change.person ?? change.author
        let whom = change.by == "operator" ? person : "\(change.by), begun by \(person)"
        return "\(change.deed ?? change.title), \(change.ending.words) by \(whom)\(reason)"
    }

    private static func sentence(drift lines: [String]) -> String {
        guard let first = lines.first else { return "every host leaves as it was kept" }
        return first + (lines.count > 1 ? ", and \(lines.count - 1) more" : "")
    }

    /// `4.2 ms`, `1.3 s`.
    static func took(_ microseconds: Int64) -> String {
        let milliseconds = Double(max(microseconds, 0)) / 1000
        return milliseconds < 999.95
            ? "\(Figure.oneDecimal(milliseconds)) ms"
            : "\(Figure.oneDecimal(milliseconds / 1000)) s"
    }

    /// The line above the entries: who watches over the box, and whether the end is followed.
    static func notes(_ state: DashboardState) -> [TextLine] {
        let guardText =
            switch state.isGuardRunning {
            case .none: "guard –"
            case .some(true): "guard ● running"
            case .some(false): "guard ○ not running: natdeck service install"
            }
        let place = state.table.isAtEnd ? "follows the end" : "held, G follows the end"
        let style = Style(state.isGuardRunning == true ? .good : .dim)
        let first = TextLine("\(guardText)   \(place)", style)
        let complaint = state.observed.log.complaint.map { TextLine("! \($0)", Style(.warning)) }
        let lines = [first] + [complaint].compactMap(\.self)
        let drift = state.observed.hosts.count { $0.drift != nil }
        guard drift > 0 else { return lines }
        let verb = drift == 1 ? "differs" : "differ"
        let text = "≠ \(Figure.count(drift, "host")) \(verb) from what was kept"
        let mend = state.isGuardRunning == true ? "" : ": D in the Overview brings it back"
        return lines + [TextLine(text + mend, Style(.warning))]
    }

    /// An entry with nothing left out.
    static func lines(_ entry: LogBook.Entry, utcOffsetSeconds offset: Int) -> [TextLine] {
        func at(_ time: Int64) -> String {
            Moment(milliseconds: time, utcOffsetSeconds: offset).text
        }
        var rows: [(String, String)] = []
        var rest: [TextLine] = []
        switch entry.what {
        case .ran(let runs):
            rows = rowsOfRuns(runs, at)
        case .changed(let change):
            rows = [
                ("When", at(change.atMilliseconds)), ("Change", change.title),
                ("Ended", "\(change.ending.words) by \(change.by)"), ("Who", change.author),
            ]
            if let reason = change.reason { rows.append(("Why", reason)) }
            rows.append(("Name", change.id))
            if let undone = change.undoes { rows.append(("Undoes", undone)) }
            if !change.commands.isEmpty {
                rest = [.blank, TextLine("Its steps:", Style(.heading))]
                rest += change.commands.map { TextLine($0, indent: 2, hanging: 4) }
            }
        case .happened(let deed):
            rows = [("When", at(entry.atMilliseconds)), ("What", deed.what)]
            if let effect = deed.effect { rows.append(("So", effect)) }
            if deed.sources.count > 1 {
                rest = [.blank] + deed.sources.map { TextLine("\($0)", indent: 2) }
            }
        case .drifted(let lines):
            rows = [("When", at(entry.atMilliseconds))]
            let shown = lines.isEmpty ? ["every host leaves as it was kept"] : lines
            rest = [.blank] + shown.map { TextLine($0) }
        }
        return rows.map { TextLine("\($0.0.fitted(7)) \($0.1)", hanging: 8) } + rest
    }

    private static func rowsOfRuns(
        _ runs: LogBook.Runs, _ at: (Int64) -> String
    ) -> [(String, String)] {
        let run = runs.last
        var rows = [
            ("Command", run.command.description.strippedOfControls),
            ("Kind", run.command.isReading ? "a reading" : "a step: it changes the box"),
            ("When", at(run.startedAtMilliseconds)),
        ]
        switch run.ending {
        case .exited(let status, let error):
            rows.append(("Exit", "\(status)"))
            if !error.isEmpty { rows.append(("Said", error)) }
        case .failed(let reason): rows.append(("Failed", reason))
        }
        rows.append(("Took", took(run.microseconds)))
        if runs.times > 1 {
            rows.append(("Times", "\(runs.times), since \(at(runs.sinceMilliseconds))"))
            rows.append(("Longest", took(runs.longestMicroseconds)))
        }
        return rows
    }
}

extension PastChange.Ending {
    /// In a few words.
    var words: String {
        switch self {
        case .kept: "kept"
        case .reverted: "taken back"
        case .rolledBack: "failed and taken back"
        case .leftovers: "failed, with leftovers"
        }
    }
}

extension DashboardState {
    /// The entry that is selected in the log; `nil` where there is none.
    var selectedEntry: LogBook.Entry? {
        guard case .log(let id) = tables[.log]?.selected else { return nil }
        return observed.log.entries.last { $0.id == id }
    }

    /// Notes in the log how the hosts differ from what was kept, where that is new.
    mutating func noteDrift(_ snapshot: Snapshot) {
        // While a change awaits its keep, the file does not know of it yet.
        guard snapshot.saved.value != nil, (snapshot.pending.value ?? nil) == nil else { return }
        let lines = live.hosts.compactMap { host in
            host.drift.map { drift in
                let way = drift.present.map { "leaves by \($0.words)" } ?? "has no rule of its own"
                return "\(host.source) \(way)"
                    + (drift.kept.map { ", kept: \($0.words)" } ?? ", and was not kept")
            }
        }
        live.log.noteDrift(lines, atMilliseconds: snapshot.takenAtMilliseconds)
    }
}
