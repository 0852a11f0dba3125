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

    /// `RTM_GETROUTE`.
    public static let request = NetlinkMessage.dump(kind: 26, body: NetlinkMessage.ofIPv4)
    private static let newRoute = 24
    /// A route the kernel found out for one destination, such as a redirect: no part of the table.
    private static let isCached: UInt32 = 0x200

    /// Source: `RTNH_F_*` in linux/rtnetlink.h.
    enum Flag {
        static let dead: UInt32 = 0x1
        static let onLink: UInt32 = 0x4
        static let linkDown: UInt32 = 0x10
    }

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

    /// The route that a message tells of, and its table; `nil` for a cached one. An interface that
    /// has gone in the meantime is `if7`, as iproute2 says.
    static func route(
        _ body: NetlinkSlice, _ interfaceName: (_ index: Int) -> String?
    ) throws(ParseError) -> (route: Route, table: Int)? {
        guard body.count >= 12 else { throw ParseError("a route that is cut short", in: "") }
        let flags = body.dropFirst(8).number32
        guard flags & isCached == 0 else { return nil }
        var table = body.dropFirst(4).number(1)
        var destination = IPv4Address(rawValue: 0)
        let madeBy = body.dropFirst(5).number(1)
        var route = Route(
            destination: .all, type: RouteType.name(body.dropFirst(7).number(1)),
            // Boot is what iproute2 does not print.
            protocolNumber: madeBy == 3 ? nil : madeBy,
            isDead: flags & (Flag.dead | Flag.linkDown) != 0, isOnLink: flags & Flag.onLink != 0)
        route.isPassedOver = flags & Flag.dead != 0
        func name(_ index: Int) -> String { interfaceName(index) ?? "if\(index)" }
        for (kind, value) in NetlinkAttributes(body.dropFirst(12)) {
            // Source: `RTA_*` in linux/rtnetlink.h. A route may go by an IPv6 gateway (RFC 5549);
            // it has an RTA_VIA and no RTA_GATEWAY.
            switch kind {
            case 1: destination = value.address
            case 4: route.interface = name(value.number(4))
            case 5: route.nextHop = value.address
            case 6: route.metric = value.number32
            case 7: route.preferredSource = value.address
            case 9: route.hops = hops(value, name)
            case 15: table = value.number(4)
            default: break
            }
        }
        route.destination = IPv4Prefix(destination, length: body.dropFirst().number(1))
        return (route, table)
    }

    /// `rtnexthop`: length, flags, weight and interface, then attributes.
    private static func hops(
        _ bytes: NetlinkSlice, _ name: (_ index: Int) -> String
    ) -> [Route.Hop] {
        var hops: [Route.Hop] = []
        var rest = bytes
        while rest.count >= 8 {
            let length = rest.number(2)
            guard length >= 8, length <= rest.count else { break }
            var hop = Route.Hop(nextHop: nil, interface: name(rest.dropFirst(4).number(4)))
            for (kind, value) in NetlinkAttributes(rest.prefix(length).dropFirst(8)) where kind == 5
            {
                hop.nextHop = value.address
            }
            hops.append(hop)
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return hops
    }
}
