/// What keeps a source from leaving by any interface but its own, whatever becomes of rules, routes
/// and NAT: chains of natdeck's own nft table, `ip natdeck`.
///
/// Rules and routes may be deleted by others, and are put back a moment later. In that moment the
/// gate drops what would leave by another public address, or with a private one.
public struct Gate: Hashable, Sendable {
    /// What is let through where.
    public var entries: [Entry]
    /// Networks that are internal: what goes there may leave by any interface.
    public var internals: [IPv4Prefix]

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
    public init(entries: [Entry] = [], internals: [IPv4Prefix] = []) {
        self.entries = entries
        self.internals = internals
    }

    /// The file that says what the gate is, for as long as the kernel holds it.
    public static let path = "/run/natdeck/gate"
    /// Its table.
    public static let table = "natdeck"

    /// Whether it keeps nothing.
    public var isEmpty: Bool { entries.allSatisfy(\.sources.isEmpty) }

    /// The gate without these sources: nothing keeps them.
    public func without(_ sources: Set<IPv4Prefix>) -> Gate {
        var gate = self
        for place in gate.entries.indices {
            gate.entries[place].sources.removeAll(where: sources.contains)
            gate.entries[place].translated.subtract(sources)
        }
        gate.entries.removeAll(where: \.sources.isEmpty)
        return gate
    }
}

/// A line for the internal networks, then a line for each interface and for each kind of source.
extension Gate: TextCodable {
    /// The lines.
    public var description: String {
        let networks = internals.map(\.description).joined(separator: ",")
        return
            (["internal \(networks)"]
            + entries.map { entry in
                let sources = entry.sources.map { source in
                    entry.translated.contains(source) ? "\(source)" : "\(source)!"
                }
                return "\(entry.egress) \(sources.joined(separator: ","))"
            }).joined(separator: ";")
    }

    /// Reads the lines; `nil` where they say something else.
    public init?(_ text: String) {
        var entries: [Entry] = []
        var internals: [IPv4Prefix]?
        for line in text.split(separator: ";", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let name = words.first else { return nil }
            let fields = words[1].split(separator: ",")
            guard internals != nil else {
                let networks = fields.compactMap { IPv4Prefix($0) }
                guard name == "internal", networks.count == fields.count else { return nil }
                internals = networks
                continue
            }
            var entry = Entry(egress: String(name), sources: [], translated: [])
            for field in fields {
                let isBare = field.hasSuffix("!")
                guard let source = IPv4Prefix(isBare ? field.dropLast() : field) else { return nil }
                entry.sources.append(source)
                if !isBare { entry.translated.insert(source) }
            }
            entries.append(entry)
        }
        guard let internals else { return nil }
        self.init(entries: entries, internals: internals)
    }
}
