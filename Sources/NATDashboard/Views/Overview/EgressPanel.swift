internal import NATModel
internal import NATScreen

/// The upper part of the overview: the interfaces hosts leave by, and how full each is. One with
/// several public addresses has a row for each.
enum EgressPanel {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.interfaces, .counters, .nat, .cloud]

    /// The interfaces, a row each, and their sum.
    static func table(_ state: DashboardState) -> Table {
        // As long as there is room beside everything else: both directions stand side by side.
        let shortest = 10
        let bare = table(state, cells: shortest)
        let room = (state.size.columns - 1 - bare.naturalWidth) / 2
        let cells = [30, 20, 15, 12].first { $0 <= shortest + room } ?? shortest
        return cells == shortest ? bare : table(state, cells: cells)
    }

    private static func table(_ state: DashboardState, cells: Int) -> Table {
        let observed = state.observed
        let columns = columns(cells: cells)
        let offered = observed.offered
        let counts = Dictionary(grouping: offered) { $0.nic.interface.index }.mapValues(\.count)
        let rows = offered.map { egress in
            let row = EgressRow(
                egress: egress, isOnly: counts[egress.nic.interface.index] == 1, observed: observed,
                showsBytes: state.showsBytes)
            return TableRow(id: egress.id, cells: columns.map { row.cell($0) })
        }
        var table = Table(
            columns: columns.map { $0.column(state) }, rows: TableRows(rows),
            emptyText: emptyText(state))
        let total = EgressTotal(state)
        table.footer = TableFooter(
            name: "All", note: total.note,
            cells: Dictionary(
                uniqueKeysWithValues: columns.enumerated().compactMap { place, column in
                    total.cell(column, state).map { (place, $0) }
                }))
        return table
    }

    /// The columns, left to right, with graphs of so many cells.
    private static func columns(cells: Int) -> [EgressColumn] {
        [
            .name, .publicAddress, .privateAddress, .received, .receivedShare, .sent, .sentShare,
            .graph(GraphTime(cells: cells, secondsPerCell: 60 / cells)), .scale, .flows, .begun,
            .ports, .dropped, .hosts,
        ]
    }

    /// The figures of an interface.
    static func traffic(_ nic: EgressInterface, _ state: DashboardState) -> Traffic {
        state.observed.traffic[Traffic.Identity(nic.interface)] ?? Traffic()
    }

    /// A figure with the look of its freshness.
    static func figure(_ meter: Meter, _ state: DashboardState) -> TableCell {
        let text = Figure.traffic(meter.perSecond, inBytes: state.showsBytes)
        return TableCell(text, Style(meter.rate.isFresh ? .normal : .dim))
    }

    /// The name with the sign of its state.
    static func name(_ interface: Interface) -> TableCell {
        switch interface.state {
        case .up: TableCell("● \(interface.name)", Style(.good))
        case .down: TableCell("○ \(interface.name)", Style(.bad))
        case .unknown: TableCell("? \(interface.name)", Style(.warning))
        }
    }

    private static func emptyText(_ state: DashboardState) -> String {
        state.observed.nothing(
            .interfaces, .tables, is: "no interface to leave by was found")
    }
}
