internal import NATScreen

/// Draws a table: heading, complaints about what it shows, rows.
enum TablePanel {
    /// How many rows of a table fit into so many rows of the screen.
    static func visibleRows(_ table: Table, complaints: Int, height: Int) -> Int {
        max(height - 1 - complaints - (hasFooter(table, height) ? 1 : 0), 0)
    }

    /// A sum is left out where it would take the place of what it is the sum of.
    private static func hasFooter(_ table: Table, _ height: Int) -> Bool {
        table.footer != nil && height > 3
    }

    /// Draws into these rows of the screen.
    ///
    /// - Parameters:
    ///   - isFocused: whether keys go here, which the bar on the selected row tells.
    ///   - width: the cells it has, from the left edge of the screen on.
    ///   - sought: what is looked for as it is typed, to be pointed out where it stands.
    /// - Returns: which rows are on the screen, where nothing near the heading was free to tell it;
    ///   `nil` where it is told.
    @discardableResult
    static func draw(
        _ table: Table, _ place: TableState<RowID>, isFocused: Bool, complaints: [String],
        rows area: Range<Int>, width full: Int, sought: [String] = [], on canvas: inout Canvas
    ) -> String? {
        guard !area.isEmpty else { return nil }
        // The first column of the screen holds the sign of the selected and the marked row.
        let width = full - 1
        let slots = table.slots(in: width)
        let sideways = table.scrollsSideways ? place.sideways : 0
        var row = area.lowerBound
        for slot in slots {
            let column = table.columns[slot.index]
            put(
                TableCell(column.title.fitted(slot.width, column.alignment), Style(.heading)),
                slot, row, sideways, full, &canvas)
        }
        row += 1
        for complaint in complaints where row < area.upperBound {
            let text = "! \(complaint)".fitted(width)
            canvas.put(text, row: row, column: 1, style: Style(.warning))
            row += 1
        }
        if table.rows.isEmpty, row < area.upperBound {
            canvas.put(table.emptyText.fitted(width), row: row, column: 1, style: Style(.dim))
            return nil
        }
        let room = visibleRows(table, complaints: complaints.count, height: area.count)
        let visible = table.rows.dropFirst(place.top).prefix(room)
        for item in visible {
            draw(item, slots, table, row, sideways, full, &canvas)
            for text in sought { pointOut(text, row: row, width: full, on: &canvas) }
            let isSelected = isFocused && item.id == place.selected
            canvas.addTarget(row: row, columns: 0..<full, .row(item.id))
            if item.isMarked {
                canvas.put("*", row: row, column: 0, style: Style(.accent, isBold: true))
            } else if isSelected {
                canvas.put("▸", row: row, column: 0, style: Style(.accent, isBold: true))
            }
            if isSelected {
                // One bar, whatever the cells mean: reversed colours would break it into patches.
                canvas.restyle(rows: row..<row + 1, columns: 0..<full) {
                    Style(.normal, isBold: $0.isBold, isReversed: true)
                }
            }
            row += 1
        }
        let isCut = visible.count < table.rows.count && !visible.isEmpty
        let position = "\(visible.startIndex + 1)–\(visible.endIndex) of \(table.rows.count)"
        if let footer = table.footer, hasFooter(table, area.count), row < area.upperBound {
            draw(footer, isCut ? position : nil, slots, table, row, full, &canvas)
        } else if table.footer == nil {
            let text = visible.isEmpty ? "\(table.rows.count)" : position
            let isTold = drawPosition(text, row: area.lowerBound, width: full, on: &canvas)
            return isTold ? nil : text
        }
        return nil
    }

    /// Tells at the end of the heading which rows are on the screen, or above it where the name of a
    /// column stands there.
    ///
    /// - Returns: whether either was free.
    private static func drawPosition(
        _ position: String, row: Int, width: Int, on canvas: inout Canvas
    ) -> Bool {
        let start = max(width - position.cellWidth - 1, 0)
        let rows = [row, row - 1].filter { $0 > 0 }
        let free = rows.first { row in
            canvas[row: row].dropFirst(start).prefix(width - start).allSatisfy { $0.scalar == " " }
        }
        guard let free else { return false }
        canvas.put(" \(position)", row: free, column: start, style: Style(.dim))
        return true
    }

    /// Lifts out a text, which is in lower case, wherever it stands in a row.
    private static func pointOut(
        _ text: String, row: Int, width: Int, on canvas: inout Canvas
    ) {
        let wanted = text.unicodeScalars.map { "\($0)" }
        let cells = canvas[row: row].prefix(width).map { $0.scalar.properties.lowercaseMapping }
        guard !wanted.isEmpty, cells.count >= wanted.count else { return }
        for start in 1...max(cells.count - wanted.count, 1)
        where cells[start...].starts(with: wanted) {
            canvas.restyle(rows: row..<row + 1, columns: start..<start + wanted.count) { _ in
                Style(.accent, isBold: true)
            }
        }
    }

    private static func draw(
        _ footer: TableFooter, _ position: String?, _ slots: [Table.Slot], _ table: Table,
        _ row: Int, _ full: Int, _ canvas: inout Canvas
    ) {
        let style = Style(.heading)
        let figures = slots.filter { footer.cells[$0.index] != nil }
        let room = (figures.first?.start ?? full - 1) - table.gap
        var text = ([footer.name] + [position].compactMap(\.self)).joined(separator: "  ")
        // Half a remark would tell less than none.
        if !footer.note.isEmpty, text.cellWidth + 2 + footer.note.cellWidth <= room {
            text += "  \(footer.note)"
        }
        canvas.put(text.fitted(max(room, 0)), row: row, column: 1, style: style)
        for slot in figures {
            guard var cell = footer.cells[slot.index] else { continue }
            cell.text = cell.text.fitted(slot.width, table.columns[slot.index].alignment)
            put(cell, slot, row, 0, full, &canvas)
        }
    }

    private static func draw(
        _ item: TableRow, _ slots: [Table.Slot], _ table: Table, _ row: Int, _ sideways: Int,
        _ full: Int, _ canvas: inout Canvas
    ) {
        if item.isSpanning {
            for cell in item.cells.prefix(1) {
                canvas.put(cell.text.fitted(full - 1), row: row, column: 1, style: cell.style)
            }
            return
        }
        for slot in slots where slot.index < item.cells.count {
            var cell = item.cells[slot.index]
            let form = table.columns[slot.index].forms.lastIndex { $0 <= slot.width }
            if let form, cell.forms.indices.contains(form) { cell.text = cell.forms[form] }
            cell.text = cell.text.fitted(slot.width, table.columns[slot.index].alignment)
            put(cell, slot, row, sideways, full, &canvas)
        }
    }

    /// Puts a cell so many cells further left; what has no room there is cut off.
    private static func put(
        _ cell: TableCell, _ slot: Table.Slot, _ row: Int, _ sideways: Int, _ full: Int,
        _ canvas: inout Canvas
    ) {
        var column = 1 + slot.start - sideways
        for scalar in cell.text.unicodeScalars {
            if column >= 1, column + scalar.cellWidth <= full {
                canvas.put(String(Character(scalar)), row: row, column: column, style: cell.style)
            }
            column += scalar.cellWidth
        }
    }
}
