/// Which source goes by which egress, by the numbers that connections are marked with.
///
/// The longest prefix decides. What the cover holds and no prefix does is free: it goes on as if
/// natdeck were not there.
public struct SourceMap: Hashable, Sendable {
    /// The networks that are closed to whatever has no mark of natdeck, few of them.
    public var cover: [IPv4Prefix] = []
    /// All entries: the longest prefixes first, then by address. There may be ten thousand, that are
    /// read and written down with every change: they are kept in order.
    public private(set) var entries: [Entry] = []
    /// How many entries each prefix length has.
    private var counts = [Int](repeating: 0, count: 33)

    /// What is said of one source.
    public struct Entry: Hashable, Sendable {
        /// The source.
        public var source: IPv4Prefix
        /// Its number.
        public var number: Int

        /// Its place among all entries, as one number.
        fileprivate var place: UInt64 { SourceMap.place(source) }
    }

    /// The number of an entry that steers nothing: such a source goes on as if natdeck were not
    /// there, although a wider one is steered.
    public static let free = 0

    /// An empty map.
    public init() {}

    /// The number of exactly this source; `nil` for no entry.
    public subscript(source: IPv4Prefix) -> Int? {
        get {
            let index = index(of: source)
            return index < entries.count && entries[index].source == source
                ? entries[index].number : nil
        }
        set { set(source, newValue) }
    }

    /// The index of a source, or the one that it would have.
    private func index(of source: IPv4Prefix) -> Int {
        let place = Self.place(source)
        // What is read comes in order.
        if let last = entries.last, last.place < place { return entries.count }
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func set(_ source: IPv4Prefix, _ number: Int?) {
        let index = index(of: source)
        let isThere = index < entries.count && entries[index].source == source
        counts[source.length] += (number == nil ? 0 : 1) - (isThere ? 1 : 0)
        switch (number, isThere) {
        case (let number?, true): entries[index].number = number
        case (let number?, false): entries.insert(Entry(source: source, number: number), at: index)
        case (nil, true): entries.remove(at: index)
        case (nil, false): break
        }
    }

    /// Gives many sources their numbers, or none.
    private mutating func set(_ numbers: [IPv4Prefix: Int?]) {
        let others = entries.filter { numbers[$0.source] == nil }
        let new = numbers.compactMap { source, number in
            number.map { Entry(source: source, number: $0) }
        }
        entries = (others + new).sorted { $0.place < $1.place }
        counts = [Int](repeating: 0, count: 33)
        for entry in entries { counts[entry.source.length] += 1 }
    }

    /// How many sources have an entry.
    public var count: Int { entries.count }

    /// The lengths of its prefixes, the longest first.
    public var lengths: [Int] { (0...32).reversed().filter { counts[$0] > 0 } }

    /// The entries of one prefix length, by address.
    public func entries(ofLength length: Int) -> ArraySlice<Entry> {
        let first = counts[(length + 1)...].reduce(0, +)
        return entries[first..<first + counts[length]]
    }

    private static func place(_ source: IPv4Prefix) -> UInt64 {
        UInt64(32 - source.length) << 32 | UInt64(source.network.rawValue)
    }

    /// The sources of its entries.
    public var sources: some Collection<IPv4Prefix> { entries.lazy.map(\.source) }

    /// Whether any source has this number.
    public func uses(_ number: Int) -> Bool { entries.contains { $0.number == number } }

    /// Whether it leads any source to an egress.
    public var steers: Bool { entries.contains { $0.number != Self.free } }

    /// Those of these sources that have no entry.
    public func missing(of sources: [IPv4Prefix]) -> [IPv4Prefix] {
        // Files mostly have them in the order of the map, and then nothing is looked for.
        var next = 0
        return sources.filter { source in
            if next >= entries.count || entries[next].source != source { next = index(of: source) }
            let isThere = next < entries.count && entries[next].source == source
            if isThere { next += 1 }
            return !isThere
        }
    }

    /// Whether an entry for exactly this source leads to an egress.
    public func steers(_ source: IPv4Prefix) -> Bool {
        self[source].map { $0 != Self.free } ?? false
    }

    /// The entry that decides for what a source sends; `nil` where none does.
    public func entry(for source: IPv4Prefix) -> Entry? {
        for length in stride(from: source.length, through: 0, by: -1) where counts[length] > 0 {
            let network = IPv4Prefix(source.network, length: length)
            if let number = self[network] { return Entry(source: network, number: number) }
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
    /// Brings the map to what changes make of it, whatever it was before.
    public mutating func make(_ changes: some Collection<MapChange>) {
        var numbers: [IPv4Prefix: Int?] = [:]
        for change in changes {
            switch change {
            case .entry(let source, _, let number): numbers[source] = .some(number)
            case .cover(let network, let isAdded):
                cover.removeAll { $0 == network }
                if isAdded { cover = (cover + [network]).sorted() }
            }
        }
        if numbers.count <= Self.few {
            for (source, number) in numbers { set(source, number) }
        } else {
            set(numbers)
        }
    }

    /// Of more changes at once one look at all entries is less than one for each.
    private static let few = 8

    /// Whether the map is as a change makes it.
    public func isSo(_ change: MapChange) -> Bool {
        switch change {
        case .entry(let source, _, let number): self[source] == number
        case .cover(let network, let isAdded): cover.contains(network) == isAdded
        }
    }
}
