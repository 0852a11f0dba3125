/// The bits of marks, a field for each egress, and sources, as one text:
/// `0xff0000/1:eth0/2:eth1 10.0.0.7,10.0.3.0/24`.
///
/// A slash stands before each field, as no name of an interface holds one.
public struct MarkWords {
    /// The bits.
    public var mask: UInt32
    /// What is said of each egress.
    public var fields: [Substring]
    /// The sources.
    public var sources: [IPv4Prefix]

    /// Reads the words; `nil` where they say something else.
    public init?(_ text: String) {
        // Bytes and not characters: a name may begin with an accent.
        let words = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { Substring($0) }
        guard words.count == 2, let sources = IPv4Prefix.networks(words[1]) else { return nil }
        let parts = words[0].utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        ).map { Substring($0) }
        guard let mask = parts.first.flatMap({ PacketMark(String($0)) })?.value,
            ConnectionMarks.isUsable(mask)
        else { return nil }
        (self.mask, fields, self.sources) = (mask, Array(parts.dropFirst()), sources)
    }

    /// What a field says of an egress: its number, the addresses that it has, its interface.
    public typealias Egress = (number: Int, addresses: [IPv4Address], interface: String)

    /// `1:172.31.8.207+172.31.8.209:eth0`, or `1:eth0` without addresses: no name holds a colon.
    public static func field(_ egress: Egress) -> String {
        let addresses = egress.addresses.map(\.description).joined(separator: "+")
        return "\(egress.number):\(addresses.isEmpty ? "" : addresses + ":")\(egress.interface)"
    }

    /// Reads the field; `nil` where it says something else.
    public static func egress(_ field: Substring) -> Egress? {
        let parts = field.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { Substring($0) }
        guard (2...3).contains(parts.count), let number = Int(parts[0]), number > 0,
            let interface = parts.last
        else { return nil }
        let words = parts.count == 2 ? [] : parts[1].utf8.split(separator: UInt8(ascii: "+"))
        let addresses = words.compactMap { IPv4Address(Substring($0)) }
        guard addresses.count == words.count else { return nil }
        return (number, addresses, String(interface))
    }

    /// The text.
    public static func text(
        _ mask: UInt32, _ fields: [String], _ sources: [IPv4Prefix]
    ) -> String {
        "0x" + String(mask, radix: 16) + fields.map { "/\($0)" }.joined() + " "
            + IPv4Prefix.word(sources)
    }
}
