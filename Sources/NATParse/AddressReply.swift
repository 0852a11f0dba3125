public import NATModel

/// The reply of `ip -json -N -details addr show`. See ip-address(8).
public enum AddressReply {
    /// The command whose reply this reads.
    public static let command = Command("ip", "-json", "-N", "-details", "addr", "show")

    /// The interfaces by index.
    public static func parse(_ reply: [UInt8]) throws(ParseError) -> [Interface] {
        try JSONReply.rows(reply, as: Row.self).compactMap(\.interface)
    }

    private struct Row: Decodable {
        var interface: Interface?

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: AnyKey.self)
            if keys.allKeys.isEmpty { return }
            let flags = try keys.decodeIfPresent([LooseValue].self, forKey: AnyKey("flags")) ?? []
            let flagNames = Set(flags.map(\.text))
            let kind = try keys.decodeIfPresent(LinkInfo.self, forKey: AnyKey("linkinfo"))?.kind
            let mac = try keys.text("address").flatMap(Self.hardwareAddress)
            guard let index = try keys.number("ifindex"), let name = try keys.text("ifname") else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "no ifindex or no ifname"))
            }
            interface = Interface(
                name: name, index: index,
                state: Self.state(flags: flagNames, operational: try keys.text("operstate")),
                mac: flagNames.contains("LOOPBACK") ? nil : mac,
                addresses: try keys.decodeIfPresent([Address].self, forKey: AnyKey("addr_info"))?
                    .compactMap(\.address) ?? [],
                kind: kind, isLoopback: flagNames.contains("LOOPBACK"),
                isPointToPoint: flagNames.contains("POINTOPOINT"))
        }

        /// Tunnels and the loopback report no operational state; there the carrier flag tells.
        private static func state(
            flags: Set<String>, operational: String?
        ) -> Interface.State {
            if !flags.contains("UP") { return .down }
            switch operational {
            case "UP": return .up
            case "DOWN", "LOWERLAYERDOWN", "NOTPRESENT": return .down
            default: return flags.contains("LOWER_UP") ? .up : .unknown
            }
        }

        private static func hardwareAddress(_ text: String) -> String? {
            text.split(separator: ":").count == 6 ? text.lowercased() : nil
        }
    }

    private struct LinkInfo: Decodable {
        var kind: String?

        init(from decoder: any Decoder) throws {
            kind = try decoder.container(keyedBy: AnyKey.self).text("info_kind")
        }
    }

    private struct Address: Decodable {
        var address: InterfaceAddress?

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: AnyKey.self)
            guard try keys.text("family") == "inet", let local = try keys.address("local"),
                let length = try keys.number("prefixlen")
            else { return }
            // With a peer, `address` is the peer's and the length belongs to it.
            address = InterfaceAddress(
                local, prefixLength: length, peer: try keys.address("address"))
        }
    }
}
