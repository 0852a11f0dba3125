/// Where a source leaves: by an interface, and with one of its addresses.
///
/// Each address of an interface may have a public one of its own, so an interface may be several
/// egresses.
public struct Egress: Hashable, Sendable {
    /// The interface; empty where only addresses were named, so that the box has to say which has
    /// them.
    public var interface: String
    /// The box's own addresses that its hosts leave with, each host always with the same one; empty
    /// for whichever address the box's other NAT gives there.
    public var addresses: [IPv4Address]

    /// The most addresses that one source may have.
    public static let mostAddresses = 64

    /// This interface, with one of these of its addresses.
    public init(_ interface: String, addresses: [IPv4Address] = []) {
        self.interface = interface
        self.addresses = addresses
    }

    /// The egress in the words of a sentence: `eth1 with 10.0.2.6`.
    public var words: String {
        switch addresses.count {
        case 0: interface
        case _ where interface.isEmpty: list
        case 1: "\(interface) with \(addresses[0])"
        default: "\(interface) with one of \(list)"
        }
    }

    private var list: String { addresses.map(\.description).joined(separator: ",") }
}

/// The interface, and behind a slash, which no name holds, the addresses.
extension Egress: TextCodable {
    /// `eth1`, `eth1/10.0.2.6,10.0.2.7`, or addresses alone.
    public var description: String {
        interface.isEmpty ? list : addresses.isEmpty ? interface : "\(interface)/\(list)"
    }

    /// Reads the words; `nil` where they say something else.
    public init?(_ text: String) {
        // Bytes and not characters: a name may end with what an accent would join.
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let rest = slash.map { text[text.utf8.index(after: $0)...] } ?? text[...]
        let words = rest.utf8.split(
            separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let addresses = words.compactMap { IPv4Address(Substring($0)) }
        let areAddresses =
            addresses.count == words.count && addresses.count <= Self.mostAddresses
            && Set(addresses).count == addresses.count
        guard let slash else {
            self.init(areAddresses ? "" : text, addresses: areAddresses ? addresses : [])
            return
        }
        guard areAddresses else { return nil }
        self.init(String(text[..<slash]), addresses: addresses)
    }
}

extension Egress: ExpressibleByStringLiteral {
    /// An interface, with whichever address the box's NAT gives there.
    public init(stringLiteral name: String) { self.init(name, addresses: []) }
}

/// Which of several addresses a host leaves with: the low bits of its own address say it, so that it
/// is known beforehand and stays the same.
public struct AddressPool: Hashable, Sendable {
    /// The addresses, in the order in which they were named.
    public let addresses: [IPv4Address]

    /// A pool of these.
    public init(_ addresses: [IPv4Address]) { self.addresses = addresses }

    /// The bits of a host's address that are looked at: as many as tell the addresses apart, or the
    /// last eight where their number is no power of two, so that no address has many more hosts.
    public var mask: UInt32 {
        let count = addresses.count
        if count == 0 { return 0 }
        return count & (count - 1) == 0 ? UInt32(count - 1) : 255
    }

    /// The address of what has these bits.
    public func address(ofBits bits: UInt32) -> IPv4Address {
        addresses[Int(bits) % addresses.count]
    }

    /// The address that a host leaves with.
    public func address(of host: IPv4Address) -> IPv4Address {
        address(ofBits: host.rawValue & mask)
    }

    /// The addresses that hosts of a source leave with, each once; none of an empty pool.
    public func addresses(of source: IPv4Prefix) -> [IPv4Address] {
        guard !addresses.isEmpty else { return [] }
        guard source.length == 32 else {
            let hosts = UInt64(source.last.rawValue) - UInt64(source.network.rawValue) + 1
            let bits = UInt32(min(hosts, UInt64(mask) + 1))
            let used = Set(
                (0..<bits).map {
                    address(of: IPv4Address(rawValue: source.network.rawValue &+ $0))
                })
            return addresses.filter(used.contains)
        }
        return [address(of: source.network)]
    }
}
