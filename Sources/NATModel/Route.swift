/// One route of a FIB table.
///
/// Source: `RTM_GETROUTE`, which `ip route show` asks for. See rtnetlink(7), ip-route(8).
public struct Route: Hashable, Codable, Sendable {
    /// The network it leads to; 0.0.0.0/0 is the default route.
    public var destination: IPv4Prefix
    /// iproute2's route type: `unicast`, `local`, `broadcast`, `unreachable`, `blackhole`, …
    public var type: String
    /// The gateway; `nil` where the destination is on the link, or where there are several.
    public var nextHop: IPv4Address?
    /// The gateway where it is one of IPv6 (RFC 5549); `nil` for any other.
    public var nextHop6: IPv6Address?
    /// The interface it leaves by; `nil` where it forwards nothing, or where there are several.
    public var interface: String?
    /// Order among routes to the same destination, lowest first; 0 where none is printed.
    public var metric: UInt32
    /// Who made it, as `rtm_protocol`; `nil` for boot, which iproute2 does not print.
    public var protocolNumber: Int?
    /// The hops of a multipath route; empty for any other.
    public var hops: [Hop]
    /// Whether the kernel holds it unusable (`dead`, `linkdown`).
    public var isDead: Bool
    /// Whether lookups pass it over (`dead`); one that is only `linkdown` is used all the same,
    /// unless `ignore_routes_with_linkdown` is set.
    public var isPassedOver = false
    /// Whether the gateway is taken to be on the link without a network that says so (`onlink`).
    public var isOnLink: Bool
    /// The source address given to the box's own packets; `nil` where none is set.
    public var preferredSource: IPv4Address?
    /// The type of service a packet must have; `nil` for any.
    public var typeOfService: Int?
    /// How far the destination is, as `RT_SCOPE_*`; `nil` for what iproute2 says by itself.
    public var scope: Int?
    /// The nexthop object its ways stand in; `nil` where the route has them itself. See
    /// ip-nexthop(8).
    public var nexthopObject: Int?

    /// The scope that iproute2 gives where none is said.
    public var usualScope: Int {
        switch type {
        case "local", "nat": 254
        case "broadcast", "multicast", "anycast": 253
        case "unicast":
            nextHop == nil && nextHop6 == nil && hops.isEmpty && nexthopObject == nil ? 253 : 0
        default: 0
        }
    }

    /// One way of a multipath route.
    public struct Hop: Hashable, Codable, Sendable {
        /// The gateway; `nil` where the destination is on the link.
        public var nextHop: IPv4Address?
        /// The gateway where it is one of IPv6 (RFC 5549); `nil` for any other.
        public var nextHop6: IPv6Address?
        /// The interface it leaves by.
        public var interface: String
        /// How many of the flows take it, beside the weights of the others; `nil` for 1.
        public var weight: Int?

        /// A way through this interface.
        public init(nextHop: IPv4Address?, interface: String) {
            self.nextHop = nextHop
            self.interface = interface
        }
    }

    /// A route with these properties.
    public init(
        destination: IPv4Prefix, type: String = "unicast", nextHop: IPv4Address? = nil,
        interface: String? = nil, metric: UInt32 = 0, protocolNumber: Int? = nil, hops: [Hop] = [],
        isDead: Bool = false, isOnLink: Bool = false, preferredSource: IPv4Address? = nil
    ) {
        self.destination = destination
        self.type = type
        self.nextHop = nextHop
        self.interface = interface
        self.metric = metric
        self.protocolNumber = protocolNumber
        self.hops = hops
        self.isDead = isDead
        self.isOnLink = isOnLink
        self.preferredSource = preferredSource
    }

    /// Whether natdeck made it.
    public var isOwned: Bool { protocolNumber == Ownership.protocolNumber }

    /// Whether it ends the search for a way out, where no other default route is left.
    public var isBackstop: Bool {
        destination == .all && ["unreachable", "blackhole", "prohibit"].contains(type)
    }
}
