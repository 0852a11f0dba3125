import NATModel

/// What of a packet an expression has put into a register, in nft's words.
struct NFTField {
    /// What it is, as far as natdeck can decide about it.
    enum Kind: Hashable {
        case input, output
        /// Interfaces by their numbers.
        case inputIndex, outputIndex
        /// An address, or as many first bits of it as were loaded.
        case source, destination
        case state, direction, mark, connectionMark, transport
        /// `meta nfproto`: 2 is IPv4.
        case family
        /// `meta protocol`: 0x0800 is IPv4.
        case etherType
        /// What the kernel's routes say of an address of the packet.
        case addressType
        /// The interface of the way back to the source; strict, none but the one it came in by.
        case wayBack(isStrict: Bool)
        /// Whom the frame was for: 0 is this box.
        case packetType
        /// The owner of the socket, which a forwarded packet has none of.
        case socket
        /// A number that natdeck cannot decide about.
        case number
        /// Text that natdeck cannot decide about.
        case other
        /// A value of the rule itself.
        case constant([UInt8])
        /// What a map gives.
        case mapped(set: String)
    }

    var kind: Kind
    /// In nft's words: `ip saddr`, `meta mark`.
    var words: String
    /// Bytes of the value.
    var length: Int
    /// What bits of it are looked at; `nil` for all.
    var mask: [UInt8]?
    /// What a map was asked with.
    var keys: [NFTField] = []
    /// Of which bits of marks it is made, where it is a number of four bytes; `nil` where it is not,
    /// or where nobody knows.
    var markBits: MarkChange?

    /// Whether its value stands in network byte order.
    var isNetworkOrder: Bool {
        switch kind {
        case .source, .destination, .etherType, .other, .number: true
        default: false
        }
    }

    /// Words to be placed before a comparison: those of a mask too.
    var maskedWords: String {
        guard let mask, kind != .state else { return words }
        if kind == .source || kind == .destination {
            return Self.prefixLength(mask) == nil ? "\(words) & \(Self.address(mask))" : words
        }
        return "\(words) & \(hex(mask))"
    }

    /// A value of it, as nft writes it.
    func text(_ value: [UInt8], names: NFTNames) -> String {
        switch kind {
        case .input, .output: return NFTNames.quoted(InterfaceSelector.Pattern(ifname: value))
        case .inputIndex, .outputIndex:
            return names.interface(value[...].number(4)).map { "\"\($0)\"" }
                ?? "\(value[...].number(4))"
        case .source, .destination: return addressText(value)
        case .state: return NFTNames.states(value[...].number(4))
        case .direction: return value.first == 0 ? "original" : "reply"
        case .mark, .connectionMark: return hex(value)
        case .transport: return NFTNames.transport(value.first ?? 0)
        case .family:
            return value.first == 2 ? "ipv4" : value.first == 10 ? "ipv6" : "\(value.first ?? 0)"
        case .etherType:
            let number = value[...].networkNumber
            return number == 0x0800
                ? "ip" : number == 0x86dd ? "ip6" : "0x" + String(number, radix: 16)
        case .addressType:
            return NFTNames.addressTypes[value[...].number(4)] ?? "\(value[...].number(4))"
        case .packetType:
            return NFTNames.packetTypes[Int(value.first ?? 0)] ?? "\(value.first ?? 0)"
        case .socket: return "\(value[...].number(4))"
        case .other where words.hasSuffix("group"): return "\(value[...].number(4))"
        case .number where words == "icmp type":
            return NFTNames.icmpTypes[value.first ?? 0] ?? "\(value.first ?? 0)"
        case .number where value.count <= 8: return "\(value[...].networkNumber)"
        default: return hexText(value)
        }
    }

    private func addressText(_ value: [UInt8]) -> String {
        guard value.count <= 4 else { return hexText(value) }
        let length = mask.flatMap { Self.prefixLength($0) } ?? value.count * 8
        return IPv4Prefix(Self.address(value), length: length).description
    }

    private func hexText(_ value: [UInt8]) -> String {
        "0x" + value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A mark or mask: eight digits, as nft writes it.
    private func hex(_ value: [UInt8]) -> String {
        guard kind == .mark || kind == .connectionMark, value.count == 4 else {
            return hexText(value)
        }
        let digits = String(value[...].number(4), radix: 16)
        return "0x" + String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    }

    /// An address of which the first bytes are given.
    static func address(_ value: [UInt8]) -> IPv4Address {
        let bytes = value.prefix(4) + [UInt8](repeating: 0, count: max(4 - value.count, 0))
        return IPv4Address(rawValue: UInt32(truncatingIfNeeded: Array(bytes)[...].networkNumber))
    }

    /// How many first bits are set; `nil` where others are too.
    static func prefixLength(_ mask: [UInt8]) -> Int? {
        let bits = UInt32(truncatingIfNeeded: (mask + [0, 0, 0, 0]).prefix(4).networkNumber)
        let length = (~bits).leadingZeroBitCount
        return mask.count <= 4
            && IPv4Prefix(IPv4Address(rawValue: bits), length: length).last.rawValue
                == .max
            && bits.trailingZeroBitCount == 32 - length ? length : nil
    }
}

extension InterfaceSelector.Pattern {
    /// A name as nftables compares it: with a zero byte at its end, or how names begin.
    init(ifname value: [UInt8]) {
        let name = KernelName.text(value.prefix { $0 != 0 })
        self.init(name, isPrefix: !value.contains(0) && value.count < 16)
    }
}

/// Names for numbers of nftables, and of the box.
struct NFTNames {
    private let interfaces: [Int: String]

    init(interfaces: [Int: String]) { self.interfaces = interfaces }

    /// The name of the interface with this number; `nil` where there is none.
    func interface(_ number: Int) -> String? { interfaces[number] }

    static func quoted(_ pattern: InterfaceSelector.Pattern) -> String {
        "\"\(pattern.name)\(pattern.isPrefix ? "*" : "")\""
    }

    static func transport(_ number: UInt8) -> String { transports[number] ?? "\(number)" }

    private static let transports: [UInt8: String] = [
        1: "icmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 50: "esp", 51: "ah", 58: "ipv6-icmp",
        132: "sctp", 136: "udplite",
    ]

    static let icmpTypes: [UInt8: String] = [
        0: "echo-reply", 3: "destination-unreachable", 5: "redirect", 8: "echo-request",
        11: "time-exceeded", 12: "parameter-problem", 13: "timestamp-request",
        14: "timestamp-reply",
    ]

    /// Bits of `NFT_CT_STATE`. Source: linux/netfilter/nf_conntrack_common.h.
    static let stateBits: [(bit: Int, name: String, state: ConnectionStates)] = [
        (1, "invalid", .invalid), (2, "established", .established), (4, "related", .related),
        (8, "new", .new), (64, "untracked", .untracked),
    ]

    static func states(_ bits: Int) -> String {
        stateBits.filter { bits & $0.bit != 0 }.map(\.name).joined(separator: ",")
    }

    /// `RTN_*` in linux/rtnetlink.h.
    static let addressTypes = [
        1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole",
        7: "unreachable", 8: "prohibit",
    ]

    /// `PACKET_*` in linux/if_packet.h.
    static let packetTypes = [0: "host", 1: "broadcast", 2: "multicast", 3: "other"]
}
