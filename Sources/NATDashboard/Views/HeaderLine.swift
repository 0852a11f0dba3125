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
        items.append(Item(cell: guardCell(state), rank: 5))
        items.append(Item(cell: conntrack(snapshot), rank: 7))
        let nics =
            snapshot.interfaces.value == nil
            ? "NICs \(Figure.missing)" : Figure.count(observed.egress.count, "NIC")
        items.append(Item(cell: TableCell(nics), rank: 6))
        items.append(Item(cell: TableCell(Figure.count(observed.hosts.count, "host")), rank: 4))
        return items
    }

    private static func guardCell(_ state: DashboardState) -> TableCell {
        switch state.isGuardRunning {
        case .none: TableCell("guard –", Style(.dim))
        case .some(true): TableCell("guard ●", Style(.good))
        case .some(false): TableCell("guard ○", Style(.warning))
        }
    }

    /// How full the kernel's table of flows is.
    private static func conntrack(_ snapshot: Snapshot) -> TableCell {
        guard let counters = snapshot.conntrack.value else {
            return TableCell("conntrack –", Style(.dim))
        }
        let count = Figure.amount(counters.count)
        guard let share = counters.share, let limit = counters.limit else {
            return TableCell("conntrack \(count)")
        }
        let level = EgressLoad.Level(share)
        let sign = level == .low ? "" : level == .full ? " ▲" : " △"
        return TableCell(
            "conntrack│\(Figure.bar(share, width: 10))│\(count) of \(Figure.amount(limit))\(sign)",
            level == .low ? .normal : Style(level == .full ? .bad : .warning, isBold: true))
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
            items.append(Item(cell: TableCell("! \(problems.count)", style), rank: 0))
        }
        let seconds = Double(state.intervalMilliseconds) / 1000
        let interval =
            state.intervalMilliseconds % 100 == 0
            ? Figure.oneDecimal(seconds) : "0.\(state.intervalMilliseconds)"
        // A second is what everybody expects.
        if state.intervalMilliseconds != 1000 {
            items.append(Item(cell: TableCell("every \(interval) s", Style(.dim)), rank: 8))
        }
        if !state.wallClock.isEmpty {
            items.append(Item(cell: TableCell(state.wallClock), rank: 1))
        }
        return items
    }
}
