public import NATModel

/// The routes of all tables as the kernel tells them: what `ip -4 route show table all` asks for.
///
/// Source: `RTM_GETROUTE` in linux/rtnetlink.h. See rtnetlink(7), ip-route(8).
public struct RouteReply: NetlinkDump {
    private var routes: [Int: [Route]] = [:]
    private var names: [Int: String] = [:]
    private let lookUpName: @Sendable (Int) -> String?

    /// A reply of which nothing has come yet; the kernel tells interfaces by index, and this looks
    /// their names up.
    public init(interfaceName: @escaping @Sendable (_ index: Int) -> String?) {
        lookUpName = interfaceName
    }

    /// The tables so far by number, each with its routes in the kernel's order.
    public var tables: [FIBTable] {
        routes.sorted { $0.key < $1.key }.map { FIBTable(id: $0.key, routes: $0.value) }
    }

    /// Whether a route stands for a nexthop object that the kernel told nothing else of, as it
    /// does where `net.ipv4.nexthop_compat_mode` is 0.
    public var needsNexthops: Bool {
        routes.values.contains { $0.contains(where: \.lacksWays) }
    }

    /// Gives the routes that stand for nexthop objects the ways of those.
    public mutating func resolve(_ nexthops: NexthopReply) {
        for table in routes.keys {
            for index in routes[table, default: []].indices {
                guard let route = routes[table]?[index], route.lacksWays,
                    let object = route.nexthopObject
                else { continue }
                let hops = nexthops.hops(of: object)
                if let only = hops.first, hops.count == 1 {
                    routes[table]?[index].interface = only.interface
                    routes[table]?[index].nextHop = only.nextHop
                    routes[table]?[index].nextHop6 = only.nextHop6
                } else {
                    routes[table]?[index].hops = hops
                }
            }
        }
    }

    /// `RTM_GETROUTE`.
    public static let request = NetlinkMessage.dump(kind: 26, body: NetlinkMessage.ofIPv4)
    private static let newRoute = 24

    /// Takes a route.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.newRoute else { return }
        var names = names
        let told = try Self.route(message.body) { index in
            if let known = names[index] { return known }
            let name = lookUpName(index)
            names[index] = name
            return name
        }
        self.names = names
        if let (route, table) = told { routes[table, default: []].append(route) }
    }
}

extension Route {
    fileprivate var lacksWays: Bool {
        nexthopObject != nil && interface == nil && hops.isEmpty && type == "unicast"
    }
}
