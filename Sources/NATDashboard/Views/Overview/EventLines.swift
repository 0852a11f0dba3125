internal import NATModel
internal import NATScreen

/// What happened on the box lately, a line a deed, the latest first.
enum EventLines {
    /// Draws them into these rows.
    static func draw(_ state: DashboardState, rows: Range<Int>, width: Int, on canvas: inout Canvas)
    {
        guard rows.count > 1 else { return }
        SectionLine.draw(
            "what happened", "\(ViewKind.log.number) log", row: rows.lowerBound, width: width,
            on: &canvas)
        let log = state.observed.log
        var rows = rows.dropFirst()
        let entries = log.deeds(most: rows.count)
        // What is not known comes before what is: nothing said would look like nothing done.
        let first = log.complaint.map { TextLine("! \($0)", Style(.warning)) }
        let none = TextLine("nothing since natdeck was opened", Style(.dim))
        if let line = first ?? (entries.isEmpty ? none : nil), let row = rows.popFirst() {
            canvas.put(line.text.fitted(width - 2), row: row, column: 1, style: line.style)
        }
        for (row, entry) in zip(rows, entries) {
            let moment = Moment(
                milliseconds: entry.atMilliseconds, utcOffsetSeconds: state.utcOffsetSeconds)
            let line = LogStory(entry.what).line
            let start = canvas.put(
                "\(moment.clock) ", row: row, column: 1, style: Style(.dim))
            canvas.put(
                line.text.fitted(min(line.text.cellWidth, max(width - 1 - start, 0))), row: row,
                column: start, style: line.style)
        }
    }
}
