internal import NATDoctor
internal import NATModel
internal import NATPlan
internal import NATScreen

// What is copied from the screen. The remark says what it was, because nothing answers.
extension DashboardState {
    /// Copies the cell that names the selected row.
    mutating func copyCell() -> [Effect] {
        guard let row = selectedRow else { return complainOfNoRow() }
        if row.isSpanning {
            return copy(row.cells.first?.text ?? "", "the heading")
        }
        if isEgressFocused { return copyInterfaceCell(row) }
        // A host may be shown by its name; its address is what commands take.
        if view == .overview, IPv4Prefix(row.id) != nil { return copy(row.id, "the host") }
        let titles = shownTable.columns.map(\.title)
        let place = titles.firstIndex(of: essentialTitle) ?? 0
        guard row.cells.indices.contains(place) else { return complainOfNoRow() }
        return copy(row.cells[place].text, titles[place])
    }

    /// Copies the command that makes the selected row, or else one that shows it.
    mutating func copyCommand() -> [Effect] {
        guard let row = selectedRow else { return complainOfNoRow() }
        guard let found = command(of: row) else {
            remark = TextLine("no command makes or shows this row alone", Style(.warning))
            return []
        }
        return copy(
            "\(found.command)",
            found.makes ? "the command that makes it" : "a command that shows it")
    }

    /// Copies every command of a plan, a line each.
    mutating func copyCommands(of plan: Plan) -> [Effect] {
        let lines = plan.steps.map { "\($0.action)" }
        return copy(
            lines.joined(separator: "\n"), "\(Figure.count(lines.count, "command")) of the plan")
    }

    /// The public address, which the outside knows; where there is none, the name.
    private mutating func copyInterfaceCell(_ row: TableRow) -> [Effect] {
        let titles = egressTable.columns.map(\.title)
        let cells = zip(titles, row.cells)
        if let address = cells.first(where: { $0.0 == "PUBLIC" })?.1.text,
            IPv4Address(address) != nil
        {
            return copy(address, "PUBLIC")
        }
        guard let name = interfaceName(row) else { return complainOfNoRow() }
        return copy(name, "the interface")
    }

    private func interfaceName(_ row: TableRow) -> String? {
        let index = EgressPanel.interfaceIndex(ofRow: row.id)
        return observed.egress.first { $0.interface.index == index }?.interface.name
    }

    private mutating func copy(_ text: String, _ what: String) -> [Effect] {
        guard text.utf8.count <= ClipboardText.mostBytes else {
            remark = TextLine(
                "\(what): \(text.utf8.count) bytes are more than a terminal's clipboard takes",
                Style(.warning))
            return []
        }
        remark = TextLine("copied \(what): \(text.strippedOfControls)", Style(.accent))
        return [.copy(text)]
    }

    private mutating func complainOfNoRow() -> [Effect] {
        remark = TextLine("no row is selected", Style(.warning))
        return []
    }

    private var selectedRow: TableRow? {
        let selected = table.selected
        return focusedTable.rows.first { $0.id == selected }
    }

    /// The heading of the column that names a row.
    private var essentialTitle: String {
        switch view {
        case .overview: "HOST"
        case .rules: "RULE"
        case .routes: "DESTINATION"
        case .nat: "source"
        case .doctor: "CHECK"
        case .log: LogView.whatTitle
        }
    }

    private func command(of row: TableRow) -> RowCommand? {
        switch view {
        case .overview where isEgressFocused:
            return interfaceName(row).map { .showing(["ip", "-s", "address", "show", "dev", $0]) }
        case .overview:
            guard let entry = observed.hosts.first(where: { $0.source.description == row.id }),
                let egress = entry.egress
            else { return nil }
            return .making(["natdeck", "assign", row.id, egress])
        case .rules:
            let rules = observed.snapshot?.rules.value ?? []
            return rules.first { row.id.hasPrefix("\($0.priority) \($0.words) ") }
                .map { RowCommand($0) }
        case .routes: return routeCommand(row)
        case .nat: return natCommand(row)
        case .doctor:
            guard let check = selectedCheck else { return nil }
            return check.status != .ok && check.intent != nil
                ? .making(["natdeck", "doctor", "--fix", check.id])
                : .showing(["natdeck", "doctor"])
        case .log:
            guard case .ran(let runs) = selectedEntry?.what else {
                return .showing(["natdeck", "history"])
            }
            let command = runs.last.command
            return command.isReading ? .showing(command.arguments) : .making(command.arguments)
        }
    }

    private func routeCommand(_ row: TableRow) -> RowCommand? {
        for table in observed.snapshot?.tables.value ?? [] where row.id.hasPrefix("\(table.id)") {
            if row.id == "\(table.id)" {
                return .showing(
                    ["ip", "route", "show", "table", FIBTable.name(of: table.id)])
            }
            let route = table.routes.first { row.id.hasPrefix("\(table.id) \($0) ") }
            if let route { return RowCommand(route, table: table.id) }
        }
        return nil
    }

    private func natCommand(_ row: TableRow) -> RowCommand? {
        for set in observed.snapshot?.nat.value ?? [] {
            if row.id == set.label { return .showing(set.listing()) }
            for chain in set.chains {
                if row.id == "\(set.label) \(chain.name)" {
                    return .showing(set.listing(chain: chain.name))
                }
                let rules = NATRowIdentity.rules(chain, of: set.label)
                guard let place = rules.firstIndex(where: { $0.id == row.id }) else { continue }
                return RowCommand(rules[place].rule, at: place + 1, of: chain, in: set)
            }
        }
        return nil
    }
}
