internal import NATModel
internal import NATScreen

/// The upper part of the overview: the interfaces hosts leave by, and how busy each is.
enum EgressPanel {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.interfaces, .counters, .nat, .cloud]

    /// Room left free for a column of live flows, which conntrack is to tell.
    private static let reserved = 7

    /// The interfaces, a row for each of their addresses, and their sum.
    static func table(_ state: DashboardState) -> Table {
        Layout(state.size).isNarrow ? narrow(state) : wide(state)
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

    private static func hosts(_ nic: EgressInterface, _ state: DashboardState) -> String {
        let count = state.observed.hostCount(of: nic.interface.name)
        return Figure.number(state.observed.knowsWays ? count : nil)
    }

    /// How many rows an interface takes.
    static func rowCount(_ nic: EgressInterface, _ layout: Layout) -> Int {
        layout.isNarrow ? 1 : addressPairs(nic).count
    }

    private static func wide(_ state: DashboardState) -> Table {
        var table = Table(
            columns: [
                Column(title: "EGRESS", minimum: 6), Column(title: "PRIVATE", minimum: 12),
                Column(title: "PUBLIC", minimum: 13),
                Column(title: "IN", alignment: .right, minimum: 10),
                Column(title: "OUT", alignment: .right, minimum: 10),
                Column(title: "NEW CONN/s", alignment: .right, minimum: 10, rank: 2),
                Column(title: "HOSTS", alignment: .right, minimum: 5, rank: 1),
            ], rows: TableRows(state.observed.egress.flatMap { rows($0, state) }),
            emptyText: emptyText(state))
        let total = EgressTotal(state)
        table.footer = TableFooter(
            name: "Total", note: total.note,
            cells: [
                3: total.received.traffic(state), 4: total.sent.traffic(state),
                5: total.newConnections.perSecond, 6: TableCell(Figure.number(total.hosts)),
            ])
        let room = state.size.columns - 1 - table.naturalWidth - reserved
        if let time = GraphTime.minute(in: room / 2 - table.gap) {
            addGraphs(to: &table, time, state)
        }
        return table
    }

    private static func rows(_ nic: EgressInterface, _ state: DashboardState) -> [TableRow] {
        let figures = traffic(nic, state)
        return addressPairs(nic).enumerated().map { place, pair in
            let isFirst = place == 0
            var cells = [
                isFirst ? name(nic.interface) : TableCell(""),
                TableCell(pair.own ?? (isFirst ? Figure.missing : "")),
                TableCell(pair.outside ?? Figure.missing),
            ]
            if isFirst {
                let connections = figures.newConnections
                cells += [
                    figure(figures.received, state), figure(figures.sent, state),
                    TableCell(
                        Figure.perSecond(connections.perSecond),
                        Style(connections.rate.isFresh ? .normal : .dim)),
                    TableCell(hosts(nic, state)),
                ]
            } else {
                cells += Array(repeating: TableCell(""), count: 4)
            }
            return TableRow(id: .interface(nic.interface.index, line: place), cells: cells)
        }
    }

    /// Adds the last minute of each direction beside its figure: all graphs to the same scale, so
    /// that they can be compared, and the headings tell it.
    private static func addGraphs(
        to table: inout Table, _ time: GraphTime, _ state: DashboardState
    ) {
        let until = state.observed.readAtMilliseconds
        var averages: [Int: [[Double?]]] = [:]
        for nic in state.observed.egress {
            let history = traffic(nic, state).history
            averages[nic.interface.index] = Traffic.Direction.allCases.map {
                time.averages(history, $0, until: until)
            }
        }
        let peak = averages.values.joined().joined().compactMap(\.self).max() ?? 0
        let scale = GraphScale(holding: peak, inBytes: state.showsBytes)
        let headings = [
            "LAST \(Figure.duration(seconds: Int64(time.seconds)))", "█ = \(scale.label)",
        ]
        // The right one first, so that the place of the left one stays.
        for (place, column) in [(1, 5), (0, 4)] {
            table.columns.insert(
                Column(title: headings[place], minimum: time.cells, rank: 3), at: column)
            let cells = table.footer?.cells ?? [:]
            table.footer?.cells = Dictionary(
                uniqueKeysWithValues: cells.map { ($0 < column ? $0 : $0 + 1, $1) })
            let rows = table.rows.map { row in
                var row = row
                var text = ""
                // The graph is of the whole interface, and stands on its first line.
                if case .interface(let index, line: 0) = row.id, let means = averages[index] {
                    text = Sparkline.text(means[place], peak: scale.top)
                }
                row.cells.insert(TableCell(text, Style(.accent)), at: column)
                return row
            }
            table.rows = TableRows(rows)
        }
    }

    /// On a narrow screen an interface is its name, its public address and its traffic.
    private static func narrow(_ state: DashboardState) -> Table {
        let unit = state.showsBytes ? "B/s" : "b/s"
        let total = EgressTotal(state)
        func short(_ meter: Meter) -> TableCell {
            let text = Figure.short(meter.perSecond, inBytes: state.showsBytes)
            return TableCell(text, Style(meter.rate.isFresh ? .normal : .dim))
        }
        var table = Table(
            columns: [
                Column(title: "EGRESS", minimum: 6, maximum: max(state.size.columns - 32, 8)),
                Column(title: "PUBLIC", minimum: 13),
                Column(title: "IN \(unit)", alignment: .right, minimum: 7),
                Column(title: "OUT \(unit)", alignment: .right, minimum: 7),
            ],
            rows: TableRows(
                state.observed.egress.map { nic in
                    let figures = traffic(nic, state)
                    return TableRow(
                        id: .interface(nic.interface.index, line: 0),
                        cells: [
                            name(nic.interface),
                            TableCell(nic.promisedAddress?.description ?? Figure.missing),
                            short(figures.received), short(figures.sent),
                        ])
                }), emptyText: emptyText(state), gap: 1)
        table.footer = TableFooter(
            name: "Total", note: total.note,
            cells: [2: total.received.short(state), 3: total.sent.short(state)])
        return table
    }

    /// Own addresses, each beside the public one it is mapped to.
    static func addressPairs(
        _ nic: EgressInterface
    ) -> [(own: String?, outside: String?)] {
        let pairs = nic.addressPairs.map { ($0.own?.description, $0.outside?.description) }
        return pairs.isEmpty ? [(nil, nil)] : pairs
    }

    private static func emptyText(_ state: DashboardState) -> String {
        state.observed.nothing(
            .interfaces, .tables, is: "no interface to leave by was found")
    }
}
