import NATModel

/// What the kernel tells of one route.
extension RouteReply {
    /// A route the kernel found out for one destination, such as a redirect: no part of the table.
    private static let isCached: UInt32 = 0x200

    /// Source: `RTNH_F_*` in linux/rtnetlink.h.
    enum Flag {
        static let dead: UInt32 = 0x1
        static let onLink: UInt32 = 0x4
        static let linkDown: UInt32 = 0x10
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
            // Source: `RTA_*` in linux/rtnetlink.h.
            switch kind {
            case 1: destination = value.address
            case 4: route.interface = name(value.number(4))
            case 5: route.nextHop = value.address
            case 6: route.metric = value.number32
            case 7: route.preferredSource = value.address
            case 9: route.hops = hops(value, name)
            case 15: table = value.number(4)
            case 18: route.nextHop6 = value.via6
            case 30: route.nexthopObject = value.number(4)
            default: break
            }
        }
        route.destination = IPv4Prefix(destination, length: body.dropFirst().number(1))
        let typeOfService = body.dropFirst(3).number(1)
        if typeOfService != 0 { route.typeOfService = typeOfService }
        let scope = body.dropFirst(6).number(1)
        if scope != route.usualScope { route.scope = scope }
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
            // Weights count from 0.
            let weight = rest.dropFirst(3).number(1)
            if weight != 0 { hop.weight = weight + 1 }
            for (kind, value) in NetlinkAttributes(rest.prefix(length).dropFirst(8)) {
                if kind == 5 { hop.nextHop = value.address }
                if kind == 18 { hop.nextHop6 = value.via6 }
            }
            hops.append(hop)
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return hops
    }
}
