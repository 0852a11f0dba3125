/// The rows of a table, each made when it is looked at: of ten thousand only those on the screen
/// cost text.
struct TableRows: RandomAccessCollection, Sendable {
    /// How many there are.
    let count: Int
    private let idAt: @Sendable (Int) -> RowID
    private let rowAt: @Sendable (Int) -> TableRow

    /// So many rows, named and made by their places.
    init(
        count: Int, id: @escaping @Sendable (Int) -> RowID,
        row: @escaping @Sendable (Int) -> TableRow
    ) {
        self.count = count
        idAt = id
        rowAt = row
    }

    /// Rows that are few, and made already.
    init(_ rows: [TableRow] = []) {
        self.init(count: rows.count, id: { rows[$0].id }, row: { rows[$0] })
    }

    var startIndex: Int { 0 }
    var endIndex: Int { count }
    subscript(place: Int) -> TableRow { rowAt(place) }

    /// The names of the rows, without making them.
    var ids: LazyMapCollection<Range<Int>, RowID> { (0..<count).lazy.map(idAt) }

    /// The row of this name; `nil` where there is none.
    func row(_ id: RowID?) -> TableRow? {
        guard let id else { return nil }
        return ids.firstIndex(of: id).map { self[$0] }
    }

    /// The rows at these places alone, in this order.
    func only(_ places: [Int]) -> TableRows {
        let (idAt, rowAt) = (idAt, rowAt)
        return TableRows(
            count: places.count, id: { idAt(places[$0]) }, row: { rowAt(places[$0]) })
    }
}

extension TableRows: Equatable {
    static func == (some: TableRows, other: TableRows) -> Bool { some.elementsEqual(other) }
}
