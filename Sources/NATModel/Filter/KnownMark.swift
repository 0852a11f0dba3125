/// What is known of the mark of a packet, or of a connection: some of its bits.
public struct KnownMark: Hashable, Sendable {
    /// The bits that are known.
    public let known: UInt32
    /// Their values; 0 in all others.
    public let value: UInt32

    /// These bits with these values.
    public init(known: UInt32, value: UInt32) {
        self.known = known
        self.value = value & known
    }

    /// No bit is set, as of a packet that has just come in.
    public static let unmarked = KnownMark(known: .max, value: 0)
    /// Any bit may be set.
    public static let unknown = KnownMark(known: 0, value: 0)

    /// The same without these bits.
    public func forgetting(_ bits: UInt32) -> KnownMark {
        KnownMark(known: known & ~bits, value: value)
    }

    /// What is known of a mark that is this one or the other.
    func or(_ other: KnownMark) -> KnownMark {
        KnownMark(known: known & other.known & ~(value ^ other.value), value: value)
    }

    /// Whether it is this value under a mask.
    func match(_ wanted: UInt32, mask: UInt32) -> RuleMatch {
        if wanted & ~mask != 0 || (value ^ wanted) & mask & known != 0 { return .never }
        return mask & ~known == 0 ? .always : .sometimes
    }
}

/// What is known of the marks that rules give a packet and its connection.
struct PacketMarks: Hashable, Sendable {
    var packet: KnownMark
    var connection: KnownMark

    static let unknown = PacketMarks(packet: .unknown, connection: .unknown)

    func or(_ other: PacketMarks?) -> PacketMarks {
        guard let other else { return self }
        return PacketMarks(
            packet: packet.or(other.packet), connection: connection.or(other.connection))
    }
}

/// What a rule does to the mark of a packet or of its connection.
///
/// The new mark is made of bits of both marks, one put over the other by exclusive or: so it is done by
/// MARK and CONNMARK of iptables-extensions(8), and by `meta mark set` and `ct mark set` of nft(8).
public struct MarkChange: Hashable, Codable, Sendable {
    /// Whether it is the connection's mark that changes.
    public var isOfConnection: Bool
    /// The bits of the packet's mark that are taken.
    public var packet: UInt32
    /// The bits of the connection's mark that are taken.
    public var connection: UInt32
    /// The bits that are turned over in the end.
    public var turned: UInt32
    /// The bits of which nobody knows what they become.
    public var lost: UInt32

    /// A change made of these bits.
    public init(
        ofConnection: Bool = false, packet: UInt32 = 0, connection: UInt32 = 0, turned: UInt32 = 0,
        lost: UInt32 = 0
    ) {
        isOfConnection = ofConnection
        self.packet = packet
        self.connection = connection
        self.turned = turned
        self.lost = lost
    }

    /// The packet's mark becomes anything.
    public static let unknown = MarkChange(lost: .max)

    /// The marks after it.
    func applied(to marks: PacketMarks) -> PacketMarks {
        let unknown =
            lost | packet & ~marks.packet.known | connection & ~marks.connection.known
        let new = KnownMark(
            known: ~unknown,
            value: marks.packet.value & packet ^ marks.connection.value & connection ^ turned)
        var marks = marks
        if isOfConnection { marks.connection = new } else { marks.packet = new }
        return marks
    }

    /// What becomes of it where some bits are cleared and some are turned over.
    public func masked(_ mask: UInt32, turned bits: UInt32) -> MarkChange {
        MarkChange(
            ofConnection: isOfConnection, packet: packet & mask, connection: connection & mask,
            turned: turned & mask ^ bits, lost: lost & mask)
    }

    /// Whether it needs a connection.
    var looksAtConnection: Bool { isOfConnection || connection != 0 }
}

extension MarkChange {
    /// What MARK or CONNMARK of iptables do in these words: `MARK xset 0x1/0xff`,
    /// `CONNMARK restore mask 0xff`; `nil` where they say something else.
    init?(target: String, words: some Sequence<Substring>) {
        var words = Array(words)[...]
        guard words.popFirst() == Substring(target), let deed = words.popFirst() else { return nil }
        func number(_ word: Substring?) -> UInt32? {
            word.flatMap { word in
                let digits = word.drop { $0 == "~" }
                return digits.hasPrefix("0x")
                    ? UInt32(digits.dropFirst(2), radix: 16) : UInt32(digits)
            }
        }
        let isOfConnection = target == "CONNMARK"
        if isOfConnection, deed == "save" || deed == "restore" {
            var (packet, connection) = (UInt32.max, UInt32.max)
            while let name = words.popFirst() {
                guard let mask = number(words.popFirst()) else { return nil }
                switch name {
                case "mask": (packet, connection) = (mask, mask)
                case "nfmask": packet = mask
                case "ctmask": connection = mask
                default: return nil
                }
            }
            self.init(copying: packet, connection, toConnection: deed == "save")
            return
        }
        let parts = words.popFirst()?.split(separator: "/") ?? []
        guard let value = number(parts.first), words.isEmpty else { return nil }
        let mask = parts.count == 2 ? number(parts[1]) : .max
        guard let mask else { return nil }
        switch deed {
        case "set", "xset": self.init(setting: value, mask: mask, ofConnection: isOfConnection)
        case "and": self.init(setting: 0, mask: ~value, ofConnection: isOfConnection)
        case "or": self.init(setting: value, mask: value, ofConnection: isOfConnection)
        case "xor": self.init(setting: value, mask: 0, ofConnection: isOfConnection)
        default: return nil
        }
    }

    /// `--set-xmark` of MARK and CONNMARK: the bits of the mask are cleared, then those of the value
    /// are turned over.
    public init(setting value: UInt32, mask: UInt32, ofConnection: Bool) {
        self.init(
            ofConnection: ofConnection, packet: ofConnection ? 0 : ~mask,
            connection: ofConnection ? ~mask : 0, turned: value)
    }

    /// `--save-mark` and `--restore-mark` of CONNMARK, with `--nfmask` and `--ctmask`.
    public init(copying packet: UInt32, _ connection: UInt32, toConnection: Bool) {
        self.init(
            ofConnection: toConnection, packet: toConnection ? packet : ~packet,
            connection: toConnection ? ~connection : connection)
    }
}
