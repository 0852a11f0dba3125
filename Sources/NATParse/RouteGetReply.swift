public import NATModel

/// The reply of `ip -json route get`: the kernel's own answer to where a packet would go.
public enum RouteGetReply {
    /// Asks which way a packet forwarded from `source`, come in by `input`, would leave.
    ///
    /// The kernel answers only where `net.ipv4.ip_forward` is 1.
    public static func command(
        to destination: IPv4Address, from source: IPv4Address, input: String
    ) -> Command {
        Command(
            "ip", "-json", "route", "get", destination.description, "from", source.description,
            "iif", input)
    }

    /// Asks which way a packet of the box itself would leave, or one of this address of its own.
    public static func command(
        to destination: IPv4Address, from own: IPv4Address? = nil
    ) -> Command {
        Command(
            ["ip", "-json", "route", "get", destination.description]
                + (own.map { ["from", $0.description] } ?? []))
    }

    /// The interface the packet would leave by; `nil` where the kernel names none.
    public static func parse(_ reply: [UInt8]) throws(ParseError) -> String? {
        try way(reply)?.interface
    }

    /// Which way the packet would go; `nil` where the kernel names none.
    public static func way(_ reply: [UInt8]) throws(ParseError) -> KernelWay? {
        try JSONReply.rows(reply, as: Row.self).first?.way
    }

    private struct Row: Decodable {
        var way: KernelWay

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: AnyKey.self)
            way = KernelWay(
                interface: try keys.text("dev"),
                nextHop: try keys.text("gateway").flatMap { IPv4Address($0) },
                // It is left out where it is main.
                table: try keys.text("table") ?? FIBTable.name(of: FIBTable.main))
        }
    }
}
