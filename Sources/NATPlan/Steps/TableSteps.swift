import NATModel

/// The steps that make and unmake a table of ours.
enum TableSteps {
    /// No other route can come after it: the table fails closed, never to another interface.
    static let backstopMetric = UInt32.max

    /// Adds the backstop.
    static func addBackstop(_ table: Int) -> Step {
        let (add, delete) = backstop(table)
        return Step(
            "make table \(table) fail closed when its interface is gone", .run(add),
            inverse: .run(delete))
    }

    /// Adds the default route by an interface.
    static func addDefault(
        _ table: Int, interface: Interface, gateway: IPv4Address?
    ) -> Step {
        let isOnLink = gateway.map { gateway in
            interface.addresses.contains { $0.network.contains(gateway) }
        }
        var words = ["default"]
        if let gateway { words += ["via", "\(gateway)"] }
        words += ["dev", interface.name]
        // A gateway outside the interface's own networks (a /32 address) must be taken on trust.
        if isOnLink == false { words.append("onlink") }
        words += ["table", "\(table)", "protocol", "\(Ownership.protocolNumber)"]
        return Step(
            "give table \(table) the way out by \(interface.name)",
            .run(Command(["ip", "route", "add"] + words)),
            inverse: .run(Command(["ip", "route", "del"] + words)))
    }

    /// Deletes every route of ours in a table, the backstop last.
    static func delete(_ table: FIBTable) -> [Step] {
        let routes = table.routes.filter(\.isOwned)
        let (add, delete) = backstop(table.id)
        return routes.filter { $0.type == "unicast" }.map { deleteRoute($0, table: table.id) }
            + routes.filter { $0.type != "unicast" }.map { _ in
                Step("remove table \(table.id)", .run(delete), inverse: .run(add))
            }
    }

    /// Deletes one route of ours.
    static func deleteRoute(_ route: Route, table: Int) -> Step {
        var words = [route.destination == .all ? "default" : "\(route.destination)"]
        if let nextHop = route.nextHop { words += ["via", "\(nextHop)"] }
        if let interface = route.interface { words += ["dev", interface] }
        if route.metric != 0 { words += ["metric", "\(route.metric)"] }
        words += ["table", "\(table)", "protocol", "\(Ownership.protocolNumber)"]
        let onLink = route.isOnLink ? ["onlink"] : []
        return Step(
            "remove the way out by \(route.interface ?? "it") from table \(table)",
            .run(Command(["ip", "route", "del"] + words)),
            inverse: .run(Command(["ip", "route", "add"] + words + onLink)))
    }

    private static func backstop(_ table: Int) -> (add: Command, delete: Command) {
        let words = [
            "unreachable", "default", "metric", "\(backstopMetric)", "table", "\(table)",
            "protocol", "\(Ownership.protocolNumber)",
        ]
        return (Command(["ip", "route", "add"] + words), Command(["ip", "route", "del"] + words))
    }
}
