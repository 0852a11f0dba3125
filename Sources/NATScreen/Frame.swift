/// A screen as a value: a grid of styled cells that the terminal layer only sends.
package struct Frame: Hashable, Sendable {
    /// Width and height in cells.
    package let size: Size
    /// The cells, row by row, `size.columns` to a row.
    package private(set) var cells: [Cell]

    /// A blank screen.
    package init(size: Size) {
        self.size = size
        cells = Array(repeating: .blank, count: size.columns * size.rows)
    }

    /// The cells of one row.
    package subscript(row row: Int) -> ArraySlice<Cell> {
        cells[row * size.columns..<(row + 1) * size.columns]
    }

    /// Whether a row looks as in another frame of the same size.
    ///
    /// Compared here, where cells are known, it takes a tenth of the time it takes elsewhere.
    package func isSame(as other: Frame, row: Int) -> Bool { self[row: row] == other[row: row] }

    /// Writes `text` at a place; what lies outside the screen is cut off.
    ///
    /// - Returns: the column after the last cell written.
    @discardableResult
    package mutating func put(
        _ text: some StringProtocol, row: Int, column: Int, style: Style = .normal
    ) -> Int {
        var column = column
        for scalar in text.unicodeScalars {
            let width = scalar.cellWidth
            if width == 0 { continue }
            if (0..<size.rows).contains(row), column >= 0, column + width <= size.columns {
                cells[row * size.columns + column] = Cell(scalar: scalar, style: style)
                if width == 2 {
                    cells[row * size.columns + column + 1] = Cell(scalar: "\0", style: style)
                }
            }
            column += width
        }
        return column
    }

    /// Gives every cell of a rectangle this style and keeps its character.
    package mutating func restyle(
        rows: Range<Int>, columns: Range<Int>, _ change: (Style) -> Style
    ) {
        for row in rows.clamped(to: 0..<size.rows) {
            for column in columns.clamped(to: 0..<size.columns) {
                let index = row * size.columns + column
                cells[index].style = change(cells[index].style)
            }
        }
    }

    /// Blanks a rectangle.
    package mutating func clear(rows: Range<Int>, columns: Range<Int>, style: Style = .normal) {
        for row in rows.clamped(to: 0..<size.rows) {
            for column in columns.clamped(to: 0..<size.columns) {
                cells[row * size.columns + column] = Cell(scalar: " ", style: style)
            }
        }
    }
}
