import NATModel

/// The bits of the marks of packets and connections that rules of nf_tables look at or set, those of
/// iptables-nft among them. natdeck's own table does not count.
///
/// Source: linux/netfilter/nf_tables.h, xt_mark.h and xt_connmark.h.
public struct NFTMarksReply: NetlinkDump {
    /// The bits so far.
    public private(set) var bits: UInt32 = 0

    /// A reply of which nothing has come yet.
    public init() {}

    /// The question for all rules of every family.
    public static var request: [UInt8] { NFTMessage.dump(NFTMessage.getRule, family: 0) }

    /// Takes a rule.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == NFTMessage.newRule else { return }
        let fields = NFTFields(message)
        guard fields.text(1) != Gate.table else { return }
        var reader = MarkReader()
        for expression in fields.list(4) {
            guard let name = expression.text(1) else { continue }
            reader.take(name, expression.fields(2) ?? NFTFields([]))
        }
        bits |= reader.bits
    }
}

/// Goes through the expressions of one rule.
private struct MarkReader {
    private(set) var bits: UInt32 = 0
    /// Whether the register holds a mark.
    private var isMark = false
    /// What was done to it since: bits that stay, and bits that were turned.
    private var change: (mask: UInt32, turned: UInt32)?
    /// A number that was put into the register; `nil` where it was loaded.
    private var constant: UInt32?

    /// `NFT_META_MARK` and `NFT_CT_MARK`.
    private static let markKey = 3

    mutating func take(_ name: String, _ fields: NFTFields) {
        switch name {
        case "meta": takeMark(fields, source: 3, isOfConnection: false)
        case "ct": takeMark(fields, source: 4, isOfConnection: true)
        case "bitwise":
            change = (Self.number(fields.data(4) ?? []), Self.number(fields.data(5) ?? []))
        case "immediate": (constant, change) = (fields.data(2).map { Self.number($0) }, nil)
        case "cmp":
            if isMark { bits |= change?.mask ?? Self.number(fields.data(3) ?? []) }
        case "lookup", "range":
            // What is in the set is not asked for.
            if isMark { bits |= change?.mask ?? .max }
        case "match": takeMatch(fields)
        case "target": takeTarget(fields)
        default: (isMark, change, constant) = (false, nil, nil)
        }
    }

    private mutating func takeMark(
        _ fields: NFTFields, source: Int, isOfConnection: Bool
    ) {
        guard fields.number(2) == Self.markKey else {
            (isMark, change, constant) = (false, nil, nil)
            return
        }
        guard fields[source] != nil else {
            (isMark, change, constant) = (true, nil, nil)
            return
        }
        if let change {
            bits |= Self.touched(keeping: change.mask, turning: change.turned)
        } else if isOfConnection {
            // The whole mark of a connection is written over.
            bits = .max
        } else {
            bits |= constant ?? .max
        }
    }

    /// Of `x & mask ^ turned` those bits that may be another's: those that are cleared or turned,
    /// where the others stay; those that are left, where only few are.
    private static func touched(keeping mask: UInt32, turning turned: UInt32) -> UInt32 {
        (mask.nonzeroBitCount > 16 ? ~mask : mask) | turned
    }

    private mutating func takeMatch(_ fields: NFTFields) {
        guard let name = fields.text(1), name == "mark" || name == "connmark",
            let info = fields[3], info.count >= 8
        else { return }
        let (mark, mask) = (Self.number(info), Self.number(info.dropFirst(4)))
        bits |= mask == .max ? mark : mask
    }

    private mutating func takeTarget(_ fields: NFTFields) {
        guard let info = fields[3] else { return }
        switch fields.text(1) {
        case "MARK" where info.count >= 8:
            // xt_mark_tginfo2: the mark, and the bits that are cleared first.
            let (mark, mask) = (Self.number(info), Self.number(info.dropFirst(4)))
            bits |= mask == .max ? mark : mask | mark
        case "CONNMARK" where info.count >= 13:
            // xt_connmark_tginfo1: mark, bits of the connection, bits of the packet, and whether it
            // is set, saved or restored.
            bits |= Self.number(info) | Self.number(info.dropFirst(4))
            if info.dropFirst(12).first != 0 { bits |= Self.number(info.dropFirst(8)) }
        default: return
        }
    }

    /// A number in the host's byte order.
    private static func number(_ bytes: some Sequence<UInt8>) -> UInt32 {
        Array(bytes.prefix(4)).enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * $1.offset) }
    }
}
