import NATModel

/// A part of a rule of nf_tables. Parts that load something put it into the one register that all
/// rules of natdeck use; a part that does not hold ends the rule.
///
/// Source: linux/netfilter/nf_tables.h. `nft --debug=netlink` shows the same parts.
enum NFTStatement {
    /// Loads the name of the interface that a packet leaves by, in 16 bytes.
    case loadOutputName
    /// Loads the name of the interface that a packet came in by, in 16 bytes.
    case loadInputName
    /// Loads the mark of the packet, in the host's byte order.
    case loadPacketMark
    /// Loads the mark of its connection, in the host's byte order.
    case loadConnectionMark
    /// Loads the `IPS_*` bits of its connection, in the host's byte order.
    case loadStatus
    /// Loads the address that a connection began towards.
    case loadOriginalDestination
    /// Loads the address that answers to a connection go to: the box's own where its source is
    /// translated.
    case loadReplyDestination
    /// Of what was loaded, keeps the bits of a mask and turns others round.
    case bits(mask: UInt32, turning: UInt32)
    /// Of an address that was loaded, keeps the bits of a mask.
    case addressBits(mask: UInt32)
    /// Loads an address.
    case load(IPv4Address)
    /// Loads what the map says of what was loaded; where it says nothing, the next rule decides.
    case loadMapped(by: String)
    /// Makes the address that was loaded the source of the connection.
    case translateSource
    /// Writes the address that was loaded into the packet as its source, sums of it and all.
    case setSource
    /// Makes what was loaded the mark of the packet.
    case setPacketMark
    /// Makes what was loaded the mark of its connection.
    case setConnectionMark
    /// Loads the source address.
    case loadSource
    /// Loads the destination address.
    case loadDestination
    /// Loads in which direction of its connection a packet goes, in one byte.
    case loadDirection
    /// Loads what kind of address the source is to this box, as a route type.
    case loadSourceType
    /// Loads what kind of address the source is to the interface that a packet leaves by, as a route
    /// type.
    case loadSourceTypeThere
    /// Holds where what was loaded is this.
    case equals([UInt8])
    /// Holds where what was loaded is anything but this.
    case differs([UInt8])
    /// Holds where the set has what was loaded.
    case isIn(set: String)
    /// What the map says of what was loaded decides; where it says nothing, the next rule does.
    case decidedBy(map: String)
    /// The rules of another chain decide; where they say nothing, the next rule does.
    case jump(chain: String)
    /// The rules of another chain decide, and none of this one after them.
    case goto(chain: String)
    /// Counts the packet.
    case count
    /// The packet passes this hook.
    case accept
    /// The packet goes no further.
    case drop

    /// A direction as ``loadDirection`` gives it: of who began, `IP_CT_DIR_ORIGINAL`.
    static let begin: [UInt8] = [0]
    /// A direction as ``loadDirection`` gives it: of an answer, `IP_CT_DIR_REPLY`.
    static let answer: [UInt8] = [1]
    /// A kind of address as ``loadSourceType`` gives it: the box's own, `RTN_LOCAL`.
    static let own = NetlinkRequest.number(2)
    /// A bit of ``loadStatus``: the destination is translated, `IPS_DST_NAT`.
    static let destinationTranslated: UInt32 = 1 << 5
    /// No bit of what was loaded.
    static let none = NetlinkRequest.number(0)

    /// The expression within a rule.
    var bytes: [UInt8] {
        NFTRequest.element(NFTRequest.text(1, name) + NFTRequest.nested(2, data))
    }

    /// `NFT_REG_1`.
    private static let register: UInt32 = 1

    private var name: String {
        switch self {
        case .loadOutputName, .loadInputName, .loadPacketMark, .setPacketMark: "meta"
        case .loadSource, .loadDestination, .setSource: "payload"
        case .loadDirection, .loadConnectionMark, .setConnectionMark, .loadStatus,
            .loadOriginalDestination, .loadReplyDestination:
            "ct"
        case .bits, .addressBits: "bitwise"
        case .loadSourceType, .loadSourceTypeThere: "fib"
        case .equals, .differs: "cmp"
        case .isIn, .decidedBy, .loadMapped: "lookup"
        case .translateSource: "nat"
        case .count: "counter"
        case .accept, .drop, .jump, .goto, .load: "immediate"
        }
    }

    private var data: [UInt8] {
        func number(_ kind: Int, _ number: UInt32) -> [UInt8] { NFTRequest.number(kind, number) }
        switch self {
        case .loadOutputName: return number(2, 7) + number(1, Self.register)
        case .loadInputName: return number(2, 6) + number(1, Self.register)
        case .loadPacketMark: return number(2, 3) + number(1, Self.register)
        case .setPacketMark: return number(2, 3) + number(3, Self.register)
        case .loadConnectionMark: return number(2, 3) + number(1, Self.register)
        case .setConnectionMark: return number(2, 3) + number(4, Self.register)
        case .loadStatus: return number(2, 2) + number(1, Self.register)
        case .loadOriginalDestination: return Self.connectionDestination(NFTStatement.begin)
        case .loadReplyDestination: return Self.connectionDestination(NFTStatement.answer)
        case .bits(let mask, let turned):
            return number(1, Self.register) + number(2, Self.register) + number(3, 4)
                + Self.value(4, NetlinkRequest.number(mask))
                + Self.value(5, NetlinkRequest.number(turned))
        case .addressBits(let mask):
            return number(1, Self.register) + number(2, Self.register) + number(3, 4)
                + Self.value(4, NetlinkRequest.networkNumber(mask))
                + Self.value(5, NetlinkRequest.networkNumber(0))
        case .load(let address):
            return number(1, Self.register)
                + Self.value(2, NetlinkRequest.networkNumber(address.rawValue))
        case .loadMapped(let map):
            return NFTRequest.text(1, map) + number(2, Self.register) + number(3, Self.register)
        // NFT_NAT_SNAT, NFPROTO_IPV4.
        case .translateSource: return number(1, 0) + number(2, 2) + number(3, Self.register)
        // As nft(8) writes it: NFT_PAYLOAD_CSUM_INET at its offset, and those of TCP and UDP.
        case .setSource:
            return number(5, Self.register) + number(2, 1) + number(3, 12) + number(4, 4)
                + number(6, 1) + number(7, 10) + number(8, 1)
        case .loadSource: return Self.address(at: 12)
        case .loadDestination: return Self.address(at: 16)
        case .loadDirection: return number(2, 1) + number(1, Self.register)
        case .loadSourceType: return number(3, 1) + number(2, 3) + number(1, Self.register)
        // NFTA_FIB_F_SADDR and _OIF.
        case .loadSourceTypeThere:
            return number(3, 1 | 16) + number(2, 3) + number(1, Self.register)
        case .equals(let value):
            return number(1, Self.register) + number(2, 0) + Self.value(3, value)
        case .differs(let value):
            return number(1, Self.register) + number(2, 1) + Self.value(3, value)
        case .isIn(let set): return number(2, Self.register) + NFTRequest.text(1, set)
        case .decidedBy(let map):
            // The verdict's own register.
            return number(2, Self.register) + number(3, 0) + NFTRequest.text(1, map)
        case .count: return []
        case .accept: return Self.immediate(NFTDecision.accept)
        case .jump(let chain): return Self.immediate(NFTDecision.jump(chain: chain))
        case .goto(let chain): return Self.immediate(NFTDecision.goto(chain: chain))
        case .drop: return Self.immediate(NFTDecision.drop)
        }
    }

    /// `NFT_CT_DST_IP` of one direction, which kernels know since 4.17. The older `NFT_CT_DST` is
    /// listed by nft(8) in words that it does not read.
    private static func connectionDestination(_ direction: [UInt8]) -> [UInt8] {
        NFTRequest.number(1, register) + NFTRequest.number(2, 20)
            + NFTRequest.attribute(3, direction)
    }

    /// Four bytes of the network header.
    private static func address(at offset: UInt32) -> [UInt8] {
        NFTRequest.number(1, register) + NFTRequest.number(2, 1) + NFTRequest.number(3, offset)
            + NFTRequest.number(4, 4)
    }

    /// `NFTA_DATA_VALUE` in such an attribute.
    private static func value(_ kind: Int, _ bytes: [UInt8]) -> [UInt8] {
        NFTRequest.nested(kind, NFTRequest.attribute(1, bytes))
    }

    private static func immediate(_ verdict: NFTDecision) -> [UInt8] {
        NFTRequest.number(1, 0) + NFTRequest.nested(2, verdict.bytes)
    }
}

/// What becomes of a packet.
enum NFTDecision: Hashable {
    case accept
    case drop
    /// The rules of another chain decide.
    case jump(chain: String)
    /// The rules of another chain decide, and none of this one after them.
    case goto(chain: String)

    /// NF_ACCEPT, NF_DROP, NFT_JUMP, which is -3, and NFT_GOTO, which is -4.
    var code: UInt32 {
        switch self {
        case .accept: 1
        case .drop: 0
        case .jump: UInt32(bitPattern: -3)
        case .goto: UInt32(bitPattern: -4)
        }
    }

    /// The chain whose rules decide; `nil` for none.
    var chain: String? {
        switch self {
        case .accept, .drop: nil
        case .jump(let chain), .goto(let chain): chain
        }
    }

    /// The verdict within what holds it: `NFTA_DATA_VERDICT`.
    var bytes: [UInt8] {
        NFTRequest.nested(
            2, NFTRequest.number(1, code) + (chain.map { NFTRequest.text(2, $0) } ?? []))
    }
}
