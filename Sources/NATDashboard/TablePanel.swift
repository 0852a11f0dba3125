/// Draws a table: heading, complaints about what it shows, rows.
enum TablePanel {
    /// Draws into these rows of the screen, its whole width.
    static func draw(
        _ table: Table, _ place: TableState?, complaints: [String], rows area: Range<Int>,
        on frame: inout Frame
    ) {
        guard !area.isEmpty else { return }
        // The first column of the screen holds the sign of the selected and the marked row.
        let width = frame.size.columns - 1
        let slots = table.slots(in: width)
        let sideways = table.scrollsSideways ? place?.sideways ?? 0 : 0
        var row = area.lowerBound
        for slot in slots {
            let column = table.columns[slot.index]
            put(
                TableCell(column.title.fitted(slot.width, column.alignment), Style(.heading)),
                slot, row, sideways, &frame)
        }
        row += 1
        for complaint in complaints where row < area.upperBound {
            let text = "! \(complaint)".fitted(width)
            frame.put(text, row: row, column: 1, style: Style(.warning))
            row += 1
        }
        if table.rows.isEmpty, row < area.upperBound {
            frame.put(table.emptyText.fitted(width), row: row, column: 1, style: Style(.dim))
        }
        let visible = table.rows.dropFirst(place?.top ?? 0).prefix(max(area.upperBound - row, 0))
        // Without a selection nothing scrolls, so what is left out is told.
        let hidden = place == nil ? table.rows.count - visible.count : 0
        for item in hidden > 0 ? visible.dropLast() : visible {
            draw(item, slots, table, row, sideways, &frame)
            let isSelected = place != nil && item.id == place?.selected
            if item.isMarked {
                frame.put("*", row: row, column: 0, style: Style(.accent, isBold: true))
            } else if isSelected {
                frame.put("▸", row: row, column: 0, style: Style(.accent, isBold: true))
            }
            if isSelected {
                // One bar, whatever the cells mean: reversed colours would break it into patches.
                frame.restyle(rows: row..<row + 1, columns: 0..<frame.size.columns) {
                    Style(.normal, isBold: $0.isBold, isReversed: true)
                }
            }
            row += 1
        }
        if hidden > 0, row < area.upperBound {
            let text = "… \(Figure.count(hidden + 1, "line")) more on a taller screen"
            frame.put(text.fitted(width), row: row, column: 1, style: Style(.dim))
        }
    }

    private static func draw(
        _ item: TableRow, _ slots: [Table.Slot], _ table: Table, _ row: Int, _ sideways: Int,
        _ frame: inout Frame
    ) {
        if item.isSpanning {
            for cell in item.cells.prefix(1) {
                let text = cell.text.fitted(frame.size.columns - 1)
                frame.put(text, row: row, column: 1, style: cell.style)
            }
            return
        }
        for slot in slots where slot.index < item.cells.count {
            var cell = item.cells[slot.index]
            cell.text = cell.text.fitted(slot.width, table.columns[slot.index].alignment)
            put(cell, slot, row, sideways, &frame)
        }
    }

    /// Puts a cell so many cells further left; what has no room there is cut off.
    private static func put(
        _ cell: TableCell, _ slot: Table.Slot, _ row: Int, _ sideways: Int, _ frame: inout Frame
    ) {
        var column = 1 + slot.start - sideways
        for scalar in cell.text.unicodeScalars {
            if column >= 1 {
                frame.put(String(Character(scalar)), row: row, column: column, style: cell.style)
            }
            column += scalar.cellWidth
        }
    }
}
