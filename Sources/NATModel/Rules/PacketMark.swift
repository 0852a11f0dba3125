/// The mark of a packet or a connection that somebody looks for: a value, and the bits that count.
///
/// Source: `fwmark` of ip-rule(8), `meta mark` and `ct mark` of nft(8).
public struct PacketMark: Hashable, Sendable, TextCodable {
    /// The value of the bits that count.
    public var value: UInt32
    /// The bits that count; all of them unless something else is said.
    public var mask: UInt32

    /// This value in these bits.
    public init(_ value: UInt32, mask: UInt32 = .max) {
        self.value = value
        self.mask = mask
    }

    /// Reads `0x10/0xff`, `0x10` or `16`; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let value = parts.first.flatMap(Self.number) else { return nil }
        guard parts.count == 2 else {
            self.init(value)
            return
        }
        guard let mask = Self.number(parts[1]) else { return nil }
        self.init(value, mask: mask)
    }

    private static func number(_ text: Substring) -> UInt32? {
        text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
    }

    /// Whether a packet with this mark is one that is looked for.
    public func matches(_ mark: UInt32) -> Bool { (mark ^ value) & mask == 0 }

    /// `0x10/0xff`, or `0x10` where every bit counts.
    public var description: String {
        let text = "0x" + String(value, radix: 16)
        return mask == .max ? text : text + "/0x" + String(mask, radix: 16)
    }
}
