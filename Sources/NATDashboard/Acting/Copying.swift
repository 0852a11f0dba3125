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
        if let host = row.id.host { return copy("\(host)", "the host") }
        let titles = shownTable.columns.map(\.title)
        let place = titles.firstIndex(of: essentialTitle) ?? 0
        guard row.cells.indices.contains(place) else { return complainOfNoRow() }
        return copy(row.cells[place].text, titles[place])
    }

    /// Copies the command that makes the selected row, or else one that shows it.
    mutating func copyCommand() -> [Effect] {
        guard let row = selectedRow else { return complainOfNoRow() }
        if view == .log, let lines = selectedEntry?.what.commands, !lines.isEmpty {
            return copy(
                lines.joined(separator: "\n"), "\(Figure.count(lines.count, "command")) of it")
        }
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
        let index = row.id.interfaceIndex
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
        focusedTable.rows.row(table.selected)
    }

    /// The heading of the column that names a row.
    private var essentialTitle: String {
        switch view {
        case .overview: "HOST"
        case .rules: "RULE"
        case .routes: "DESTINATION"
        case .nat: "source"
        case .flows: flowGrouping == .flow ? "DESTINATION" : "FLOWS"
        case .doctor: "CHECK"
        case .log: LogView.whatTitle
        }
    }

    private func command(of row: TableRow) -> RowCommand? {
        switch view {
        case .overview where isEgressFocused:
            return interfaceName(row).map { .showing(["ip", "-s", "address", "show", "dev", $0]) }
        case .overview:
            guard let source = row.id.host,
                let egress = observed.hosts.first(where: { $0.source == source })?.egress
            else { return nil }
            return .making(["natdeck", "assign", "\(source)", egress])
        case .rules:
            guard case .rule(let rule, _) = row.id else { return nil }
            return RowCommand(rule)
        case .routes: return routeCommand(row.id)
        case .nat: return natCommand(row.id)
        case .flows:
            guard case .flow(let key) = row.id else {
                return .showing(
                    ["natdeck", "flows"] + flowList.sources.map(\.description).prefix(1))
            }
            return .showing(["natdeck", "flows", key.original.source.description])
        case .doctor:
            guard let check = selectedCheck else { return nil }
            return check.status != .ok && check.intent != nil
                ? .making(["natdeck", "doctor", "--fix", check.id])
                : .showing(["natdeck", "doctor"])
        case .log:
            guard case .changed = selectedEntry?.what else { return nil }
            return .showing(["natdeck", "history"])
        }
    }

    private func routeCommand(_ id: RowID) -> RowCommand? {
        switch id {
        case .table(let table):
            .showing(["ip", "route", "show", "table", FIBTable.name(of: table)])
        case .route(let key), .hop(let key, _): RowCommand(key.route, table: key.table)
        default: nil
        }
    }

    private func natCommand(_ id: RowID) -> RowCommand? {
        let sets = observed.snapshot?.nat.value ?? []
        switch id {
        case .natSet(let label):
            let set = sets.first { $0.label == label }
            return set.map { .showing($0.listing()) }
        case .natChain(let label, let name):
            let set = sets.first { $0.label == label }
            return set.map { .showing($0.listing(chain: name)) }
        case .natRule(let key):
            guard let set = sets.first(where: { $0.label == key.set }),
                let chain = set.chain(key.chain),
                let place = NATRowIdentity.rules(chain, of: key.set).firstIndex(of: id)
            else { return nil }
            return RowCommand(chain.rules[place], at: place + 1, of: chain, in: set)
        default: return nil
        }
    }
}

extension LogBook.What {
    /// What was run for it, as a person would type it; none of what no command of natdeck's did.
    fileprivate var commands: [String] {
        switch self {
        // Half of them would be worse than none.
        case .changed(let change) where change.runs.isEmpty && change.past.moreCommands > 0: []
        case .changed(let change):
            change.runs.isEmpty ? change.past.commands : change.runs.map { "\($0.command)" }
        case .open(let change): change.runs.map { "\($0.command)" }
        case .read(let readings): readings.runs.map { "\($0.last.command)" }
        case .happened, .drifted: []
        }
    }
}
