internal import NATModel
internal import NATScreen

/// The lower part of the overview: who leaves by which interface, and what decides it.
enum HostPanel {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.rules, .tables, .neighbours, .saved]

    /// The hosts, ordered, before any filter.
    static func table(_ state: DashboardState) -> Table {
        var columns = [
            Column(title: "HOST", minimum: 15), Column(title: "EGRESS", minimum: 7),
            Column(title: "PUBLIC", minimum: 15), Column(title: "DECIDED BY", rank: 1),
            Column(title: "SEEN ON", rank: 2), Column(title: "MAC", rank: 3),
        ]
        for index in columns.indices where columns[index].title == state.sort.title {
            columns[index].title += state.isSortInverted ? " ▾" : " ▴"
        }
        if state.showsNames { addNames(to: &columns, state) }
        var entries = state.observed.hosts
        // The list comes in order of address.
        if state.sort != .host { entries.sort(by: state.sort.precedes) }
        if state.isSortInverted { entries.reverse() }
        let (shown, marked) = (entries, state.marked)
        let names = state.showsNames ? state.names : nil
        let isNarrow = Layout(state.size).isNarrow
        return Table(
            columns: columns,
            rows: TableRows(count: shown.count, id: { .host(shown[$0].source) }) { place in
                let source = shown[place].source
                var row = row(shown[place], isMarked: marked.contains(source))
                if let names { addName(names.name(of: source), to: &row, isNarrow: isNarrow) }
                return row
            },
            emptyText: emptyText(state))
    }

    /// Names stand beside the addresses, or in their place where the screen has no room for both.
    private static func addNames(to columns: inout [Column], _ state: DashboardState) {
        let widest = min(max(state.size.columns / 4, 15), 40)
        guard Layout(state.size).isNarrow else {
            columns.insert(Column(title: "NAME", minimum: 12, maximum: widest), at: 1)
            return
        }
        let heading = columns[0].title
        columns[0] = Column(title: "ADDRESS", rank: 9)
        columns.insert(Column(title: heading, minimum: 15, maximum: widest), at: 0)
    }

    private static func addName(_ name: String?, to row: inout TableRow, isNarrow: Bool) {
        guard isNarrow else {
            row.cells.insert(TableCell(name ?? Figure.missing, Style(.dim)), at: 1)
            return
        }
        row.cells.insert(TableCell(name ?? row.cells[0].text, row.cells[0].style), at: 0)
    }

    private static func emptyText(_ state: DashboardState) -> String {
        state.observed.nothing(
            .rules, .neighbours,
            is: "no host seen yet, and no rule for one: A assigns a source that you type")
    }

    private static func row(_ entry: HostEntry, isMarked: Bool) -> TableRow {
        let dim = Style(.dim)
        let neighbour = entry.neighbour
        return TableRow(
            id: .host(entry.source),
            cells: [
                TableCell(
                    entry.source.description, isMarked ? Style(.accent, isBold: true) : .normal),
                egress(entry), promise(entry),
                TableCell(
                    entry.reason,
                    entry.drift == nil && !entry.isElsewhere ? dim : Style(.warning)),
                TableCell(neighbour?.interface ?? Figure.missing, dim),
                TableCell(neighbour?.mac ?? Figure.missing, dim),
            ],
            isMarked: isMarked)
    }

    private static func egress(_ entry: HostEntry) -> TableCell {
        if entry.isBlocked { return TableCell("✗ none", Style(.bad)) }
        // The sign for a source that leaves otherwise than it was kept, or than its rule says.
        if let drift = entry.drift, drift.kept != nil {
            return TableCell("\(entry.egress ?? "✗") ≠", Style(.warning))
        }
        if case .splits(let interfaces) = entry.decision.end {
            return TableCell(interfaces.joined(separator: "+"), Style(.warning))
        }
        guard let egress = entry.egress else { return TableCell(Figure.missing) }
        if entry.isElsewhere { return TableCell("\(egress) ≠", Style(.warning)) }
        guard let assignment = entry.assignment else { return TableCell(egress) }
        return assignment.isOwned
            ? TableCell("\(egress) ●", Style(.owned)) : TableCell("\(egress) ○")
    }

    private static func promise(_ entry: HostEntry) -> TableCell {
        if entry.isBlocked { return TableCell("blocked", Style(.bad)) }
        if entry.egress != nil, entry.isTranslated == false {
            return TableCell("not translated", Style(.warning))
        }
        return TableCell(entry.publicAddress?.description ?? Figure.missing)
    }
}
