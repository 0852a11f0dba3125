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

    /// Asks which way a packet of the box itself would leave.
    public static func command(to destination: IPv4Address) -> Command {
        Command("ip", "-json", "route", "get", destination.description)
    }

    /// The interface the packet would leave by; `nil` where the kernel names none.
    public static func parse(_ reply: [UInt8]) throws(ParseError) -> String? {
        try JSONReply.rows(reply, as: Row.self).first?.interface
    }

    private struct Row: Decodable {
        var interface: String?

        init(from decoder: any Decoder) throws {
            interface = try decoder.container(keyedBy: AnyKey.self).text("dev")
        }
    }
}
