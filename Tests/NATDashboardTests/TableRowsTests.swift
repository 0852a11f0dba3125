import NATScreen
import Synchronization
import Testing

@testable import NATDashboard

@Suite struct TableRowsTests {
    /// Places of the rows that were made.
    private final class Made: Sendable {
        let places = Mutex<Set<Int>>([])
    }

    private static func table(_ count: Int, _ made: Made) -> Table {
        let rows = TableRows(count: count, id: { .log($0) }) { place in
            made.places.withLock { _ = $0.insert(place) }
            // The last ones are wider.
            let text = place < 9000 ? "row" : "a wide row \(place)"
            return TableRow(id: .log(place), cells: [TableCell(text), TableCell("end")])
        }
        return Table(columns: [Column(title: "A"), Column(title: "B")], rows: rows)
    }

    private static let nothing = Table(columns: [], rows: TableRows())

    @Test func `of many rows only those that are shown are made`() {
        let made = Made()
        var table = Self.table(10_000, made)
        var place = TableState<RowID>()
        place.select(.log(5010))
        place.settle(table.rows.ids, visibleRows: 30)
        table.measure(showing: place.top..<place.top + 30, after: Self.nothing)
        var canvas = Canvas(size: Size(columns: 80, rows: 40))
        let position = TablePanel.draw(
            table, place, isFocused: true, complaints: [], rows: 0..<31, width: 80,
            on: &canvas)
        #expect(position == "\(place.top + 1)–\(place.top + 30) of 10000")
        #expect(made.places.withLock { $0 } == Set(place.top..<place.top + 30))
    }

    @Test func `a filter looks at all rows, also at those that are not shown`() {
        let table = Self.table(10_000, Made()).filtered("row 9999")
        #expect(table.rows.map(\.id) == [.log(9999)])
        #expect(Self.table(10_000, Made()).filtered("!row").rows.isEmpty)
    }

    @Test func `no column becomes narrower while rows are scrolled`() {
        var table = Self.table(10_000, Made())
        table.measure(showing: 9500..<9530, after: Self.nothing)
        #expect(table.widths == [15, 3])
        table.measure(showing: 0..<30, after: table)
        #expect(table.widths == [15, 3])
        var other = Self.table(10_000, Made())
        other.columns[0].title = "C"
        other.measure(showing: 0..<30, after: table)
        #expect(other.widths == [3, 3])
    }

    @Test func `a short table is measured as a whole`() {
        var table = Self.table(10_000, Made())
        table.rows = table.rows.only([1, 2, 9999])
        table.measure(showing: 0..<1, after: Self.nothing)
        #expect(table.widths == [15, 3])
    }

    @Test func `how many rows there are hides no column's name where another place is free`() {
        var driver = Driver(120, 40)
        FlowsViewTests.play(&driver)
        let lines = driver.screen.split(separator: "\n")
        #expect(lines[1].hasSuffix("1–3 of 3"))
        #expect(lines[2].hasSuffix("OUT b/s"))
    }
}
