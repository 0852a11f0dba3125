import NATModel

/// The steps that make and unmake a table of ours.
enum TableSteps {
    /// No other route can come after it: the table fails closed, never to another interface.
    static let backstopMetric = UInt32.max

    /// Adds the backstop.
    static func addBackstop(_ table: Int) -> Step {
        Step(
            "make table \(table) fail closed when its interface is gone",
            .routing(
                .addRoute(
                    Route(
                        destination: .all, type: "unreachable", metric: backstopMetric,
                        protocolNumber: Ownership.protocolNumber),
                    table: table)))
    }

    /// Adds the route that hands a destination back to the rules after the one to this table.
    static func addThrow(_ destination: IPv4Prefix, table: Int) -> Step {
        Step(
            "hand what goes to \(destination) back to the box's other rules",
            .routing(
                .addRoute(
                    Route(
                        destination: destination, type: "throw",
                        protocolNumber: Ownership.protocolNumber),
                    table: table)))
    }

    /// Adds the default route by an interface.
    static func addDefault(
        _ table: Int, interface: Interface, gateway: IPv4Address?, gateway6: IPv6Address? = nil
    ) -> Step {
        let isOnLink = gateway.map { gateway in
            interface.addresses.contains { $0.network.contains(gateway) }
        }
        var route = Route(
            destination: .all, nextHop: gateway, interface: interface.name,
            protocolNumber: Ownership.protocolNumber,
            // A gateway outside the interface's own networks (a /32 address) must be taken on trust.
            isOnLink: isOnLink == false)
        route.nextHop6 = gateway6
        return Step(
            "give table \(table) the way out by \(interface.name)",
            .routing(.addRoute(route, table: table)))
    }

    /// Deletes every route of ours in a table, the backstop last.
    static func delete(_ table: FIBTable) -> [Step] {
        let routes = table.routes.filter(\.isOwned)
        return routes.filter { !$0.isBackstop }.map { deleteRoute($0, table: table.id) }
            + routes.filter(\.isBackstop).map { route in
                Step(
                    "remove table \(table.id)",
                    .routing(.deleteRoute(route.asMade, table: table.id)))
            }
    }

    /// Deletes one route of ours.
    static func deleteRoute(_ route: Route, table: Int) -> Step {
        Step(
            route.type == "throw"
                ? "remove the throw route to \(route.destination) from table \(table)"
                : "remove the way out by \(route.interface ?? "it") from table \(table)",
            .routing(.deleteRoute(route.asMade, table: table)))
    }
}

extension Route {
    /// The route without what the kernel says of it: whether it is usable, and the source address
    /// it gives.
    fileprivate var asMade: Route {
        Route(
            destination: destination, type: type, nextHop: nextHop, interface: interface,
            metric: metric, protocolNumber: protocolNumber, isOnLink: isOnLink)
    }
}
