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
            Column(title: "METRIC", alignment: .right, rank: 1),
            Column(title: "BY", minimum: 6, rank: 2), Column(title: "SOURCE", rank: 3),
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
            rows: snapshot?.tables.value == nil ? [] : (tables + empty).flatMap {
                rows($0, rules, snapshot?.environment.tableNames.value ?? [:])
            },
            emptyText: state.observed.nothing(.tables, is: "no tables"))
    }

    private static func rows(
        _ table: FIBTable, _ rules: [RoutingPolicyRule], _ names: [Int: String]
    ) -> [TableRow] {
        let users = rules.filter { $0.table == table.id }.map { "\($0.priority)" }
        let shown = users.prefix(6).joined(separator: ", ") + (users.count > 6 ? ", …" : "")
        let use = users.isEmpty ? "no rule" : "rule \(shown)"
        let name = FIBTable.name(of: table.id, naming: names)
        let heading =
            "Table \(name)\(table.isOwned ? ", ours" : "")  (used by \(use))"
            + (table.routes.isEmpty ? "  empty: falls through" : "")
        let style = Style(table.isOwned ? .owned : .heading)
        var rows = [
            TableRow(id: "\(table.id)", cells: [TableCell(heading, style)], isSpanning: true)
        ]
        var copies: [Route: Int] = [:]
        for route in table.routes {
            let copy = copies[route, default: 0]
            copies[route] = copy + 1
            rows += self.rows(route, id: "\(table.id) \(route) \(copy)")
        }
        return rows
    }

    private static func rows(_ route: Route, id: String) -> [TableRow] {
        let forwards = route.type == "unicast" || route.type == "local"
        let style = Style(route.isDead ? .bad : forwards ? .normal : .warning)
        var via = route.nextHop?.description ?? (route.interface == nil ? "" : "on link")
        if !route.hops.isEmpty { via = "several" }
        let maker = route.isOwned ? "● ours" : makerName(route.protocolNumber)
        let first = TableRow(
            id: id,
            cells: [
                TableCell(route.destination == .all ? "default" : "\(route.destination)"),
                TableCell(type(route), style), TableCell(via),
                TableCell(route.interface ?? ""),
                TableCell(route.metric == 0 ? "" : "\(route.metric)"),
                TableCell(maker, Style(route.isOwned ? .owned : .dim)),
                TableCell(route.preferredSource?.description ?? "", Style(.dim)),
            ])
        let hops = route.hops.enumerated().map { index, hop in
            TableRow(
                id: "\(id) \(index)",
                cells: [
                    TableCell("  or"), TableCell(""),
                    TableCell(hop.nextHop?.description ?? "on link"), TableCell(hop.interface),
                    TableCell(""), TableCell(""), TableCell(""),
                ])
        }
        return [first] + hops
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
