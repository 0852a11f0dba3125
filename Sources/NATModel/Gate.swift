/// What keeps a source from leaving by any interface but its own, whatever becomes of rules, routes
/// and NAT: chains of natdeck's own nft table, `ip natdeck`.
///
/// Rules and routes may be deleted by others, and are put back a moment later. In that moment the
/// gate drops what would leave by another public address, or with a private one.
///
/// The same table remembers by which egress a connection began, where that is asked for.
public struct Gate: Hashable, Sendable {
    /// What is let through where.
    public var entries: [Entry]
    /// Networks that are internal: what goes there may leave by any interface.
    public var internals: [IPv4Prefix]
    /// Sources that nothing keeps, though a wider one is kept: somebody is about to move them.
    public var free: [IPv4Prefix]
    /// How connections keep the egress they began with; `nil` where they do not.
    public var marks: ConnectionMarks?
    /// Which source is marked for which egress before it is routed; `nil` where rules alone steer
    /// sources. It takes ``marks``, whose numbers it has.
    public var map: SourceMap?
    /// Which sources leave with which address of their interface; `nil` where other NAT says it of
    /// all.
    public var addresses: GivenAddresses?
    /// Whether a natdeck has made the table that shapes it otherwise. It does what it says, but can
    /// only be made anew; none that is to be made is so.
    public var isOfAnotherShape = false

    /// The sources of one interface.
    public struct Entry: Hashable, Sendable {
        /// The only interface they may leave by; it need not be there.
        public var egress: String
        /// The sources.
        public var sources: [IPv4Prefix]
        /// Those of them that never leave with the address they have: the others are let through
        /// without NAT, as a rule of the operator says so.
        public var translated: Set<IPv4Prefix>

        /// The sources of this interface.
        public init(
            egress: String, sources: [IPv4Prefix], translated: Set<IPv4Prefix>
        ) {
            self.egress = egress
            self.sources = sources
            self.translated = translated
        }
    }

    /// A gate of these.
    public init(
        entries: [Entry] = [], internals: [IPv4Prefix] = [], free: [IPv4Prefix] = [],
        marks: ConnectionMarks? = nil, map: SourceMap? = nil,
        addresses: GivenAddresses? = nil
    ) {
        self.entries = entries
        self.internals = internals
        self.free = free
        self.marks = marks
        self.map = map
        self.addresses = addresses
    }

    /// The file that says what the gate is, for as long as the kernel holds it.
    public static let path = "/run/natdeck/gate"
    /// Its table.
    public static let table = "natdeck"
    /// The number of the shape in which this natdeck makes the table of a gate: another one with each
    /// change of its chains, rules and sets.
    public static let shape = 4

    /// What steers a source by mark; `nil` where no map does.
    public func mark(of source: IPv4Prefix) -> PacketMark? {
        guard let map, let marks else { return nil }
        return map.mark(of: source, in: marks)
    }

    /// The gate once the map is changed so.
    public func changed(_ changes: [MapChange]) -> Gate {
        var gate = self
        gate.map?.make(changes)
        return gate
    }

    /// Whether there is nothing for its table to do.
    public var isEmpty: Bool { !keeps && marks == nil && addresses == nil }

    /// Whether it keeps any source from leaving by another interface.
    public var keeps: Bool { !entries.allSatisfy(\.sources.isEmpty) }

    /// The gate without these sources: nothing keeps them, also where a wider one is kept.
    public func without(_ sources: Set<IPv4Prefix>) -> Gate {
        var gate = self
        for place in gate.entries.indices {
            gate.entries[place].sources.removeAll(where: sources.contains)
            gate.entries[place].translated.subtract(sources)
        }
        gate.entries.removeAll(where: \.sources.isEmpty)
        gate.free = gate.exceptions(sources.union(free))
        return gate
    }

    /// Those of these sources that a wider one keeps, in order.
    public func exceptions(_ sources: Set<IPv4Prefix>) -> [IPv4Prefix] {
        let kept = entries.flatMap(\.sources)
        return sources.filter { source in kept.contains { $0.contains(source) && $0 != source } }
            .sorted()
    }
}

/// Words with single spaces between all of them: the marks where there are any, the map where there
/// is one, the given addresses where there are any, then pairs: the internal networks, the sources
/// that are free, each interface and its sources. No name of an interface holds a space: the kernel
/// forbids it.
extension Gate: TextCodable {
    /// The words.
    public var description: String {
        ((marks.map { ["marks \($0)"] } ?? []) + (map.map { ["map \($0)"] } ?? [])
            + (addresses.map { ["addresses \($0)"] } ?? [])
            + ["internal \(IPv4Prefix.word(internals))", "free \(IPv4Prefix.word(free))"]
            + entries.map { entry in
                let sources = entry.sources.map { source in
                    entry.translated.contains(source) ? "\(source)" : "\(source)!"
                }
                return "\(entry.egress) \(sources.joined(separator: ","))"
            }).joined(separator: " ")
    }

    /// Reads the words; `nil` where they say something else.
    public init?(_ text: String) {
        // Bytes and not characters: the name of an interface may begin with an accent, which would
        // be one character with the space before it.
        var words = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { Substring($0) }
        var marks: ConnectionMarks?
        if words.first == "marks", words.count > 3 {
            guard let read = ConnectionMarks("\(words[1]) \(words[2])") else { return nil }
            marks = read
            words.removeFirst(3)
        }
        var map: SourceMap?
        if words.first == "map", words.count > 3 {
            guard let read = SourceMap("\(words[1]) \(words[2])") else { return nil }
            map = read
            words.removeFirst(3)
        }
        var addresses: GivenAddresses?
        if words.first == "addresses" {
            words.removeFirst()
            guard let count = GivenAddresses.count(words), words.count > count,
                let read = GivenAddresses(words: Array(words.prefix(count)))
            else { return nil }
            addresses = read
            words.removeFirst(count)
        }
        guard words.count >= 4, words.count.isMultiple(of: 2), words[0] == "internal",
            words[2] == "free", let internals = IPv4Prefix.networks(words[1]),
            let free = IPv4Prefix.networks(words[3])
        else { return nil }
        var entries: [Entry] = []
        for place in stride(from: 4, to: words.count, by: 2) {
            var entry = Entry(egress: String(words[place]), sources: [], translated: [])
            for field in words[place + 1].utf8.split(separator: UInt8(ascii: ",")) {
                let isBare = field.last == UInt8(ascii: "!")
                guard let source = IPv4Prefix(Substring(isBare ? field.dropLast() : field)) else {
                    return nil
                }
                entry.sources.append(source)
                if !isBare { entry.translated.insert(source) }
            }
            entries.append(entry)
        }
        self.init(
            entries: entries, internals: internals, free: free, marks: marks, map: map,
            addresses: addresses)
    }
}
