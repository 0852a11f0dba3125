/// A column that rows are ordered by, and which way.
struct ColumnOrder<Column: OrderingColumn>: Hashable, Sendable {
    /// The column.
    var column: Column
    /// Whether the order is the other way round than is usual for it.
    var isInverted = false

    /// Whether the highest comes first.
    var isFalling: Bool { column.isFalling != isInverted }

    /// The sign behind a column's heading; empty of one that nothing is ordered by.
    func sign(at column: Column) -> String {
        column == self.column.heading ? (isFalling ? "▾" : "▴") : ""
    }

    /// Places in the order of what stands in the column; equal ones stay as they are.
    func places<Key: Comparable>(_ keys: [Key]) -> [Int] {
        keys.indices.sorted { left, right in
            guard keys[left] != keys[right] else { return left < right }
            return isFalling ? keys[left] > keys[right] : keys[left] < keys[right]
        }
    }
}

/// What rows can be ordered by.
protocol OrderingColumn: Hashable, Sendable, CaseIterable where AllCases == [Self] {
    /// What the menu calls it.
    var title: String { get }
    /// Whether the highest comes first, unless that is inverted.
    var isFalling: Bool { get }
    /// The column whose heading tells it.
    var heading: Self { get }
}
