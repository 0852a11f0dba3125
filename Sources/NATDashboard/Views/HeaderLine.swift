internal import NATModel
internal import NATScreen

/// The first line: what box this is, and whether all is well.
enum HeaderLine {
    private struct Item {
        var cell: TableCell
        /// How readily it is left out; 0 never is.
        var rank: Int
    }

    /// Draws it into row 0.
    static func draw(_ state: DashboardState, on canvas: inout Canvas) {
        var left = self.left(state)
        var right = self.right(state)
        func width() -> Int {
            (left + right).reduce(1) { $0 + $1.cell.text.cellWidth + 2 }
        }
        while width() > canvas.size.columns {
            let ranks = (left + right).map(\.rank)
            guard let worst = ranks.max(), worst > 0 else { break }
            left.removeAll { $0.rank == worst }
            right.removeAll { $0.rank == worst }
        }
        var column = 1
        for item in left {
            column = canvas.put(item.cell.text, row: 0, column: column, style: item.cell.style) + 2
        }
        let rightWidth = right.reduce(-2) { $0 + $1.cell.text.cellWidth + 2 }
        column = max(column, canvas.size.columns - 1 - rightWidth)
        for item in right {
            column = canvas.put(item.cell.text, row: 0, column: column, style: item.cell.style) + 2
        }
    }

    private static func left(_ state: DashboardState) -> [Item] {
        let observed = state.observed
        let name = state.hostName ?? Figure.missing
        let host = name.cellWidth > 24 ? name.fitted(24) : name
        var items = [
            Item(cell: TableCell("natdeck", Style(.accent, isBold: true)), rank: 0),
            Item(cell: TableCell(host, Style.normal.bold), rank: 2),
        ]
        guard let snapshot = observed.snapshot else {
            return items + [Item(cell: TableCell("reading…", Style(.dim)), rank: 1)]
        }
        items.append(Item(cell: forwarding(snapshot), rank: 3))
        let sets = snapshot.nat.value ?? []
        let holding = sets.contains(where: \.hasRules) ? sets.filter(\.hasRules) : sets
        let backends = holding.map(\.label).joined(separator: "+")
        items.append(
            Item(cell: TableCell(backends.isEmpty ? "nat –" : backends, Style(.dim)), rank: 7))
        let egress = snapshot.interfaces.value == nil ? Figure.missing : "\(observed.egress.count)"
        items.append(Item(cell: TableCell("\(egress) egress"), rank: 5))
        items.append(Item(cell: TableCell(Figure.count(observed.hosts.count, "host")), rank: 4))
        return items
    }

    private static func forwarding(_ snapshot: Snapshot) -> TableCell {
        switch snapshot.sysctl("net.ipv4.ip_forward") {
        case .none: TableCell("forwarding –", Style(.warning))
        case .some(0): TableCell("forwarding OFF", Style(.bad, isBold: true))
        case .some: TableCell("forwarding on", Style(.good))
        }
    }

    private static func right(_ state: DashboardState) -> [Item] {
        var items: [Item] = []
        if state.readOnlyReason != nil {
            items.append(
                Item(cell: TableCell("READ-ONLY", Style(.warning, isBold: true)), rank: 0))
        }
        let problems = state.observed.problems
        if !problems.isEmpty {
            let isBad = problems.contains { $0.severity == .error }
            let style = Style(isBad ? .bad : .warning, isBold: true)
            let text =
                Layout(state.size).isNarrow
                ? "! \(problems.count)" : "! \(Figure.count(problems.count, "problem"))"
            items.append(Item(cell: TableCell(text, style), rank: 0))
        }
        let seconds = Double(state.intervalMilliseconds) / 1000
        let interval =
            state.intervalMilliseconds % 100 == 0
            ? Figure.oneDecimal(seconds) : "0.\(state.intervalMilliseconds)"
        items.append(Item(cell: TableCell("\(interval) s", Style(.dim)), rank: 6))
        if !state.wallClock.isEmpty {
            items.append(Item(cell: TableCell(state.wallClock), rank: 1))
        }
        return items
    }
}
