internal import NATScreen

/// A framed text over the view.
struct Popup: Hashable, Sendable {
    /// What stands in its upper border.
    var title: String
    /// Its text, wrapped to the room there is.
    var lines: [TextLine]
    /// The first line shown.
    var offset = 0
    /// A last line below the text, such as buttons; `nil` where there is none.
    var footer: [TableCell] = []
    /// Whether it takes the whole body, however short its text is.
    var fillsBody = false
    /// What clicks on lines mean, by their place among all lines.
    var lineClicks: [Int: ClickTarget.Meaning] = [:]
    /// What clicks on the last line mean, by the place in ``footer``.
    var footerClicks: [Int: ClickTarget.Meaning] = [:]

    /// How many lines of its text are shown at once.
    func textRows(_ layout: Layout) -> Int {
        max(fillsBody ? layout.filledTextRows : layout.dialogTextRows, 0)
    }

    /// The first line shown after a movement.
    func offset(after movement: Movement, _ layout: Layout) -> Int {
        DialogText.offset(offset, movement, of: lines.count, rows: textRows(layout))
    }

    /// Draws it in the middle of the screen.
    func draw(_ layout: Layout, on canvas: inout Canvas) {
        let size = layout.size
        let inner = fillsBody ? layout.filledTextWidth : layout.dialogTextWidth
        let width = inner + 4
        let rows = fillsBody ? textRows(layout) : min(lines.count, textRows(layout))
        // A blank line above the buttons where nothing has to go for it.
        let spare = !footer.isEmpty && lines.count < layout.dialogTextRows ? 1 : 0
        let height = rows + 2 + (footer.isEmpty ? 0 : 1) + spare
        let left = max((size.columns - width) / 2, 0)
        // The header stays in sight where there is room for it.
        let top = fillsBody ? 1 : max((layout.bodyEnd - height) / 2, layout.isShort ? 0 : 1)
        canvas.clear(rows: top..<top + height, columns: left..<left + width)
        drawBorder(top: top, left: left, width: width, height: height, on: &canvas)
        drawRest(
            lines.count - offset - rows, row: top + height - 1, end: left + width - 2, on: &canvas)
        let shown = lines.dropFirst(offset).prefix(rows)
        for (index, line) in shown.enumerated() {
            let text = line.text.fitted(max(inner - line.indent, 0))
            let column = left + 2 + line.indent
            canvas.put(text, row: top + 1 + index, column: column, style: line.style)
            canvas.restyle(
                rows: top + 1 + index..<top + 2 + index, columns: column..<column + line.heading
            ) { _ in Style(.heading) }
            if let click = lineClicks[offset + index] {
                canvas.addTarget(row: top + 1 + index, columns: left + 1..<left + width - 1, click)
            }
        }
        var column = left + 2
        for (index, cell) in footer.enumerated() {
            let room = max(left + width - 2 - column, 0)
            let text = cell.text.cellWidth > room ? cell.text.fitted(room) : cell.text
            let start = column
            column = canvas.put(text, row: top + height - 2, column: column, style: cell.style)
            if let click = footerClicks[index] {
                canvas.addTarget(row: top + height - 2, columns: start..<column, click)
            }
        }
    }

    private func drawBorder(
        top: Int, left: Int, width: Int, height: Int, on canvas: inout Canvas
    ) {
        let style = Style(.heading)
        let line = String(repeating: "─", count: max(width - 2, 0))
        canvas.put("┌\(line)┐", row: top, column: left, style: style)
        canvas.put("└\(line)┘", row: top + height - 1, column: left, style: style)
        for row in top + 1..<top + height - 1 {
            canvas.put("│", row: row, column: left, style: style)
            canvas.put("│", row: row, column: left + width - 1, style: style)
        }
        let shownTitle = title.cellWidth > width - 6 ? title.fitted(max(width - 6, 0)) : title
        canvas.put(" \(shownTitle) ", row: top, column: left + 2, style: style.bold)
    }

    /// Tells in the lower border how much there is to scroll.
    private func drawRest(_ rest: Int, row: Int, end: Int, on canvas: inout Canvas) {
        guard offset > 0 || rest > 0 else { return }
        let text = rest > 0 ? " ↓ \(Figure.count(rest, "more line")) " : " end "
        canvas.put(text, row: row, column: end - text.cellWidth, style: Style(.accent))
    }
}
