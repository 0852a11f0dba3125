/// How connections keep the egress they began with: some bits of their mark hold its number, and a
/// policy rule for each number leads to the table of that egress, before the rules for sources.
///
/// Source: `ct mark` and `meta mark` of nft(8), `fwmark` of ip-rule(8).
public struct ConnectionMarks: Hashable, Sendable {
    /// The bits that are natdeck's, side by side; all others belong to somebody else.
    public var mask: UInt32
    /// The interfaces by their numbers, from 1 on: 0 is a connection that nobody marked.
    public var egresses: [Int: String]
    /// The addresses of the box on each of these interfaces, by the same numbers: answers to what has
    /// left by one come to them. Connections that nobody marked as they began are known by them where
    /// a map steers their source.
    public var addresses: [Int: [IPv4Address]]
    /// The sources whose connections are marked as they begin. Nobody else's are.
    public var sources: [IPv4Prefix]
    /// Whether the first packet of each connection alone is looked at, as the kernel looks for NAT;
    /// all packets are where it cannot, or where that says less.
    public var looksOnce: Bool

    /// Marks of these bits.
    public init(
        mask: UInt32, egresses: [Int: String] = [:], addresses: [Int: [IPv4Address]] = [:],
        sources: [IPv4Prefix] = [], looksOnce: Bool = false
    ) {
        self.mask = mask
        self.egresses = egresses
        self.addresses = addresses
        self.sources = sources
        self.looksOnce = looksOnce
    }

    /// The mark of an egress; `nil` where its number has no room in the bits.
    public static func mark(of number: Int, mask: UInt32) -> PacketMark? {
        guard mask != 0, (1...Ownership.mostMarks).contains(number),
            // The highest one is that of ``free``.
            number < Int(mask >> mask.trailingZeroBitCount)
        else {
            return nil
        }
        return PacketMark(UInt32(number) << mask.trailingZeroBitCount, mask: mask)
    }

    /// The mark of an egress by its number.
    public func mark(of number: Int) -> PacketMark? { Self.mark(of: number, mask: mask) }

    /// The mark of what no egress is for, and no rule that closes networks: it goes on as if natdeck
    /// were not there.
    public var free: PacketMark { PacketMark(mask, mask: mask) }

    /// The interfaces with their marks, by number.
    public var marked: [(mark: PacketMark, egress: String)] {
        egresses.sorted { $0.key < $1.key }.compactMap { number, egress in
            mark(of: number).map { ($0, egress) }
        }
    }

    /// Whether natdeck can use such bits: at least two of them, side by side.
    public static func isUsable(_ mask: UInt32) -> Bool {
        guard mask != 0 else { return false }
        let bits = mask >> mask.trailingZeroBitCount
        return bits > 1 && bits & (bits &+ 1) == 0
    }
}

/// The bits, whether the first packets alone are looked at, and the interfaces with slashes between
/// them, as no name holds one, then the sources.
extension ConnectionMarks: TextCodable {
    /// `0xff0000/once/1:172.31.8.207+172.31.8.209:eth0/2:eth1 10.0.0.7,10.0.3.0/24`.
    public var description: String {
        MarkWords.text(
            mask,
            (looksOnce ? [Self.once] : [])
                + egresses.sorted { $0.key < $1.key }.map { number, egress in
                    MarkWords.field((number, addresses[number] ?? [], egress))
                }, sources)
    }

    private static let once = "once"

    /// Reads the words; `nil` where they say something else.
    public init?(_ text: String) {
        guard let words = MarkWords(text) else { return nil }
        let looksOnce = words.fields.first.map { $0 == Self.once } ?? false
        self.init(mask: words.mask, sources: words.sources, looksOnce: looksOnce)
        for field in words.fields.dropFirst(looksOnce ? 1 : 0) {
            guard let egress = MarkWords.egress(field) else { return nil }
            egresses[egress.number] = egress.interface
            addresses[egress.number] = egress.addresses.isEmpty ? nil : egress.addresses
        }
    }
}
