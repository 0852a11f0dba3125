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

    /// The addresses of a field, with a plus between them; `nil` where one is none.
    public static func addresses(_ word: Substring) -> [IPv4Address]? {
        let words = word.utf8.split(
            separator: UInt8(ascii: "+"), omittingEmptySubsequences: false)
        let addresses = words.compactMap { IPv4Address(Substring($0)) }
        return addresses.count == words.count ? addresses : nil
    }

    /// The text.
    public static func text(
        _ mask: UInt32, _ fields: [String], _ sources: [IPv4Prefix]
    ) -> String {
        "0x" + String(mask, radix: 16) + fields.map { "/\($0)" }.joined() + " "
            + IPv4Prefix.word(sources)
    }
}
