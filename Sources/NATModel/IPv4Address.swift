/// An IPv4 address, 32 bits in host order.
public struct IPv4Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 32 bits; `0x7f000001` is 127.0.0.1.
    public var rawValue: UInt32

    /// The address with these 32 bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Reads dotted decimal with exactly four parts; `nil` for anything else.
    ///
    /// A part with a leading zero is refused: inet_aton(3) would read it as octal.
    public init?(_ text: some StringProtocol) {
        var bits: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var parts = 1
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if digits > 0 && part == 0 { return nil }
                part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                if part > 255 { return nil }
            case UInt8(ascii: "."):
                if digits == 0 || parts == 4 { return nil }
                bits = bits << 8 | part
                part = 0
                digits = 0
                parts += 1
            default:
                return nil
            }
        }
        guard parts == 4, digits > 0 else { return nil }
        rawValue = bits << 8 | part
    }

    /// Dotted decimal.
    public var description: String {
        "\(rawValue >> 24).\(rawValue >> 16 & 255).\(rawValue >> 8 & 255).\(rawValue & 255)"
    }

    /// The 32 bits tell addresses apart at once.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// Numerical order.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// An address of nobody: TEST-NET-1 of RFC 5737 stands for the whole outside.
    public static let outside = IPv4Address(rawValue: 0xc000_0209)

    /// Whether the outside world can route to it, as far as the special-purpose registry says.
    ///
    /// Source: RFC 6890. Documentation networks (RFC 5737) count as routable, because the lab uses
    /// them as its internet.
    public var isGloballyRoutable: Bool {
        !IPv4Prefix.specialPurpose.contains { $0.contains(self) }
    }
}

extension IPv4Prefix {
    /// The networks the outside world cannot route to.
    static let specialPurpose = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
    ].compactMap { IPv4Prefix($0) }
}
