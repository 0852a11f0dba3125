internal import NATModel
internal import NATScreen

/// The view of every routing table in use.
enum RoutesView {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.tables, .rules]

    /// The routes under a heading for each table, before any filter.
    static func table(_ state: DashboardState) -> Table {
        let columns = [
            Column(title: "DESTINATION", minimum: 18), Column(title: "TYPE", minimum: 7, rank: 1),
            Column(title: "VIA", minimum: 12), Column(title: "DEV", minimum: 5),
            Column(title: "METRIC", alignment: .right, rank: 2),
            Column(title: "BY", minimum: 6, rank: 3), Column(title: "SOURCE", rank: 4),
        ]
        let snapshot = state.observed.snapshot
        // Table local is long and hardly ever the question.
        let tables = (snapshot?.tables.value ?? []).sorted {
            ($0.id == FIBTable.local ? 1 : 0, $0.id) < ($1.id == FIBTable.local ? 1 : 0, $1.id)
        }
        let rules = snapshot?.rules.value ?? []
        // A rule can look up a table that has no routes: it is in use all the same.
        let known = Set(tables.map(\.id))
        let empty = Set(rules.compactMap(\.table)).subtracting(known).sorted()
            .map { FIBTable(id: $0, routes: []) }
        return Table(
            columns: columns,
            rows: snapshot?.tables.value == nil
                ? TableRows()
                : rows(tables + empty, rules, snapshot?.environment.tableNames.value ?? [:]),
            emptyText: state.observed.nothing(.tables, is: "no tables"))
    }

    private static func rows(
        _ tables: [FIBTable], _ rules: [RoutingPolicyRule], _ naming: [Int: String]
    ) -> TableRows {
        var users: [Int: [Int]] = [:]
        for rule in rules {
            if let table = rule.table { users[table, default: []].append(rule.priority) }
        }
        // What each row is of; the text is made of it when the row is shown.
        var ids: [RowID] = []
        var routes: [Route?] = []
        for table in tables {
            ids.append(.table(table.id))
            routes.append(nil)
            var copies: [Route: Int] = [:]
            for route in table.routes {
                let copy = copies[route, default: 0]
                copies[route] = copy + 1
                let key = RouteKey(route, table: table.id, copy: copy)
                ids.append(.route(key))
                ids += route.hops.indices.map { .hop(key, $0) }
                routes += Array(repeating: route, count: 1 + route.hops.count)
            }
        }
        let (names, shown, priorities) = (ids, routes, users)
        let byID = Dictionary(tables.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return TableRows(count: names.count, id: { names[$0] }) { place in
            let cells =
                switch (names[place], shown[place]) {
                case (.hop(_, let index), .some(let route)): cells(route.hops[index])
                case (_, .some(let route)): cells(route)
                case (.table(let id), _):
                    [
                        heading(
                            byID[id] ?? FIBTable(id: id, routes: []), priorities[id] ?? [],
                            FIBTable.name(of: id, naming: naming))
                    ]
                default: [TableCell]()
                }
            return TableRow(id: names[place], cells: cells, isSpanning: shown[place] == nil)
        }
    }

    private static func heading(
        _ table: FIBTable, _ priorities: [Int], _ name: String
    ) -> TableCell {
        let users = priorities.prefix(6).map(String.init).joined(separator: ", ")
        let shown = users + (priorities.count > 6 ? ", …" : "")
        let use = priorities.isEmpty ? "no rule" : "rule \(shown)"
        let text =
            "Table \(name)\(table.isOwned ? ", ours" : "")  (used by \(use))"
            + (table.routes.isEmpty ? "  empty: falls through" : "")
        return TableCell(text, Style(table.isOwned ? .owned : .heading))
    }

    private static func cells(_ route: Route) -> [TableCell] {
        let forwards = route.type == "unicast" || route.type == "local"
        let style = Style(route.isDead ? .bad : forwards ? .normal : .warning)
        var via = route.nextHop?.description ?? (route.interface == nil ? "" : "on link")
        if !route.hops.isEmpty { via = "several" }
        let maker = route.isOwned ? "● ours" : makerName(route.protocolNumber)
        return [
            TableCell(route.destination == .all ? "default" : "\(route.destination)"),
            TableCell(type(route), style), TableCell(via), TableCell(route.interface ?? ""),
            TableCell(route.metric == 0 ? "" : "\(route.metric)"),
            TableCell(maker, Style(route.isOwned ? .owned : .dim)),
            TableCell(route.preferredSource?.description ?? "", Style(.dim)),
        ]
    }

    private static func cells(_ hop: Route.Hop) -> [TableCell] {
        [
            TableCell("  or"), TableCell(""), TableCell(hop.nextHop?.description ?? "on link"),
            TableCell(hop.interface), TableCell(""), TableCell(""), TableCell(""),
        ]
    }

    /// Its type, or why it may not serve: the kernel passes over what is dead, and sends into what
    /// has no carrier.
    private static func type(_ route: Route) -> String {
        if route.isPassedOver { return "✗ dead" }
        return route.isDead ? "✗ linkdown" : route.type
    }

    /// Source: `rtm_protocol` in linux/rtnetlink.h.
    private static func makerName(_ number: Int?) -> String {
        switch number {
        case nil, 3: "boot"
        case 2: "kernel"
        case 4: "static"
        case 16: "dhcp"
        case .some(let number): "\(number)"
        }
    }
}
