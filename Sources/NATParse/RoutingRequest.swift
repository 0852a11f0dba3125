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
    ///
    /// - Parameter isNew: whether it is known that no such rule is there: the kernel goes through all
    ///   of them to find out.
    public static func message(
        _ change: RoutingChange, isNew: Bool = false, interfaceIndex: (_ name: String) -> UInt32?
    ) throws(Refusal) -> [UInt8] {
        let request =
            switch change {
            case .addRule(let rule):
                try message(
                    rule, kind: 32, flags: isNew ? adding & ~NetlinkRequest.Flag.exclusive : adding)
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
        let selectors = rule.selectors
        // What is neither typed nor understood is not made again.
        guard selectors.unknown.isEmpty, selectors.tunnel == nil else {
            throw .notWritable(rule.words)
        }
        let table = rule.table ?? 0
        let flags32: UInt32 = selectors.isInverted ? invert : 0
        var body: [UInt8] = [
            ofIPv4,
            UInt8(
                truncatingIfNeeded: selectors.destination == nil ? 0 : selectors.destinationLength),
            UInt8(truncatingIfNeeded: rule.source?.length ?? 0),
            UInt8(truncatingIfNeeded: selectors.typeOfService), headerTable(table), 0, 0,
        ]
        switch rule.action {
        case .lookup, .lookupOfL3Device: body.append(1)
        case .goto: body.append(2)
        case .other("nop"): body.append(3)
        case .other(let name):
            guard let number = RouteType.number(name) else { throw .notWritable(name) }
            body.append(number)
        }
        body += NetlinkRequest.number(flags32)
        var request = NetlinkRequest(kind: kind, flags: flags, body: body)
        func add(_ kind: Int, _ number: Int?) {
            guard let number else { return }
            request.attribute(kind, NetlinkRequest.number(UInt32(truncatingIfNeeded: number)))
        }
        // Source: `FRA_*` in linux/fib_rules.h.
        if let destination = selectors.destination {
            request.attribute(1, NetlinkRequest.networkNumber(destination.rawValue))
        }
        if let source = rule.source {
            let given = selectors.givenSource ?? source.network
            request.attribute(2, NetlinkRequest.networkNumber(given.rawValue))
        }
        if let input = selectors.input { request.attribute(3, KernelName.bytes(input) + [0]) }
        if case .goto(let target) = rule.action { add(4, target) }
        add(6, rule.priority)
        if let mark = rule.mark {
            request.attribute(10, NetlinkRequest.number(mark.value))
            if mark.mask != .max { request.attribute(16, NetlinkRequest.number(mark.mask)) }
        }
        add(11, selectors.realms)
        add(13, selectors.suppressGroup)
        add(14, rule.suppressPrefixLength)
        if table > 255 { add(15, table) }
        if let output = selectors.output { request.attribute(17, KernelName.bytes(output) + [0]) }
        if selectors.isOfL3Device { request.attribute(19, [1]) }
        if let users = selectors.users {
            request.attribute(
                20,
                NetlinkRequest.number(users.lowerBound) + NetlinkRequest.number(users.upperBound))
        }
        if let number = rule.protocolNumber {
            request.attribute(21, [UInt8(truncatingIfNeeded: number)])
        }
        if let number = selectors.ipProtocol {
            request.attribute(22, [UInt8(truncatingIfNeeded: number)])
        }
        for (kind, mask, ports) in [
            (23, 28, selectors.sourcePorts), (24, 29, selectors.destinationPorts),
        ] {
            guard let ports else { continue }
            request.attribute(kind, word(ports.first) + word(ports.last))
            if ports.mask != 0xffff { request.attribute(mask, word(ports.mask)) }
        }
        return request
    }

    /// `FIB_RULE_INVERT` of linux/fib_rules.h.
    private static let invert: UInt32 = 0x2

    /// A number of 16 bits in the host's byte order.
    private static func word(_ number: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
    }

    private static func message(
        _ route: Route, _ table: Int, kind: Int, flags: Int,
        _ interfaceIndex: (String) -> UInt32?
    ) throws(Refusal) -> NetlinkRequest {
        guard var type = RouteType.number(route.type) else { throw .notWritable(route.type) }
        let isDeletion = flags == deleting
        // Of a route by an object the kernel tells the object's type, and keeps another: any is
        // meant, or that of every route with a way.
        if route.nexthopObject != nil { type = isDeletion ? 0 : 1 }
        let body: [UInt8] =
            [
                ofIPv4, UInt8(truncatingIfNeeded: route.destination.length), 0,
                UInt8(truncatingIfNeeded: route.typeOfService ?? 0),
                headerTable(table),
                // Boot is what iproute2 does not print.
                UInt8(truncatingIfNeeded: route.protocolNumber ?? 3),
                scope(of: route, isDeletion: isDeletion), type,
            ] + NetlinkRequest.number(route.isOnLink ? RouteReply.Flag.onLink : 0)
        var request = NetlinkRequest(kind: kind, flags: flags, body: body)
        // Source: `RTA_*` in linux/rtnetlink.h.
        if route.destination.length > 0 {
            request.attribute(
                1, NetlinkRequest.networkNumber(route.destination.network.rawValue))
        }
        if let object = route.nexthopObject {
            request.attribute(30, NetlinkRequest.number(UInt32(truncatingIfNeeded: object)))
        } else {
            try addWays(of: route, to: &request, interfaceIndex)
        }
        if let source = route.preferredSource {
            request.attribute(7, NetlinkRequest.networkNumber(source.rawValue))
        }
        if headerTable(table) == 0 {
            request.attribute(15, NetlinkRequest.number(UInt32(truncatingIfNeeded: table)))
        }
        if route.metric != 0 { request.attribute(6, NetlinkRequest.number(route.metric)) }
        return request
    }

    private static func addWays(
        of route: Route, to request: inout NetlinkRequest,
        _ interfaceIndex: (String) -> UInt32?
    ) throws(Refusal) {
        if let nextHop = route.nextHop {
            request.attribute(5, NetlinkRequest.networkNumber(nextHop.rawValue))
        }
        if let nextHop = route.nextHop6 { request.attribute(18, via(nextHop)) }
        if let name = route.interface {
            request.attribute(4, NetlinkRequest.number(try index(name, interfaceIndex)))
        }
        guard !route.hops.isEmpty else { return }
        var hops: [UInt8] = []
        for hop in route.hops { hops += try bytes(of: hop, interfaceIndex) }
        request.attribute(9, hops)
    }

    /// `rtvia`: the family, then the address.
    private static func via(_ address: IPv6Address) -> [UInt8] { [10, 0] + address.bytes }

    /// `rtnexthop`: length, flags, weight and interface, then attributes.
    private static func bytes(
        of hop: Route.Hop, _ interfaceIndex: (String) -> UInt32?
    ) throws(Refusal) -> [UInt8] {
        var ways: [UInt8] = []
        if let nextHop = hop.nextHop {
            ways += [8, 0, 5, 0] + NetlinkRequest.networkNumber(nextHop.rawValue)
        } else if let nextHop = hop.nextHop6 {
            ways += [22, 0, 18, 0] + via(nextHop) + [0, 0]
        }
        // Weights count from 0.
        let weight = UInt8(clamping: (hop.weight ?? 1) - 1)
        var bytes: [UInt8] = [UInt8(8 + ways.count), 0, 0, weight]
        bytes += NetlinkRequest.number(try index(hop.interface, interfaceIndex)) + ways
        return bytes
    }

    private static func index(
        _ name: String, _ interfaceIndex: (String) -> UInt32?
    ) throws(Refusal) -> UInt32 {
        guard let index = interfaceIndex(name) else { throw .noInterface(name) }
        return index
    }

    /// Of a route to delete any scope is meant, unless it is not the usual one.
    ///
    /// Source: `RT_SCOPE_NOWHERE` in linux/rtnetlink.h.
    private static func scope(of route: Route, isDeletion: Bool) -> UInt8 {
        let scope = route.scope ?? (isDeletion ? 255 : route.usualScope)
        return UInt8(truncatingIfNeeded: scope)
    }
}
