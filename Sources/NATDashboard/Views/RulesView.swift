internal import NATModel
internal import NATScreen

/// The view of `ip rule`: every rule in the order of evaluation, and for whom it decides.
enum RulesView {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.rules, .tables]

    /// The rules, before any filter.
    static func table(_ state: DashboardState) -> Table {
        let columns = [
            Column(title: "PRIO", alignment: .right, minimum: 7), Column(title: "BY", minimum: 10),
            Column(title: "EGRESS", minimum: 6, rank: 1),
            Column(title: "HOSTS", alignment: .right, minimum: 5, rank: 1),
            Column(title: "RULE", minimum: 24), Column(title: "FOR", minimum: 13),
            Column(title: "WHAT IT DOES"),
        ]
        let snapshot = state.observed.snapshot
        let rules = snapshot?.rules.value ?? []
        let facts = state.observed.facts
        let hosts = RuleHosts(state.observed.hosts, isKnown: facts?.rules != nil)
        let decision = state.question?.decision
        let mayDecide = Set(decision?.doubts ?? [])
        var seen: [RoutingPolicyRule: Int] = [:]
        let copies = rules.map { rule in
            let copy = seen[rule, default: 0]
            seen[rule] = copy + 1
            return copy
        }
        let rows = TableRows(
            count: rules.count, id: { .rule(rules[$0], copy: copies[$0]) }
        ) { place in
            let (rule, copy) = (rules[place], copies[place])
            let reader = RuleReader(
                rule: rule, place: place, isRepeated: copy > 0, facts: facts)
            var priority = TableCell("\(rule.priority)")
            if place == decision?.place {
                priority = TableCell("→\(rule.priority)", Style(.accent, isBold: true))
            } else if mayDecide.contains(rule) {
                priority = TableCell("?\(rule.priority)", Style(.warning))
            }
            return TableRow(
                id: .rule(rule, copy: copy),
                cells: [
                    priority, reader.maker, reader.egress, hosts.count(rule, place),
                    TableCell(reader.words), TableCell(hosts.names(place), Style(.dim)),
                    TableCell(reader.hint, Style(.dim)),
                ])
        }
        return Table(
            columns: columns, rows: rows,
            emptyText: state.observed.nothing(.rules, is: "no rules"),
            scrollsSideways: true)
    }

    /// The name of the row of the rule at this place.
    static func id(of place: Int, in rules: [RoutingPolicyRule]) -> RowID {
        .rule(rules[place], copy: rules[..<place].count { $0 == rules[place] })
    }

    /// The place of the rule of a row, and how many of its copies come before; `nil` where it is
    /// gone.
    static func place(
        of id: RowID, in rules: [RoutingPolicyRule]
    ) -> (place: Int, copy: Int)? {
        guard case .rule(let rule, let copy) = id else { return nil }
        let copies = rules.indices.filter { rules[$0] == rule }
        return copies.indices.contains(copy) ? (copies[copy], copy) : nil
    }

    /// A rule with all that is behind it.
    static func lines(_ id: RowID, _ state: DashboardState) -> [TextLine] {
        let snapshot = state.observed.snapshot
        let rules = snapshot?.rules.value ?? []
        guard let (place, copy) = place(of: id, in: rules) else {
            return [TextLine("that row is gone", Style(.dim))]
        }
        let rule = rules[place]
        let facts = state.observed.facts
        let reader = RuleReader(
            rule: rule, place: place, isRepeated: copy > 0, facts: facts)
        var lines = [
            TextLine("Rule   \(rule.priority): \(rule.words)", hanging: 7),
            TextLine("By     \(reader.maker.text)", reader.maker.style),
        ]
        if !reader.hint.isEmpty { lines.append(TextLine("Does   \(reader.hint)", hanging: 7)) }
        if let id = rule.table {
            let routes = snapshot?.table(id)?.routes ?? []
            lines += [.blank, TextLine("Table \(FIBTable.name(of: id))", Style(.heading))]
            lines += routes.prefix(20).map { route in
                let metric = route.metric == 0 ? "" : " metric \(route.metric)"
                let text =
                    route.forwards
                    ? RuleAnswer.way(route)
                    : "\(route.type) \(route.destination == .all ? "default" : "\(route.destination)")"
                return TextLine(text + metric, route.isDead ? Style(.bad) : .normal, indent: 2)
            }
            if routes.isEmpty { lines.append(TextLine("no routes: falls through", indent: 2)) }
            if routes.count > 20 {
                lines.append(TextLine("… and \(routes.count - 20) more", Style(.dim), indent: 2))
            }
        }
        let hosts = RuleHosts(state.observed.hosts, isKnown: facts?.rules != nil).sources(place)
        lines += [
            .blank, TextLine("Decides for \(Figure.count(hosts.count, "host"))", Style(.heading)),
        ]
        return lines + hosts.map { TextLine("\($0)", indent: 2) }
    }
}

/// The hosts that are seen or assigned, by the rule that decides for each.
struct RuleHosts {
    private var hosts: [Int: [IPv4Prefix]] = [:]
    /// Rules that decide for some packets of some host.
    private var uncertain: Set<RoutingPolicyRule> = []
    private let isKnown: Bool

    /// These hosts; it is not known which rule decides where rules or tables could not be read.
    init(_ entries: [HostEntry], isKnown: Bool) {
        self.isKnown = isKnown
        for host in entries {
            uncertain.formUnion(host.decision.doubts)
            if let place = host.decision.place { hosts[place, default: []].append(host.source) }
        }
    }

    /// For which hosts the rule at this place decides.
    func sources(_ place: Int) -> [IPv4Prefix] { hosts[place, default: []] }

    /// For how many.
    func count(_ rule: RoutingPolicyRule, _ place: Int) -> TableCell {
        guard isKnown else { return TableCell(Figure.missing) }
        if uncertain.contains(rule) { return TableCell("may", Style(.warning)) }
        let count = hosts[place]?.count ?? 0
        return TableCell(count == 0 ? "" : "\(count)")
    }

    /// The first of them, and how many more there are.
    func names(_ place: Int) -> String {
        let all = hosts[place, default: []]
        guard let first = all.first else { return "" }
        return all.count > 1 ? "\(first) +\(all.count - 1)" : "\(first)"
    }
}
