internal import NATScreen

/// One column of a table.
struct Column: Hashable, Sendable {
    /// Its heading.
    var title: String
    /// Where its texts stand.
    var alignment = Alignment.left
    /// No narrower than this, so that it does not breathe with its figures.
    var minimum = 0
    /// No wider than this, where it is given.
    var maximum = Int.max
    /// How readily it is left out on a narrow screen, with those of the same rank; 0 never is.
    var rank = 0
    /// Whether it becomes narrower, down to its minimum, before any column is left out.
    var isFlexible = false
    /// The widths it can take, where room is left over; of each its cells have a form.
    var forms: [Int] = []
}

/// One text of a table.
struct TableCell: Hashable, Sendable {
    /// The text.
    var text: String
    /// How it looks.
    var style = Style.normal
    /// The same for each of its column's forms; none where the column has one width alone.
    var forms: [String] = []

    /// A text that looks so.
    init(_ text: String, _ style: Style = .normal) {
        self.text = text
        self.style = style
    }
}

/// One row of a table.
struct TableRow: Hashable, Sendable {
    /// Who it is, wherever it stands.
    var id: RowID
    /// A cell for every column; a row that spans all columns has a single one.
    var cells: [TableCell]
    /// Whether its only cell spans all columns: a heading between rows.
    var isSpanning = false
    /// Whether the operator has marked it.
    var isMarked = false
    /// What opens behind it, and is looked for like its texts.
    var within: [String] = []

    /// All its texts, those that open behind it too.
    var texts: [String] { cells.map(\.text) + within }

    /// Whether any of its texts holds `needle`, which is in lower case.
    func holds(_ needle: String) -> Bool {
        cells.contains { $0.text.lowercased().contains(needle) }
            || within.contains { $0.lowercased().contains(needle) }
    }
}

/// A row below all others that stays in sight while they scroll: a sum.
struct TableFooter: Hashable, Sendable {
    /// What it is.
    var name: String
    /// What else there is to say, as far as there is room before the figures.
    var note: String
    /// Texts by column.
    var cells: [Int: TableCell]
}

/// Rows under headings, as a value.
struct Table: Equatable, Sendable {
    /// The columns, left to right.
    var columns: [Column]
    /// The rows, top to bottom.
    var rows: TableRows
    /// The row that stays below them; `nil` where there is none.
    var footer: TableFooter?
    /// What to say where there are no rows.
    var emptyText: String
    /// Whether columns keep their full width, to be scrolled sideways on a narrow screen.
    var scrollsSideways: Bool
    /// Blank cells between columns.
    var gap: Int

    /// A table of these rows.
    init(
        columns: [Column], rows: TableRows, emptyText: String = "", scrollsSideways: Bool = false,
        gap: Int = 2, widths: [Int]? = nil
    ) {
        self.widths = widths
        self.columns = columns
        self.rows = rows
        self.emptyText = emptyText
        self.scrollsSideways = scrollsSideways
        self.gap = gap
    }

    /// A column that is shown, and how wide.
    struct Slot: Hashable, Sendable {
        var index: Int
        var start: Int
        var width: Int
    }

    /// The widths of the columns, measured once; `nil` where they have not been.
    private(set) var widths: [Int]?

    /// A table of no more rows is measured as a whole; of a longer one only what is shown, for the
    /// others would be made for that alone.
    static let measuredRows = 200

    /// Measures the columns by all rows.
    mutating func measure() { widths = naturalWidths(rows.indices) }

    /// Measures the columns by the rows that are shown, where there are many.
    ///
    /// - Parameter old: the table it comes after; columns that it had do not become narrower, so that
    ///   nothing moves sideways while rows are scrolled.
    mutating func measure(showing places: Range<Int>, after old: Table) {
        guard rows.count > Self.measuredRows else { return measure() }
        var new = naturalWidths(places.clamped(to: rows.indices))
        if let floor = old.widths, old.columns == columns { new = zip(new, floor).map(max) }
        widths = new
    }

    private func naturalWidths(_ places: Range<Int>) -> [Int] {
        var widths = columns.map { max($0.title.cellWidth, $0.minimum) }
        for row in rows[places] where !row.isSpanning {
            for (index, cell) in row.cells.enumerated() where index < widths.count {
                widths[index] = max(widths[index], cell.text.cellWidth)
            }
        }
        for (index, cell) in footer?.cells ?? [:] where index < widths.count {
            widths[index] = max(widths[index], cell.text.cellWidth)
        }
        return zip(widths, columns).map { min($0, $1.maximum) }
    }

    /// The cells that all columns take side by side.
    var naturalWidth: Int {
        (widths ?? naturalWidths(rows.indices)).reduce(gap * (columns.count - 1), +)
    }

    /// The columns that are shown in so many cells.
    func slots(in width: Int) -> [Slot] {
        let natural = widths ?? naturalWidths(rows.indices)
        var widths = natural
        var shown = Array(columns.indices)
        var gap = self.gap
        func total() -> Int { shown.reduce(0) { $0 + widths[$1] } + gap * (shown.count - 1) }
        if scrollsSideways {
            // What can be scrolled to is left out only where little else would be seen.
            if width < Layout.narrowColumns - 1 { shown.removeAll { columns[$0].rank > 0 } }
        } else {
            widths = zip(widths, columns).map { $1.isFlexible ? min($0, $1.minimum) : $0 }
            while total() > width {
                let droppable = shown.filter { columns[$0].rank > 0 }
                if total() - (self.gap - 1) * (shown.count - 1) <= width, gap > 1 {
                    gap = 1
                } else if let worst = droppable.map({ columns[$0].rank }).max() {
                    // Those of one rank belong together: half of them would mislead.
                    shown.removeAll { columns[$0].rank == worst }
                } else {
                    gap = 1
                    break
                }
            }
            // What is left over goes to those that were made narrower.
            for index in shown where columns[index].isFlexible {
                let more = min(natural[index] - widths[index], max(width - total(), 0))
                widths[index] += more
            }
            // Then to those that tell more the wider they are.
            for index in shown {
                let room = widths[index] + max(width - total(), 0)
                widths[index] = max(
                    columns[index].forms.last { $0 <= room } ?? 0, widths[index])
            }
        }
        var start = 0
        return shown.map { index in
            defer { start += widths[index] + gap }
            return Slot(index: index, start: start, width: widths[index])
        }
    }

    /// The rows a filter lets through. Headings stay while any row does.
    func filtered(_ filter: String) -> Table {
        let wanted = RowFilter(filter)
        guard !wanted.words.isEmpty else { return self }
        var copy = self
        var hasAny = false
        let places = rows.indices.filter { place in
            let row = rows[place]
            if row.isSpanning { return true }
            let isShown = wanted.lets(row)
            if isShown { hasAny = true }
            return isShown
        }
        copy.rows = hasAny ? rows.only(places) : TableRows()
        copy.emptyText = "nothing matches \(filter)"
        return copy
    }
}
