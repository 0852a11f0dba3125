/// A packet of which the kernel is asked which way it would go.
///
/// Source: `RTM_GETROUTE` of rtnetlink(7), which `ip route get` asks. See ip-route(8).
public struct RouteQuestion: Hashable, Sendable {
    /// Where it is sent to.
    public var destination: IPv4Address
    /// Where it comes from; `nil` for the box itself, which has not chosen an address yet.
    public var source: IPv4Address?
    /// The interface it came in by; `nil` where the box itself sends it. The kernel answers for
    /// a forwarded packet only where `net.ipv4.ip_forward` is 1.
    public var input: String?
    /// Its mark; 0 for none.
    public var mark: UInt32 = 0
    /// Its type of service, the eight bits of the header.
    public var typeOfService: UInt8 = 0
    /// Its protocol, such as 6 for TCP; `nil` where it is not said.
    public var transport: UInt8?
    /// The port it comes from; `nil` where it is not said.
    public var sourcePort: UInt16?
    /// The port it goes to; `nil` where it is not said.
    public var destinationPort: UInt16?

    /// A packet to this address.
    public init(
        to destination: IPv4Address, from source: IPv4Address? = nil, input: String? = nil
    ) {
        self.destination = destination
        self.source = source
        self.input = input
    }

    /// The command that asks the same.
    public var command: Command {
        var words = ["ip", "route", "get", destination.description]
        if let source { words += ["from", source.description] }
        if let input { words += ["iif", input] }
        if mark != 0 { words += ["mark", "0x" + String(mark, radix: 16)] }
        if typeOfService != 0 { words += ["tos", "0x" + String(typeOfService, radix: 16)] }
        if let transport { words += ["ipproto", "\(transport)"] }
        if let sourcePort { words += ["sport", "\(sourcePort)"] }
        if let destinationPort { words += ["dport", "\(destinationPort)"] }
        return Command(words)
    }
}
