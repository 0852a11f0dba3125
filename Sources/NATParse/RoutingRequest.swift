public import NATModel

/// The messages that change policy rules and routes, as ip(8) sends them.
///
/// Source: linux/rtnetlink.h, linux/fib_rules.h. See rtnetlink(7).
public enum RoutingRequest {
    /// Why a change cannot be put into a message.
    public enum Refusal: Error, Hashable, Sendable {
        /// There is no interface of this name.
        case noInterface(String)
        /// It says something that natdeck has no message for, in iproute2's words.
        case notWritable(String)
    }

    /// The message for a change.
    public static func message(
        _ change: RoutingChange, interfaceIndex: (_ name: String) -> UInt32?
    ) throws(Refusal) -> [UInt8] {
        let request =
            switch change {
            case .addRule(let rule): try message(rule, kind: 32, flags: adding)
            case .deleteRule(let rule): try message(rule, kind: 33, flags: deleting)
            case .addRoute(let route, let table):
                try message(route, table, kind: 24, flags: adding, interfaceIndex)
            case .deleteRoute(let route, let table):
                try message(route, table, kind: 25, flags: deleting, interfaceIndex)
            }
        return request.message
    }

    private static let deleting = NetlinkRequest.Flag.request | NetlinkRequest.Flag.acknowledge
    private static let adding =
        deleting | NetlinkRequest.Flag.create | NetlinkRequest.Flag.exclusive
    private static let ofIPv4: UInt8 = 2

    /// A table beyond 255 stands in an attribute, and nothing in the header.
    private static func headerTable(_ table: Int) -> UInt8 { UInt8(exactly: table) ?? 0 }

    private static func message(
        _ rule: RoutingPolicyRule, kind: Int, flags: Int
    ) throws(Refusal) -> NetlinkRequest {
        let words = rule.other.joined(separator: " ")
        guard rule.other.isEmpty else { throw .notWritable(words) }
        let table = rule.table ?? 0
        var body: [UInt8] = [
            ofIPv4, 0, UInt8(truncatingIfNeeded: rule.source?.length ?? 0), 0, headerTable(table),
            0, 0,
        ]
        switch rule.action {
        case .lookup: body.append(1)
        case .goto: body.append(2)
        case .other(let name):
            guard let number = RouteType.number(name) else { throw .notWritable(name) }
            body.append(number)
        }
        body += [0, 0, 0, 0]
        var request = NetlinkRequest(kind: kind, flags: flags, body: body)
        // Source: `FRA_*` in linux/fib_rules.h.
        if let source = rule.source {
            request.attribute(2, NetlinkRequest.networkNumber(source.network.rawValue))
        }
        if case .goto(let target) = rule.action {
            request.attribute(4, NetlinkRequest.number(UInt32(truncatingIfNeeded: target)))
        }
        request.attribute(6, NetlinkRequest.number(UInt32(truncatingIfNeeded: rule.priority)))
        if let mark = rule.mark {
            guard let (value, mask) = markAndMask(mark) else { throw .notWritable(mark) }
            request.attribute(10, NetlinkRequest.number(value))
            if let mask { request.attribute(16, NetlinkRequest.number(mask)) }
        }
        if let length = rule.suppressPrefixLength {
            request.attribute(14, NetlinkRequest.number(UInt32(truncatingIfNeeded: length)))
        }
        if table > 255 {
            request.attribute(15, NetlinkRequest.number(UInt32(truncatingIfNeeded: table)))
        }
        if let number = rule.protocolNumber {
            request.attribute(21, [UInt8(truncatingIfNeeded: number)])
        }
        return request
    }

    /// The two numbers of `0x10/0xff`.
    private static func markAndMask(_ text: String) -> (UInt32, UInt32?)? {
        let numbers = text.split(separator: "/").map {
            $0.hasPrefix("0x") ? UInt32($0.dropFirst(2), radix: 16) : UInt32($0)
        }
        guard let value = numbers.first, let value, numbers.count <= 2 else { return nil }
        guard numbers.count == 2 else { return (value, nil) }
        return numbers[1].map { (value, $0) }
    }

    private static func message(
        _ route: Route, _ table: Int, kind: Int, flags: Int,
        _ interfaceIndex: (String) -> UInt32?
    ) throws(Refusal) -> NetlinkRequest {
        guard let type = RouteType.number(route.type) else { throw .notWritable(route.type) }
        let isDeletion = flags == deleting
        let body: [UInt8] =
            [
                ofIPv4, UInt8(truncatingIfNeeded: route.destination.length), 0, 0,
                headerTable(table),
                // Boot is what iproute2 does not print.
                UInt8(truncatingIfNeeded: route.protocolNumber ?? 3),
                isDeletion ? Scope.nowhere : scope(of: route), type,
            ] + NetlinkRequest.number(route.isOnLink ? RouteReply.Flag.onLink : 0)
        var request = NetlinkRequest(kind: kind, flags: flags, body: body)
        // Source: `RTA_*` in linux/rtnetlink.h.
        if route.destination.length > 0 {
            request.attribute(
                1, NetlinkRequest.networkNumber(route.destination.network.rawValue))
        }
        if let nextHop = route.nextHop {
            request.attribute(5, NetlinkRequest.networkNumber(nextHop.rawValue))
        }
        if let source = route.preferredSource {
            request.attribute(7, NetlinkRequest.networkNumber(source.rawValue))
        }
        if headerTable(table) == 0 {
            request.attribute(15, NetlinkRequest.number(UInt32(truncatingIfNeeded: table)))
        }
        if let name = route.interface {
            request.attribute(4, NetlinkRequest.number(try index(name, interfaceIndex)))
        }
        if route.metric != 0 { request.attribute(6, NetlinkRequest.number(route.metric)) }
        if !route.hops.isEmpty {
            var hops: [UInt8] = []
            for hop in route.hops { hops += try bytes(of: hop, interfaceIndex) }
            request.attribute(9, hops)
        }
        return request
    }

    /// `rtnexthop`: length, flags, weight and interface, then attributes.
    private static func bytes(
        of hop: Route.Hop, _ interfaceIndex: (String) -> UInt32?
    ) throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = [hop.nextHop == nil ? 8 : 16, 0, 0, 0]
        bytes += NetlinkRequest.number(try index(hop.interface, interfaceIndex))
        if let nextHop = hop.nextHop {
            bytes += [8, 0, 5, 0] + NetlinkRequest.networkNumber(nextHop.rawValue)
        }
        return bytes
    }

    private static func index(
        _ name: String, _ interfaceIndex: (String) -> UInt32?
    ) throws(Refusal) -> UInt32 {
        guard let index = interfaceIndex(name) else { throw .noInterface(name) }
        return index
    }

    /// Source: `RT_SCOPE_*` in linux/rtnetlink.h.
    private enum Scope {
        static let universe: UInt8 = 0
        static let link: UInt8 = 253
        static let host: UInt8 = 254
        /// Of a route to delete: any.
        static let nowhere: UInt8 = 255
    }

    /// The scope that iproute2 gives where none is said.
    private static func scope(of route: Route) -> UInt8 {
        switch route.type {
        case "local", "nat": Scope.host
        case "broadcast", "multicast", "anycast": Scope.link
        case "unicast" where route.nextHop == nil && route.hops.isEmpty: Scope.link
        default: Scope.universe
        }
    }
}
