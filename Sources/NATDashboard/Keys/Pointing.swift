internal import NATScreen

// What the mouse does, where it is on.
extension DashboardState {
    /// Lines that one notch of the wheel scrolls.
    private static let wheelLines = 3

    /// Does what a click or the wheel asks for.
    mutating func point(_ event: MouseEvent) -> [Effect] {
        // A report nobody asked for is none: it may as well have been pasted.
        guard isMouseOn, keyContext != .tooSmall else { return [] }
        switch event.kind {
        case .press: return click(column: event.column, row: event.row)
        case .wheelUp: return turn(-1, row: event.row)
        case .wheelDown: return turn(1, row: event.row)
        }
    }

    private mutating func click(column: Int, row: Int) -> [Effect] {
        clickRow = row
        switch drawn().target(column: column, row: row)?.meaning {
        case .key(let key):
            // As the key that accepts a plan is not the one that opened it: a click that is
            // repeated where it was accepts nothing.
            if key == .character("y"), case .confirming(let dialog) = mode,
                dialog.openedInRow == row
            {
                remark = TextLine("the pointer has not moved: move it, or press y", Style(.warning))
                return []
            }
            return press(key)
        case .row(let id):
            let pane: OverviewPane = isOverEgress(row) ? .egress : .hosts
            // While a filter is typed it stays with its pane.
            if view == .overview, pane != overviewPane {
                guard mode == .browsing else { return [] }
                overviewPane = pane
            }
            (remark, awaited) = (nil, nil)
            table.select(id)
        case .entry(let name):
            guard case .choosing(var palette) = mode else { return [] }
            palette.place.select(name)
            return runSelected(palette)
        case nil: break
        }
        return []
    }

    private func isOverEgress(_ row: Int) -> Bool {
        view == .overview && egressArea.contains(row)
    }

    /// Turns the wheel over a row of the screen: it scrolls what it is over.
    private mutating func turn(_ direction: Int, row: Int) -> [Effect] {
        let lines = Action.move(.lines(direction * Self.wheelLines))
        let line = Action.move(.lines(direction))
        let key = direction < 0 ? Key.up : Key.down
        switch mode {
        case .browsing, .filtering, .asking, .finding:
            let movement = Movement.lines(direction * Self.wheelLines)
            if isOverEgress(row) {
                egressPlace.move(
                    movement, egressTable.rows.ids, visibleRows: visibleEgressRows)
            } else if tableArea.contains(row) {
                tables[view, default: TableState<RowID>()].move(
                    movement, shownTable.rows.ids, visibleRows: visibleRows)
            }
        case .reading(let panel): read(panel, key, lines)
        case .confirming(let dialog): return confirm(dialog, key, lines)
        case .assigning(let dialog) where dialog.focus == .interface:
            return assign(dialog, key, line)
        case .choosing(let palette): return choose(palette, key, line)
        case .picking(let picker): return pick(picker, key, line)
        case .sorting(let menu): return sort(menu, key, line)
        case .assigning, .applying: break
        }
        return []
    }
}
