/// Which sources leave an interface with which of its addresses: a chain of natdeck's own nft table
/// translates them before any other NAT of the box is asked.
///
/// A connection keeps the address that it began with: the kernel asks of its first packet alone.
public struct GivenAddresses: Hashable, Sendable {
    /// The place of the chain among those that translate at postrouting: before all others.
    public var priority: Int
    /// What gets which addresses. While a source moves to another interface it has two entries.
    public var entries: [Entry]
    /// Sources within those that leave with whichever address other NAT gives them.
    public var plain: [IPv4Prefix]

    /// Sources that leave an interface with the same addresses.
    public struct Entry: Hashable, Sendable {
        /// The interface, and its addresses.
        public var egress: Egress
        /// The sources.
        public var sources: [IPv4Prefix]

        /// Sources that leave so.
        public init(_ egress: Egress, sources: [IPv4Prefix]) {
            self.egress = egress
            self.sources = sources
        }
    }

    /// The place before iptables' own chain, which stands at 100.
    public static let usualPriority = 99
    /// The first place there is behind the chain that remembers connections, for which the kernel
    /// leaves the first place behind its own NF_IP_PRI_CONNTRACK, which is -200.
    public static let earliestPriority = -198

    /// These entries.
    public init(
        priority: Int = usualPriority, entries: [Entry], plain: [IPv4Prefix] = []
    ) {
        self.priority = priority
        self.entries = entries
        self.plain = plain
    }

    /// Each source with its egress.
    public var egresses: [IPv4Prefix: Egress] {
        Dictionary(
            entries.flatMap { entry in entry.sources.map { ($0, entry.egress) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The same with what sources have in others, for those of which `isWanted`, and with these plain
    /// sources.
    public func keeping(
        _ others: GivenAddresses, of isWanted: (IPv4Prefix, Egress) -> Bool, plain: [IPv4Prefix]
    ) -> GivenAddresses {
        var given = self
        given.plain = plain
        for entry in others.entries {
            var kept = entry
            kept.sources = entry.sources.filter { isWanted($0, entry.egress) }
            if !kept.sources.isEmpty { given.entries.append(kept) }
        }
        given.plain.removeAll { source in given.entries.contains { $0.sources.contains(source) } }
        return given
    }

    /// The base chain, by which a cause is told.
    static let base = FilterBase(
        program: NATRuleSet.nft, family: "ip", table: Gate.table, chain: "given", policy: "ACCEPT")
}

/// Pairs of words: the place and the plain sources, how many entries there are, then each entry and
/// its sources.
extension GivenAddresses: TextCodable {
    /// `99 10.0.3.7 1 eth1/10.0.2.6,10.0.2.7 10.0.0.7,10.0.3.0/24`.
    public var description: String {
        let entries = entries.map { entry in
            let addresses = entry.egress.addresses.map(\.description).joined(separator: ",")
            return "\(entry.egress.interface)/\(addresses) \(IPv4Prefix.word(entry.sources))"
        }
        return (["\(priority) \(IPv4Prefix.word(plain)) \(entries.count)"] + entries)
            .joined(separator: " ")
    }

    /// Reads the words; `nil` where they say something else.
    public init?(_ text: String) {
        let words = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { Substring($0) }
        self.init(words: words)
    }

    /// Reads words that were split at single spaces.
    init?(words: [Substring]) {
        guard words.count >= 3, let priority = Int(words[0]),
            let plain = IPv4Prefix.networks(words[1]),
            words.count == Self.count(words)
        else { return nil }
        var entries: [Entry] = []
        for place in stride(from: 3, to: words.count, by: 2) {
            // An earlier natdeck wrote an exclamation mark behind an address that was gone.
            guard let egress = Egress(String(words[place].filter { $0 != "!" })),
                let sources = IPv4Prefix.networks(words[place + 1]), !egress.addresses.isEmpty
            else { return nil }
            entries.append(Entry(egress, sources: sources))
        }
        self.init(priority: priority, entries: entries, plain: plain)
    }

    /// How many of these words are its own; `nil` where that is not told.
    static func count(_ words: [Substring]) -> Int? {
        guard words.count >= 3, let entries = Int(words[2]), (0...100_000).contains(entries) else {
            return nil
        }
        return 3 + 2 * entries
    }
}

/// Given addresses, found by the source.
struct GivenIndex: Sendable {
    /// Of one that keeps what other NAT gives it, none.
    private var entries: [IPv4Prefix: [GivenAddresses.Entry]] = [:]
    private var lengths: [Int] = []
    private let priority: Int
    /// The box's own addresses, which its chain leaves alone, and gives to nobody where they are
    /// not of the interface.
    private var own: Set<IPv4Address> = []
    private var addresses: [String: Set<IPv4Address>] = [:]

    init(_ given: GivenAddresses?, on snapshot: Snapshot) {
        priority = given?.priority ?? 0
        guard let given else { return }
        own = Set(snapshot.ownAddresses)
        addresses = Dictionary(
            (snapshot.interfaces.value ?? []).map { ($0.name, Set($0.addresses.map(\.address))) },
            uniquingKeysWith: { first, _ in first })
        for entry in given.entries {
            for source in entry.sources { entries[source, default: []].append(entry) }
        }
        for source in given.plain { entries[source] = [] }
        lengths = Set(entries.keys.map(\.length)).sorted(by: >)
    }

    /// What decides for a source where it leaves by an interface: the narrowest that holds it.
    func entry(of source: IPv4Prefix, leavingBy interface: String) -> GivenAddresses.Entry? {
        if source.length == 32, own.contains(source.network) { return nil }
        for length in lengths where length <= source.length {
            guard let found = entries[IPv4Prefix(source.network, length: length)] else { continue }
            return found.first { $0.egress.interface == interface }
        }
        return nil
    }

    /// The addresses that hosts of a source come to leave with, and those of them that the interface
    /// does not have.
    func used(
        by source: IPv4Prefix, leavingBy interface: String
    ) -> (addresses: [IPv4Address], absent: [IPv4Address]) {
        guard let entry = entry(of: source, leavingBy: interface) else { return ([], []) }
        let used = AddressPool(entry.egress.addresses).addresses(of: source)
        let present = addresses[interface]
        return (used, used.filter { present?.contains($0) == false })
    }

    /// What becomes of what a source sends; `nil` where nothing of it is translated here.
    func outcomes(
        of source: IPv4Prefix, leavingBy interface: String
    ) -> (priority: Int, outcomes: [FilterOutcome])? {
        let (addresses, absent) = used(by: source, leavingBy: interface)
        guard !addresses.isEmpty else { return nil }
        let cause = FilterCause(nil, in: GivenAddresses.base)
        let present = addresses.filter { !absent.contains($0) }
        var outcomes: [FilterOutcome] = []
        if !present.isEmpty {
            let ranges = present.map { IPv4Range(IPv4Prefix($0)) }
            outcomes.append(FilterOutcome(.translated(ranges), by: cause))
        }
        if !absent.isEmpty { outcomes.append(FilterOutcome(.dropped, by: cause)) }
        return (priority, outcomes)
    }
}
