internal import NATModel
internal import NATScreen

/// All that is known of the host under the bar, beside the hosts of a wide screen.
enum SidePane {
    private static let leastFlows = 5

    /// Draws it into these columns of the body.
    static func draw(
        _ state: DashboardState, columns: Range<Int>, rows: Range<Int>, on canvas: inout Canvas
    ) {
        for row in rows {
            canvas.put("│", row: row, column: columns.lowerBound, style: Style(.heading))
        }
        guard let source = state.tables[.overview]?.selected?.host else { return }
        let width = columns.count - 3
        func wrapped(_ lines: [TextLine]) -> [TextLine] {
            lines.flatMap { line in
                line.text.wrapped(max(width - line.indent, 1), indent: line.hanging).map {
                    TextLine($0, line.style, indent: line.indent)
                }
            }
        }
        let story = wrapped(HostDetails.story(source, state))
        let history = wrapped(HostDetails.history(source, state))
        // Whatever happened to it, some of its flows are told.
        let room = max(rows.count - story.count - history.count - 1, leastFlows + 1)
        let flows = state.asideFlows.lines(of: source, state, width: width, rows: room)
        let lines = story + (flows.isEmpty ? [] : [.blank]) + flows + history
        for (row, line) in zip(rows, lines) {
            canvas.put(
                line.text.fitted(width - line.indent), row: row,
                column: columns.lowerBound + 2 + line.indent, style: line.style)
        }
    }
}
