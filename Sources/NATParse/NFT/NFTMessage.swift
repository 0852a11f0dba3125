import NATModel

/// What all messages of nftables have in common.
///
/// Source: linux/netfilter/nfnetlink.h and nf_tables.h.
enum NFTMessage {
    /// `NFNL_SUBSYS_NFTABLES`.
    static let subsystem = 10 << 8
    /// `NFT_MSG_*` of what is asked for, and of what comes.
    static let (newTable, getTable) = (subsystem | 0, subsystem | 1)
    static let (newChain, getChain) = (subsystem | 3, subsystem | 4)
    static let (newRule, getRule) = (subsystem | 6, subsystem | 7)
    static let (newSet, getSet) = (subsystem | 9, subsystem | 10)
    static let (newElements, getElements) = (subsystem | 12, subsystem | 13)
    static let (newGeneration, getGeneration) = (subsystem | 15, subsystem | 16)
    static let deleteTable = subsystem | 2
    static let deleteElements = subsystem | 14
    static let (deleteChain, deleteRule, deleteSet) = (
        subsystem | 5, subsystem | 8, subsystem | 11
    )

    /// The question for all objects of a kind, of every family where `family` is 0.
    ///
    /// - Parameter texts: attributes whose values are texts, such as the table's name.
    static func dump(_ kind: Int, family: UInt8, _ texts: [(Int, String)] = []) -> [UInt8] {
        var body: [UInt8] = [family, 0, 0, 0]
        for (attribute, text) in texts {
            let value = Array(text.utf8) + [0]
            let length = 4 + value.count
            body += [UInt8(length & 0xff), UInt8(length >> 8), UInt8(attribute), 0] + value
            body += [UInt8](repeating: 0, count: (4 - length % 4) % 4)
        }
        return NetlinkMessage.dump(kind: kind, body: body)
    }
}

/// The attributes of a message of nftables, or of one of its parts, by their numbers.
struct NFTFields {
    private var values: [(kind: Int, value: ArraySlice<UInt8>)] = []

    init(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while rest.count >= 4 {
            let length = rest.number(2)
            guard length >= 4, length <= rest.count else { return }
            let kind = rest.dropFirst(2).number(2) & 0x3fff
            values.append((kind, rest.prefix(length).dropFirst(4)))
            rest = rest.dropFirst((length + 3) & ~3)
        }
    }

    /// The fields of a message, behind its `nfgenmsg`. They outlive the buffer it came in.
    init(_ message: NetlinkMessage) { self.init(Array(message.body.dropFirst(4))[...]) }

    subscript(_ kind: Int) -> ArraySlice<UInt8>? {
        values.first { $0.kind == kind }?.value
    }

    func text(_ kind: Int) -> String? { self[kind]?.zeroTerminated }
    /// Numbers of nftables are in network byte order.
    func number(_ kind: Int) -> Int? {
        self[kind].map { Int(truncatingIfNeeded: $0.networkNumber) }
    }
    func unsigned(_ kind: Int) -> UInt64? { self[kind]?.networkNumber }
    /// A number of 32 bits that may be below zero.
    func signed(_ kind: Int) -> Int? {
        self[kind].map { Int(Int32(truncatingIfNeeded: $0.networkNumber)) }
    }
    func fields(_ kind: Int) -> NFTFields? { self[kind].map(NFTFields.init) }

    /// The names in a list.
    func names(_ kind: Int) -> [(kind: Int, name: String)] {
        fields(kind)?.values.map { ($0.kind, KernelName.text($0.value.prefix { $0 != 0 })) } ?? []
    }

    /// The parts of a list.
    func list(_ kind: Int) -> [NFTFields] {
        fields(kind)?.values.map { NFTFields($0.value) } ?? []
    }

    /// `NFTA_DATA_VALUE` in such a field.
    func data(_ kind: Int) -> [UInt8]? { fields(kind)?[1].map(Array.init) }
}

extension ArraySlice<UInt8> {
    /// The number in its first bytes, eight at most, in the host's byte order.
    func number(_ count: Int) -> Int {
        var number = 0
        for (place, byte) in prefix(Swift.min(count, 8)).enumerated() {
            number |= Int(byte) << (8 * place)
        }
        return number
    }

    /// The number in its first four bytes, the lowest first: a mark, as the kernel has it.
    var number32: UInt32 { UInt32(truncatingIfNeeded: number(4)) }

    /// The number in all of its bytes, in network byte order.
    var networkNumber: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }

    /// The address in its first bytes, in network byte order.
    var address: IPv4Address {
        IPv4Address(rawValue: UInt32(truncatingIfNeeded: prefix(4).networkNumber))
    }

    /// The text that ends with a zero byte.
    var zeroTerminated: String {
        String(decoding: prefix { $0 != 0 }, as: UTF8.self).strippedOfControls
    }
}

/// A family of nftables whose chains IPv4 packets pass.
///
/// Source: `NFPROTO_*` in linux/netfilter.h.
public enum NFTFamily: UInt8, Hashable, Sendable {
    /// Tables for IPv4 and IPv6.
    case inet = 1
    /// Tables for IPv4.
    case ip = 2
    /// Tables for all that comes in and leaves by a device.
    case netdev = 5
    /// Tables for what passes a bridge.
    case bridge = 7

    /// As nft(8) writes it.
    public var name: String {
        switch self {
        case .inet: "inet"
        case .ip: "ip"
        case .netdev: "netdev"
        case .bridge: "bridge"
        }
    }

    /// The places of its base chains by their numbers: `NF_INET_*`, `NF_NETDEV_*` and `NF_BR_*`.
    var hooks: [String] {
        switch self {
        case .inet, .ip:
            ["prerouting", "input", "forward", "output", "postrouting", "ingress"]
        case .netdev: ["ingress", "egress"]
        case .bridge: ["prerouting", "input", "forward", "output", "postrouting"]
        }
    }
}

/// Whose rules and sets are asked for.
public struct NFTTableName: Hashable, Sendable {
    /// The family of the table.
    public var family: NFTFamily
    /// Its name.
    public var name: String

    /// A table with this name.
    public init(_ family: NFTFamily, _ name: String) {
        self.family = family
        self.name = name
    }
}
