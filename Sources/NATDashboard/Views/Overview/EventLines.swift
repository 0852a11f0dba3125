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
        let entries = state.observed.log.deeds(most: rows.count - 1)
        if entries.isEmpty {
            canvas.put(
                "nothing since natdeck was opened".fitted(width - 2), row: rows.lowerBound + 1,
                column: 1, style: Style(.dim))
        }
        for (row, entry) in zip(rows.dropFirst(), entries) {
            let moment = Moment(
                milliseconds: entry.atMilliseconds, utcOffsetSeconds: state.utcOffsetSeconds)
            let line = LogView.line(entry.what)
            let start = canvas.put(
                "\(moment.clock) ", row: row, column: 1, style: Style(.dim))
            canvas.put(
                line.text.fitted(min(line.text.cellWidth, max(width - 1 - start, 0))), row: row,
                column: start, style: line.style)
        }
    }
}
