internal import NATModel
internal import NATScreen

/// The view of the log: what happened on the box, a line a deed, and by whom; newest last.
enum LogView {
    /// The parts of the box it shows: none, for nothing in it is a reading.
    static let parts: [SnapshotPart] = []

    /// The heading of the column that tells what happened.
    static let whatTitle = "WHAT HAPPENED"

    /// The entries, before any filter.
    static func table(_ state: DashboardState) -> Table {
        let columns = [
            Column(title: "WHEN", minimum: 8), Column(title: "", minimum: 1),
            Column(title: "WHO", minimum: 8, maximum: 30, rank: 1), Column(title: whatTitle),
        ]
        let entries = state.observed.log.rows
        let latest = entries.map(\.atMilliseconds).max() ?? 0
        let today = Moment(milliseconds: latest, utcOffsetSeconds: state.utcOffsetSeconds).date
        let offset = state.utcOffsetSeconds
        let rows = TableRows(count: entries.count, id: { .log(entries[$0].id) }) { place in
            let entry = entries[place]
            let moment = Moment(milliseconds: entry.atMilliseconds, utcOffsetSeconds: offset)
            let story = LogStory(entry.what)
            return TableRow(
                id: .log(entry.id),
                cells: [
                    TableCell(moment.short(on: today), Style(.dim)), story.sign,
                    TableCell(story.who, Style(.dim)),
                    TableCell(story.what, story.isDim ? Style(.dim) : .normal),
                ], within: story.commands)
        }
        return Table(
            columns: columns, rows: rows, emptyText: "nothing happened yet",
            scrollsSideways: true, gap: 1)
    }

    /// The line above the entries: who watches over the box, and whether the end is followed.
    static func notes(_ state: DashboardState) -> [TextLine] {
        let guardText =
            switch state.isGuardRunning {
            case .none: "guard –"
            case .some(true): "guard ● running"
            case .some(false):
                state.layout.isNarrow
                    ? "guard ○" : "guard ○ not running: natdeck service install"
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
}

extension DashboardState {
    /// The entry that is selected in the log; `nil` where there is none.
    var selectedEntry: LogBook.Entry? {
        guard case .log(let id) = tables[.log]?.selected else { return nil }
        return observed.log.rows.last { $0.id == id }
    }

    /// Notes in the log how the hosts differ from what was kept, where that is new.
    mutating func noteDrift(_ snapshot: Snapshot) {
        // Until a change is kept, the file does not know of it; nor does a reading from the middle of
        // one know that it is pending.
        guard snapshot.saved.value != nil, (snapshot.pending.value ?? nil) == nil, !isBusy else {
            return
        }
        let drift = live.hosts.compactMap { host in
            host.drift.map { drift in
                let way = drift.present.map { "leaves by \($0.words)" } ?? "has no rule of its own"
                let kept = drift.kept.map { ", kept: \($0.words)" } ?? ", and was not kept"
                return LogBook.Drifted(source: host.source, text: "\(host.source) \(way)\(kept)")
            }
        }
        live.log.noteDrift(drift, atMilliseconds: snapshot.takenAtMilliseconds)
    }
}
