public import NATModel

/// The reply of `ip -json -N -4 route show table all`. See ip-route(8).
public enum RouteReply {
    /// The command whose reply this reads: one call for every table.
    public static let command = Command(
        "ip", "-json", "-N", "-4", "route", "show", "table", "all")

    /// The tables by number, each with its routes in the kernel's order.
    public static func parse(_ reply: [UInt8]) throws(ParseError) -> [FIBTable] {
        var routes: [Int: [Route]] = [:]
        for row in try JSONReply.rows(reply, as: Row.self) {
            guard let route = row.route else { continue }
            routes[row.table, default: []].append(route)
        }
        return routes.sorted { $0.key < $1.key }.map { FIBTable(id: $0.key, routes: $0.value) }
    }

    private struct Row: Decodable {
        /// iproute2 leaves the table out where it is main.
        var table = FIBTable.main
        var route: Route?

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: AnyKey.self)
            if keys.allKeys.isEmpty { return }
            table = try keys.number("table") ?? FIBTable.main
            let name = try keys.text("dst") ?? ""
            guard let destination = name == "default" ? .all : IPv4Prefix(name) else {
                throw DecodingError.dataCorruptedError(
                    forKey: AnyKey("dst"), in: keys, debugDescription: "\(name) is not a network")
            }
            let flags = try keys.decodeIfPresent([LooseValue].self, forKey: AnyKey("flags")) ?? []
            let metric = try keys.number("metric") ?? 0
            route = Route(
                destination: destination,
                type: try keys.text("type").map(RouteType.name) ?? "unicast",
                // A route may go by an IPv6 gateway (RFC 5549); it has a `via` and no `gateway`.
                nextHop: try keys.text("gateway").flatMap { IPv4Address($0) },
                interface: try keys.text("dev"),
                metric: UInt32(clamping: metric),
                protocolNumber: try keys.number("protocol"),
                hops: try keys.decodeIfPresent([Hop].self, forKey: AnyKey("nexthops"))?
                    .map(\.hop) ?? [],
                isDead: flags.contains { $0.text == "dead" || $0.text == "linkdown" },
                isOnLink: flags.contains { $0.text == "onlink" },
                preferredSource: try keys.address("prefsrc"))
            if flags.contains(where: { $0.text == "dead" }) { route?.isPassedOver = true }
        }
    }

    private struct Hop: Decodable {
        var hop: Route.Hop

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: AnyKey.self)
            hop = Route.Hop(
                nextHop: try keys.text("gateway").flatMap { IPv4Address($0) },
                interface: try keys.text("dev") ?? "")
        }
    }
}
