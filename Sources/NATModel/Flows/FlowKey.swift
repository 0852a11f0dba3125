/// What tells a flow from all others: the packets of who began it, and the zone they are in.
public struct FlowKey: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The packets of who began it.
    public var original: ConntrackFlow.Tuple
    /// The zone; 0 for none.
    public var zone: UInt16

    /// A flow of these packets.
    public init(_ original: ConntrackFlow.Tuple, zone: UInt16 = 0) {
        self.original = original
        self.zone = zone
    }

    /// What tells this flow.
    public init(_ flow: ConntrackFlow) { self.init(flow.original, zone: flow.zone) }

    /// `tcp 172.31.40.2:41747 to 198.51.100.10:443`.
    public var description: String {
        "\(Transport.name(original.transport)) \(original.sourceText) to"
            + " \(original.destinationText)" + (zone == 0 ? "" : " in zone \(zone)")
    }
}

extension ConntrackFlow.Tuple {
    /// Where its packets come from: `172.31.40.2:41747`, without the port where there is none.
    public var sourceText: String {
        Transport.hasPorts(transport) ? "\(source):\(sourcePort)" : "\(source)"
    }

    /// Where they go: `198.51.100.10:443`, without the port where there is none.
    public var destinationText: String {
        Transport.hasPorts(transport) ? "\(destination):\(destinationPort)" : "\(destination)"
    }
}

/// The protocols that packets of IPv4 carry, by their numbers. Source: `/etc/protocols`, RFC 790.
public enum Transport {
    /// What a protocol is called; its number where it has no common name.
    public static func name(_ number: UInt8) -> String { names[number] ?? "\(number)" }

    /// Whether its packets have ports.
    public static func hasPorts(_ number: UInt8) -> Bool {
        switch number {
        case 6, 17, 33, 132, 136: true
        default: false
        }
    }

    private static let names: [UInt8: String] = [
        1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre",
        50: "esp", 51: "ah", 132: "sctp", 136: "udplite",
    ]
}
