internal import NATScreen

/// The text of a dialog in the room there is.
enum DialogText {
    /// The lines as they fit into a dialog's width.
    static func wrapped(_ lines: [TextLine], _ layout: Layout) -> [TextLine] {
        lines.flatMap { line in
            line.text.wrapped(max(layout.dialogTextWidth - line.indent, 1), indent: line.hanging)
                .map {
                    TextLine($0, line.style, indent: line.indent)
                }
        }
    }

    /// The first line on the screen after a movement.
    static func offset(
        _ offset: Int, _ movement: Movement, of count: Int, _ layout: Layout
    ) -> Int {
        self.offset(offset, movement, of: count, rows: layout.dialogTextRows)
    }

    /// The first of so many lines on the screen after a movement, where so many rows show them.
    static func offset(
        _ offset: Int, _ movement: Movement, of count: Int, rows: Int
    ) -> Int {
        let rows = max(rows, 1)
        let wanted =
            switch movement {
            case .lines(let lines): offset + lines
            case .pages(let pages): offset + pages * max(rows - 1, 1)
            case .start: 0
            case .end: count
            }
        return min(max(wanted, 0), max(count - rows, 0))
    }
}
