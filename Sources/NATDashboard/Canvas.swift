internal import NATScreen

/// A frame while it is drawn, and what can be clicked on in it.
struct Canvas {
    /// What is drawn so far.
    private(set) var frame: Frame
    /// The parts that can be clicked on; of those that overlap the last one counts.
    private(set) var targets: [ClickTarget] = []

    /// A blank screen.
    init(size: Size) { frame = Frame(size: size) }

    /// Width and height in cells.
    var size: Size { frame.size }

    /// The cells of one row.
    subscript(row row: Int) -> ArraySlice<Cell> { frame[row: row] }

    /// Writes `text` at a place; what lies outside the screen is cut off.
    ///
    /// - Returns: the column after the last cell written.
    @discardableResult
    mutating func put(
        _ text: some StringProtocol, row: Int, column: Int, style: Style = .normal
    ) -> Int {
        frame.put(text, row: row, column: column, style: style)
    }

    /// Gives every cell of a rectangle this style and keeps its character.
    mutating func restyle(rows: Range<Int>, columns: Range<Int>, _ change: (Style) -> Style) {
        frame.restyle(rows: rows, columns: columns, change)
    }

    /// Blanks a rectangle.
    mutating func clear(rows: Range<Int>, columns: Range<Int>, style: Style = .normal) {
        frame.clear(rows: rows, columns: columns, style: style)
    }

    /// Makes a part of a row something to click on.
    mutating func addTarget(row: Int, columns: Range<Int>, _ meaning: ClickTarget.Meaning) {
        targets.append(ClickTarget(rows: row..<row + 1, columns: columns, meaning: meaning))
    }

    /// Makes everything drawn so far something that cannot be clicked on.
    mutating func removeTargets() { targets.removeAll() }

    /// What a click on a cell would hit; `nil` where nothing is to be hit.
    func target(column: Int, row: Int) -> ClickTarget? {
        targets.last { $0.contains(column: column, row: row) }
    }
}
