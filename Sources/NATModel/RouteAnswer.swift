/// The kernel's answer to a ``RouteQuestion``: which way that packet would go.
///
/// Source: `RTM_GETROUTE`, which `ip route get` asks for. See rtnetlink(7), ip-route(8).
public struct RouteAnswer: Hashable, Sendable {
    /// The interface it would leave by; `nil` where none is named.
    public var interface: String?
    /// The gateway; `nil` where the destination is on the link.
    public var nextHop: IPv4Address?
    /// The gateway where it is one of IPv6 (RFC 5549); `nil` for any other.
    public var nextHop6: IPv6Address?
    /// The number of the table its route stands in.
    public var table: Int
    /// The type of its route, in iproute2's words: `local` for a packet to the box itself.
    public var type = "unicast"
    /// The address that the box's own packets get; `nil` where none is told.
    public var preferredSource: IPv4Address?

    /// A way through this interface.
    public init(interface: String?, nextHop: IPv4Address? = nil, table: Int) {
        self.interface = interface
        self.nextHop = nextHop
        self.table = table
    }
}

/// By what the packets of a host come in.
public enum RouteInput: Hashable, Sendable {
    /// By none: the box itself sends them.
    case box
    /// By this interface, where the host was seen.
    case interface(String)
    /// By the interface that leads back to the host, which the kernel is asked for.
    case wayBack
}

/// What the kernel answered to the question which way a host leaves.
public struct KernelAnswer: Hashable, Sendable {
    /// The question, as a person would type it; `nil` where none could be put.
    public var command: Command?
    /// The interface the host's packets come in by; `nil` for the box itself, or where not known.
    public var input: String?
    /// Which way it leaves; or what the kernel says of a packet that goes nowhere.
    public var way: Reading<RouteAnswer>

    /// An answer to this command.
    public init(command: Command?, input: String?, way: Reading<RouteAnswer>) {
        self.command = command
        self.input = input
        self.way = way
    }
}
