/// Which source goes by which egress, by the numbers that connections are marked with.
///
/// The longest prefix decides. What the cover holds and no prefix does is free: it goes on as if
/// natdeck were not there.
public struct SourceMap: Hashable, Sendable {
    /// The networks that are closed to whatever has no mark of natdeck, few of them.
    public var cover: [IPv4Prefix] = []
    private var numbers: [IPv4Prefix: Int] = [:]
    /// How many entries each prefix length has.
    private var counts = [Int](repeating: 0, count: 33)

    /// The number of an entry that steers nothing: such a source goes on as if natdeck were not
    /// there, although a wider one is steered.
    public static let free = 0

    /// An empty map.
    public init() {}

    /// The number of exactly this source; `nil` for no entry.
    public subscript(source: IPv4Prefix) -> Int? {
        get { numbers[source] }
        set {
            let old = numbers.updateValue(newValue ?? 0, forKey: source)
            if newValue == nil { numbers[source] = nil }
            counts[source.length] += (newValue == nil ? 0 : 1) - (old == nil ? 0 : 1)
        }
    }

    /// How many sources have an entry.
    public var count: Int { numbers.count }

    /// The lengths of its prefixes, the longest first.
    public var lengths: [Int] { (0...32).reversed().filter { counts[$0] > 0 } }

    /// All entries: the longest prefixes first, then by address.
    public var entries: [(source: IPv4Prefix, number: Int)] {
        numbers.map { (source: $0.key, number: $0.value) }
            .sorted { Self.place($0.source) < Self.place($1.source) }
    }

    /// Its place among all entries. One number, for ten thousand of them are put in order.
    private static func place(_ source: IPv4Prefix) -> UInt64 {
        UInt64(32 - source.length) << 32 | UInt64(source.network.rawValue)
    }

    /// The sources of its entries, in no order.
    public var sources: some Collection<IPv4Prefix> { numbers.keys }

    /// Whether any source has this number.
    public func uses(_ number: Int) -> Bool { numbers.values.contains(number) }

    /// The entry that decides for what a source sends; `nil` where none does.
    public func entry(for source: IPv4Prefix) -> (source: IPv4Prefix, number: Int)? {
        for length in stride(from: source.length, through: 0, by: -1) where counts[length] > 0 {
            let network = IPv4Prefix(source.network, length: length)
            if let number = numbers[network] { return (network, number) }
        }
        return nil
    }

    /// The mark that what a source sends is given: of no bit where the map says nothing of it.
    ///
    /// - Parameter marks: the bits and the egresses.
    public func mark(of source: IPv4Prefix, in marks: ConnectionMarks) -> PacketMark {
        let entry = entry(for: source)
        if let number = entry?.number, number != Self.free, let mark = marks.mark(of: number) {
            return mark
        }
        if entry != nil || cover.contains(where: { $0.contains(source) }) { return marks.free }
        return PacketMark(0, mask: marks.mask)
    }
}

/// How the map is called in natdeck's nft table.
extension SourceMap {
    /// The nft map of the entries of one prefix length.
    public static func table(ofLength length: Int) -> String { "steer\(length)" }
    /// The chain that gives a packet the mark of an egress, or the one of what is free.
    public static func chain(of number: Int) -> String {
        number == free ? "free" : "to\(number)"
    }
    /// The set of the networks that are closed to what has no mark.
    public static let covered = "covered"
}

/// A change of the map, by itself.
public enum MapChange: Hashable, Sendable {
    /// A source gets another number; `nil` for no entry.
    case entry(IPv4Prefix, from: Int?, to: Int?)
    /// A network is closed to what has no mark, or not any more.
    case cover(IPv4Prefix, isAdded: Bool)

    /// What takes it back.
    public var inverse: MapChange {
        switch self {
        case .entry(let source, let before, let after): .entry(source, from: after, to: before)
        case .cover(let network, let isAdded): .cover(network, isAdded: !isAdded)
        }
    }
}

extension SourceMap {
    /// Brings the map to what a change makes of it, whatever it was before.
    public mutating func make(_ change: MapChange) {
        switch change {
        case .entry(let source, _, let number): self[source] = number
        case .cover(let network, let isAdded):
            cover.removeAll { $0 == network }
            if isAdded { cover = (cover + [network]).sorted() }
        }
    }

    /// Whether the map is as a change makes it.
    public func isSo(_ change: MapChange) -> Bool {
        switch change {
        case .entry(let source, _, let number): self[source] == number
        case .cover(let network, let isAdded): cover.contains(network) == isAdded
        }
    }
}
