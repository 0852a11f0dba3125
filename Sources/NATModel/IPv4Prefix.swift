/// An IPv4 network: the addresses that share the first `length` bits.
public struct IPv4Prefix: Comparable, Sendable, CustomStringConvertible {
    /// The first address; all bits after `length` are zero.
    public let network: IPv4Address
    /// The length in as little as it takes: there may be ten thousand, at several places.
    @usableFromInline let bits: UInt8
    /// How many leading bits are fixed, in 0...32.
    @inlinable public var length: Int { Int(bits) }

    /// The network that holds `address`; bits after `length` are cleared.
    ///
    /// A length outside 0...32 is brought to the nearest end of it.
    public init(_ address: IPv4Address, length: Int = 32) {
        let length = min(max(length, 0), 32)
        bits = UInt8(length)
        network = IPv4Address(rawValue: address.rawValue & Self.mask(length))
    }

    /// Reads `ADDRESS/LENGTH` or `ADDRESS`; `nil` where it is neither, or host bits are set.
    public init?(_ text: some StringProtocol) {
        guard let (address, length) = Self.split(text) else { return nil }
        self.init(address, length: length)
        guard network == address else { return nil }
    }

    /// The two parts of `ADDRESS/LENGTH`, host bits and all; `nil` where it is not of that form.
    public static func split(
        _ text: some StringProtocol
    ) -> (address: IPv4Address, length: Int)? {
        // Bytes and not characters: ten thousand of them are read at once.
        let bytes = text.utf8
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else {
            return IPv4Address(text).map { ($0, 32) }
        }
        let digits = bytes[bytes.index(after: slash)...]
        guard let address = IPv4Address(text[..<slash]),
            (1...2).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        let length = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        return length <= 32 ? (address, length) : nil
    }

    /// The whole IPv4 space, 0.0.0.0/0.
    public static let all = IPv4Prefix(IPv4Address(rawValue: 0), length: 0)

    /// Whether `address` lies in this network.
    public func contains(_ address: IPv4Address) -> Bool {
        address.rawValue & Self.mask(length) == network.rawValue
    }

    /// Whether every address of `other` lies in this network.
    public func contains(_ other: IPv4Prefix) -> Bool {
        other.length >= length && contains(other.network)
    }

    /// Whether any address lies in both.
    public func overlaps(_ other: IPv4Prefix) -> Bool {
        contains(other) || other.contains(self)
    }

    /// The last address: all bits after `length` set.
    public var last: IPv4Address {
        IPv4Address(rawValue: network.rawValue | ~Self.mask(length))
    }

    /// An address to ask the kernel about: the address itself, or the first host of a network.
    public var representative: IPv4Address {
        length >= 31 ? network : IPv4Address(rawValue: network.rawValue + 1)
    }

    /// `172.31.26.176` for a single address, `10.0.3.0/24` for a network.
    public var description: String {
        length == 32 ? network.description : "\(network)/\(length)"
    }

    /// By first address, then the wider network first.
    public static func < (left: Self, right: Self) -> Bool {
        (left.network, left.length) < (right.network, right.length)
    }

    private static func mask(_ length: Int) -> UInt32 {
        length == 0 ? 0 : UInt32.max << UInt32(32 - length)
    }
}

extension IPv4Prefix: Hashable {
    /// In one number, which takes half the time of two.
    @inlinable public func hash(into hasher: inout Hasher) {
        hasher.combine(UInt64(network.rawValue) << 8 | UInt64(bits))
    }
}
