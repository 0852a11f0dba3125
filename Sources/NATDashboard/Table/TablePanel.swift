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

    /// Draws into these rows of the screen, its whole width.
    ///
    /// - Parameters:
    ///   - isFocused: whether keys go here, which the bar on the selected row tells.
    static func draw(
        _ table: Table, _ place: TableState<RowID>, isFocused: Bool, complaints: [String],
        rows area: Range<Int>, on canvas: inout Canvas
    ) {
        guard !area.isEmpty else { return }
        // The first column of the screen holds the sign of the selected and the marked row.
        let width = canvas.size.columns - 1
        let slots = table.slots(in: width)
        let sideways = table.scrollsSideways ? place.sideways : 0
        var row = area.lowerBound
        for slot in slots {
            let column = table.columns[slot.index]
            put(
                TableCell(column.title.fitted(slot.width, column.alignment), Style(.heading)),
                slot, row, sideways, &canvas)
        }
        row += 1
        for complaint in complaints where row < area.upperBound {
            let text = "! \(complaint)".fitted(width)
            canvas.put(text, row: row, column: 1, style: Style(.warning))
            row += 1
        }
        if table.rows.isEmpty, row < area.upperBound {
            canvas.put(table.emptyText.fitted(width), row: row, column: 1, style: Style(.dim))
            return
        }
        let room = visibleRows(table, complaints: complaints.count, height: area.count)
        let visible = table.rows.dropFirst(place.top).prefix(room)
        for item in visible {
            draw(item, slots, table, row, sideways, &canvas)
            let isSelected = isFocused && item.id == place.selected
            canvas.addTarget(row: row, columns: 0..<canvas.size.columns, .row(item.id))
            if item.isMarked {
                canvas.put("*", row: row, column: 0, style: Style(.accent, isBold: true))
            } else if isSelected {
                canvas.put("▸", row: row, column: 0, style: Style(.accent, isBold: true))
            }
            if isSelected {
                // One bar, whatever the cells mean: reversed colours would break it into patches.
                canvas.restyle(rows: row..<row + 1, columns: 0..<canvas.size.columns) {
                    Style(.normal, isBold: $0.isBold, isReversed: true)
                }
            }
            row += 1
        }
        let position =
            visible.count < table.rows.count && !visible.isEmpty
            ? "\(visible.startIndex + 1)–\(visible.endIndex) of \(table.rows.count)" : nil
        if let footer = table.footer, hasFooter(table, area.count), row < area.upperBound {
            draw(footer, position, slots, table, row, &canvas)
        } else if let position {
            drawPosition(position, row: area.lowerBound, on: &canvas)
        }
    }

    /// Tells at the end of the heading which rows are on the screen, where there is room.
    private static func drawPosition(_ position: String, row: Int, on canvas: inout Canvas) {
        let start = canvas.size.columns - position.cellWidth
        guard start > 2,
            canvas[row: row].suffix(position.cellWidth + 2).allSatisfy({
                $0.scalar == " "
            })
        else { return }
        canvas.put(position, row: row, column: start, style: Style(.dim))
    }

    private static func draw(
        _ footer: TableFooter, _ position: String?, _ slots: [Table.Slot], _ table: Table,
        _ row: Int, _ canvas: inout Canvas
    ) {
        let style = Style(.heading)
        let figures = slots.filter { footer.cells[$0.index] != nil }
        let room = (figures.first?.start ?? canvas.size.columns - 1) - table.gap
        var text = ([footer.name] + [position].compactMap(\.self)).joined(separator: "  ")
        // Half a remark would tell less than none.
        if !footer.note.isEmpty, text.cellWidth + 2 + footer.note.cellWidth <= room {
            text += "  \(footer.note)"
        }
        canvas.put(text.fitted(max(room, 0)), row: row, column: 1, style: style)
        for slot in figures {
            guard var cell = footer.cells[slot.index] else { continue }
            cell.text = cell.text.fitted(slot.width, table.columns[slot.index].alignment)
            put(cell, slot, row, 0, &canvas)
        }
    }

    private static func draw(
        _ item: TableRow, _ slots: [Table.Slot], _ table: Table, _ row: Int, _ sideways: Int,
        _ canvas: inout Canvas
    ) {
        if item.isSpanning {
            for cell in item.cells.prefix(1) {
                let text = cell.text.fitted(canvas.size.columns - 1)
                canvas.put(text, row: row, column: 1, style: cell.style)
            }
            return
        }
        for slot in slots where slot.index < item.cells.count {
            var cell = item.cells[slot.index]
            cell.text = cell.text.fitted(slot.width, table.columns[slot.index].alignment)
            put(cell, slot, row, sideways, &canvas)
        }
    }

    /// Puts a cell so many cells further left; what has no room there is cut off.
    private static func put(
        _ cell: TableCell, _ slot: Table.Slot, _ row: Int, _ sideways: Int, _ canvas: inout Canvas
    ) {
        var column = 1 + slot.start - sideways
        for scalar in cell.text.unicodeScalars {
            if column >= 1 {
                canvas.put(String(Character(scalar)), row: row, column: column, style: cell.style)
            }
            column += scalar.cellWidth
        }
    }
}
