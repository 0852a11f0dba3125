internal import NATModel

/// The view of `ip rule`: every rule in the order of evaluation.
enum RulesView {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.rules, .tables]

    /// The rules, before any filter.
    static func table(_ state: DashboardState) -> Table {
        let columns = [
            Column(title: "PRIORITY", alignment: .right), Column(title: "BY", minimum: 9),
            Column(title: "EGRESS", minimum: 6), Column(title: "RULE", minimum: 24),
            Column(title: "WHAT IT DOES"),
        ]
        let snapshot = state.observed.snapshot
        let rules = snapshot?.rules.value ?? []
        var copies: [RoutingPolicyRule: Int] = [:]
        var earlier = EarlierRules()
        let rows = rules.map { rule in
            let copy = copies[rule, default: 0]
            copies[rule] = copy + 1
            let reader = RuleReader(rule: rule, earlier: earlier, snapshot: snapshot)
            earlier.add(rule)
            return TableRow(
                id: "\(rule.priority) \(rule.words) \(copy)",
                cells: [
                    TableCell("\(rule.priority)"), reader.maker, reader.egress,
                    TableCell(rule.words), TableCell(reader.hint, Style(.dim)),
                ])
        }
        return Table(
            columns: columns, rows: rows,
            emptyText: state.observed.hasTried(.rules) ? "no rules" : "reading…",
            scrollsSideways: true)
    }
}
