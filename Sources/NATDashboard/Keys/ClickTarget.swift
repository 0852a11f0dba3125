internal import NATScreen

/// A part of the screen that can be clicked on, and what that means.
struct ClickTarget: Hashable, Sendable {
    /// Its rows on the screen.
    var rows: Range<Int>
    /// Its columns on the screen.
    var columns: Range<Int>
    /// What a click on it means.
    var meaning: Meaning

    /// What a click means.
    enum Meaning: Hashable, Sendable {
        /// The same as this key, and under the same conditions: a click can never do what the key
        /// could not.
        case key(Key)
        /// The row of the open view's table with this name is selected.
        case row(RowID)
        /// The entry of the command palette with this name is run.
        case entry(String)
    }

    /// Whether a cell belongs to it.
    func contains(column: Int, row: Int) -> Bool {
        rows.contains(row) && columns.contains(column)
    }
}
