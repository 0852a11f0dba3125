internal import NATModel

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
        var entries = state.observed.hosts
        // The list comes in order of address.
        if state.sort != .host { entries.sort(by: state.sort.precedes) }
        if state.isSortInverted { entries.reverse() }
        return Table(
            columns: columns,
            rows: entries.map { row($0, isMarked: state.marked.contains($0.source)) },
            emptyText: emptyText(state))
    }

    private static func emptyText(_ state: DashboardState) -> String {
        guard state.observed.hasTried(.rules), state.observed.hasTried(.neighbours) else {
            return "reading…"
        }
        return "no host seen yet, and no rule for one: A assigns a source that you type"
    }

    private static func row(_ entry: HostEntry, isMarked: Bool) -> TableRow {
        let dim = Style(.dim)
        let neighbour = entry.neighbour
        return TableRow(
            id: entry.source.description,
            cells: [
                TableCell(
                    entry.source.description, isMarked ? Style(.accent, isBold: true) : .normal),
                egress(entry), promise(entry),
                TableCell(entry.reason, entry.drift == nil ? dim : Style(.warning)),
                TableCell(neighbour?.interface ?? Figure.missing, dim),
                TableCell(neighbour?.mac ?? Figure.missing, dim),
            ],
            isMarked: isMarked)
    }

    private static func egress(_ entry: HostEntry) -> TableCell {
        // The sign for a source that leaves otherwise than it was kept.
        if let drift = entry.drift, drift.kept != nil {
            return TableCell("\(entry.egress ?? "✗") ≠", Style(.warning))
        }
        guard let assignment = entry.assignment else {
            return TableCell(entry.egress ?? Figure.missing)
        }
        guard let egress = entry.egress else { return TableCell("✗ none", Style(.bad)) }
        return assignment.isOwned
            ? TableCell("\(egress) ●", Style(.owned)) : TableCell("\(egress) ○")
    }

    private static func promise(_ entry: HostEntry) -> TableCell {
        if entry.assignment != nil, entry.egress == nil { return TableCell("blocked", Style(.bad)) }
        if entry.egress != nil, entry.isTranslated == false {
            return TableCell("not translated", Style(.warning))
        }
        return TableCell(entry.publicAddress?.description ?? Figure.missing)
    }
}
