/// A way to move in a table.
enum Movement: Hashable, Sendable {
    case lines(Int), pages(Int), start, end
}

/// Where the operator is in a table; it follows the row, not its place.
struct TableState<ID: Hashable & Sendable>: Hashable, Sendable {
    /// The name of the selected row; `nil` where there are no rows.
    private(set) var selected: ID?
    /// Where that row was last, to stay near when it goes.
    private(set) var index = 0
    /// The first row on the screen.
    private(set) var top = 0
    /// Whether the last row is selected, so that new ones at the end are followed.
    private(set) var isAtEnd = true
    /// Cells scrolled to the right.
    var sideways = 0

    /// Finds its row again after the rows or the room for them have changed.
    mutating func settle<IDs: RandomAccessCollection>(_ ids: IDs, visibleRows: Int)
    where IDs.Element == ID, IDs.Index == Int {
        // Mostly it is where it was, and of many rows none has to be looked at.
        let isThere = ids.indices.contains(index) && ids[index] == selected
        if !isThere, let selected, let place = ids.firstIndex(of: selected) { index = place }
        index = min(max(index, 0), max(ids.count - 1, 0))
        selected = ids.indices.contains(index) ? ids[index] : nil
        let visible = max(visibleRows, 1)
        if index < top { top = index }
        if index >= top + visible { top = index - visible + 1 }
        top = min(max(top, 0), max(ids.count - visible, 0))
        isAtEnd = index >= ids.count - 1
    }

    /// Selects a row by name; where there is none of that name, the selection stays near.
    mutating func select(_ id: ID) {
        selected = id
        isAtEnd = false
    }

    /// Moves the selection.
    mutating func move<IDs: RandomAccessCollection>(
        _ movement: Movement, _ ids: IDs, visibleRows: Int
    ) where IDs.Element == ID, IDs.Index == Int {
        switch movement {
        case .lines(let count): index += count
        case .pages(let count): index += count * max(visibleRows - 1, 1)
        case .start: index = 0
        case .end: index = ids.count - 1
        }
        selected = nil
        settle(ids, visibleRows: visibleRows)
    }
}
