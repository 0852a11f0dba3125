internal import NATModel

/// The upper part of the overview: the interfaces hosts leave by, and how busy each is.
enum EgressPanel {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.interfaces, .counters, .nat, .cloud]

    /// The interfaces, a row for each of their addresses.
    static func table(_ state: DashboardState) -> Table {
        let columns = [
            Column(title: "EGRESS", minimum: 6), Column(title: "PRIVATE", minimum: 12),
            Column(title: "PUBLIC", minimum: 13),
            Column(title: "IN", alignment: .right, minimum: 10),
            Column(title: "OUT", alignment: .right, minimum: 10),
            Column(title: "LAST 60 s", minimum: sparklineWidth(state.size), rank: 3),
            Column(title: "NEW CONN/s", alignment: .right, minimum: 10, rank: 2),
            Column(title: "HOSTS", alignment: .right, minimum: 5, rank: 1),
        ]
        let sparklines = sparklines(state)
        return Table(
            columns: columns,
            rows: state.observed.egress.flatMap {
                rows($0, state, sparkline: sparklines[$0.interface.index] ?? "")
            },
            emptyText: emptyText(state))
    }

    /// The figures of an interface.
    static func traffic(_ nic: EgressInterface, _ state: DashboardState) -> Traffic {
        let key = Traffic.Identity(index: nic.interface.index, name: nic.interface.name)
        return state.observed.traffic[key] ?? Traffic()
    }

    /// A figure with the look of its freshness.
    static func figure(_ meter: Meter, _ state: DashboardState) -> TableCell {
        let text = Figure.traffic(meter.perSecond, inBytes: state.showsBytes)
        if case .data = meter.rate { return TableCell(text) }
        return TableCell(text, Style(.dim))
    }

    /// The name with the sign of its state.
    static func name(_ interface: Interface) -> TableCell {
        switch interface.state {
        case .up: TableCell("● \(interface.name)", Style(.good))
        case .down: TableCell("○ \(interface.name)", Style(.bad))
        case .unknown: TableCell("? \(interface.name)", Style(.warning))
        }
    }

    private static func rows(
        _ nic: EgressInterface, _ state: DashboardState, sparkline: String
    ) -> [TableRow] {
        let figures = traffic(nic, state)
        return addressPairs(nic).enumerated().map { index, pair in
            let isFirst = index == 0
            let blank = TableCell("")
            var cells = [
                isFirst ? name(nic.interface) : blank,
                TableCell(pair.own ?? (isFirst ? Figure.missing : "")),
                TableCell(pair.outside ?? Figure.missing),
            ]
            if isFirst {
                let connections = figures.newConnections
                cells += [
                    figure(figures.received, state), figure(figures.sent, state),
                    TableCell(sparkline, Style(.accent)),
                    TableCell(
                        Figure.perSecond(connections.perSecond),
                        Style(connections.rate.isFresh ? .normal : .dim)),
                    TableCell("\(state.observed.hostCount(of: nic.interface.name))"),
                ]
            } else {
                cells += Array(repeating: blank, count: 5)
            }
            return TableRow(id: "\(nic.interface.index) \(index)", cells: cells)
        }
    }

    /// Own addresses, each beside the public one it is mapped to.
    static func addressPairs(
        _ nic: EgressInterface
    ) -> [(own: String?, outside: String?)] {
        var publics = nic.publicAddresses ?? []
        var pairs: [(own: String?, outside: String?)] = []
        for own in nic.interface.addresses.map(\.address) {
            let place = publics.firstIndex { $0.privateAddress == own }
            pairs.append(
                (own.description, place.map { publics.remove(at: $0).address.description }))
        }
        // Where the mapping is not told, the first public address is the primary's.
        for address in publics.map(\.address.description) {
            if let place = pairs.firstIndex(where: { $0.outside == nil }) {
                pairs[place].outside = address
            } else {
                pairs.append((nil, address))
            }
        }
        return pairs.isEmpty ? [(nil, nil)] : pairs
    }

    private static func emptyText(_ state: DashboardState) -> String {
        state.observed.hasTried(.interfaces) && state.observed.hasTried(.tables)
            ? "no interface to leave by was found" : "reading…"
    }

    private static func sparklineWidth(_ size: Size) -> Int {
        size.columns >= 150 ? 60 : 20
    }

    /// One for each interface, all to the same scale, so that they can be compared.
    private static func sparklines(_ state: DashboardState) -> [Int: String] {
        let count = sparklineWidth(state.size)
        let until = state.observed.readAtMilliseconds
        var averages: [Int: [Double?]] = [:]
        for nic in state.observed.egress {
            averages[nic.interface.index] = traffic(nic, state).averages(
                count, overMilliseconds: 60_000, until: until)
        }
        let peak = averages.values.joined().compactMap(\.self).max() ?? 0
        return averages.mapValues { Sparkline.text($0, peak: peak) }
    }
}

extension Rate {
    /// Whether it is a figure of the last two samples.
    var isFresh: Bool {
        if case .data = self { true } else { false }
    }
}
