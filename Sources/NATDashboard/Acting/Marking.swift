internal import NATModel
internal import NATScreen

// Marks on hosts: one, a range, all that are shown.
extension DashboardState {
    /// Marks the host under the bar, or takes its mark away, and goes on.
    mutating func toggleMark() {
        rangeStart = nil
        guard let source = table.selected?.host else { return }
        if marked.remove(source) == nil { marked.insert(source) }
        move(.lines(1))
    }

    /// Marks every host that is shown; where all are, takes their marks away.
    mutating func markShown() {
        let shown = Set(shownTable.rows.ids.compactMap(\.host))
        if shown.isSubset(of: marked) { marked.subtract(shown) } else { marked.formUnion(shown) }
    }

    /// Begins a range at the bar, or ends it.
    mutating func toggleRange() {
        if rangeStart != nil {
            rangeStart = nil
            remark = TextLine("\(marked.count) marked", Style(.accent))
        } else if let source = table.selected?.host {
            rangeStart = source
            marked.insert(source)
            remark = TextLine("move to mark a range, v ends it", Style(.accent))
        }
    }

    /// Moves, and marks all that lies between.
    mutating func extendMarks(_ movement: Movement) {
        let before = table.index
        move(movement)
        let ids = focusedTable.rows.ids
        guard !isEgressFocused, ids.indices.contains(before), ids.indices.contains(table.index)
        else { return }
        let places = min(before, table.index)...max(before, table.index)
        marked.formUnion(places.compactMap { ids[$0].host })
    }
}
