/// How a source is steered to the table of its egress.
public enum SteeringMethod: String, Hashable, Codable, Sendable, CaseIterable {
    /// By a policy rule of its own.
    case rule
    /// By an entry of the map in natdeck's nft table, which marks what it sends.
    case map
}

/// What steers one source to a table.
public struct SourceSteering: Hashable, Sendable {
    /// The source.
    public var source: IPv4Prefix
    /// How it is steered.
    public var method: SteeringMethod
    /// The table its route is looked up in.
    public var table: Int
    /// The interface that table leads to; `nil` where it has no default route.
    public var egress: String?
    /// Priority of the policy rule that leads to the table: its own, or that of the mark.
    public var priority: Int
    /// Whether natdeck made it.
    public var isOwned: Bool
}

extension Snapshot {
    /// The map by which sources are steered; `nil` where natdeck has none.
    public var map: SourceMap? { (gate.value ?? nil)?.map }

    /// How natdeck steers sources on this box; `nil` where nothing says it yet.
    ///
    /// What stands in the kernel says it first: a table that somebody flushed has left the rules
    /// that close what the map steered. Sources with an address of their own say nothing of the
    /// others: the map steers them on any box.
    public var steeringMethod: SteeringMethod? {
        let given = (gate.value ?? nil)?.addresses?.egresses ?? [:]
        let isMapped =
            map?.entries.contains { $0.number != SourceMap.free && given[$0.source] == nil }
            ?? closesWithoutMap
        if isMapped { return .map }
        return (sysctlFile.value ?? nil).flatMap(SteeringMethod.init(keptIn:))
    }

    /// Whether something is closed that the map steered before somebody flushed it, and that has no
    /// address of its own.
    private var closesWithoutMap: Bool {
        let closed = (rules.value ?? []).filter(\.isClosing).compactMap(\.source)
        guard !closed.isEmpty else { return false }
        let kept = (saved.value ?? nil) ?? []
        let ruled = Set(ruleSteered)
        return kept.isEmpty
            || kept.contains { kept in
                kept.egress.addresses.isEmpty && !ruled.contains(kept.source)
                    && closed.contains { $0.contains(kept.source) }
            }
    }

    /// What steers each source that anything steers, the first of each source alone, in order of
    /// evaluation: entries of the map stand where the rules for their marks do.
    ///
    /// Rules for the box's own addresses are none of it.
    public var steerings: [SourceSteering] { steerings { _ in true } }

    /// The same, of the wanted sources alone.
    public func steerings(of isWanted: (IPv4Prefix) -> Bool) -> [SourceSteering] {
        let own = Set(ownAddresses.map { IPv4Prefix($0) })
        let egresses = Dictionary(
            (tables.value ?? []).map { ($0.id, $0.defaultRoute?.interfaces.first) },
            uniquingKeysWith: { first, _ in first })
        var seen: Set<IPv4Prefix> = []
        var mapped = (map?.entries ?? [])[...]
        var found: [SourceSteering] = []
        func takeMapped() {
            for entry in mapped
            where entry.number != SourceMap.free && isWanted(entry.source)
                && seen.insert(entry.source).inserted
            {
                let table = Ownership.table(of: entry.number)
                found.append(
                    SourceSteering(
                        source: entry.source, method: .map, table: table,
                        egress: egresses[table] ?? nil,
                        priority: Ownership.markPriority(of: entry.number), isOwned: true))
            }
            mapped = []
        }
        for rule in rules.value ?? [] {
            if rule.priority >= Ownership.markPriority(of: 1) { takeMapped() }
            guard let source = rule.source, isWanted(source), rule.isPlainSourceLookup,
                let table = rule.table, table != FIBTable.main, table != FIBTable.local,
                !own.contains(source), seen.insert(source).inserted
            else { continue }
            found.append(
                SourceSteering(
                    source: source, method: .rule, table: table, egress: egresses[table] ?? nil,
                    priority: rule.priority, isOwned: rule.isOwned))
        }
        takeMapped()
        return found
    }

    /// The sources that natdeck steers, by whichever method, each once.
    public var ownSteered: [IPv4Prefix] {
        ruleSteered.uniqued().filter { map?.steers($0) != true }
            + (map?.entries ?? []).filter { $0.number != SourceMap.free }.map(\.source)
    }

    /// The sources that rules of natdeck steer, in the order of evaluation.
    public var ruleSteered: [IPv4Prefix] {
        (rules.value ?? []).lazy.filter { $0.isOwned && $0.isPlainSourceLookup }
            .compactMap(\.source)
    }
}

extension SteeringMethod {
    /// The remark in natdeck's file of kernel parameters that says it.
    public static let remark = "# steering: "

    /// What that file says; `nil` where it says nothing.
    public init?(keptIn file: String) {
        let line = file.split(separator: "\n").first { $0.hasPrefix(Self.remark) }
        guard let line, let method = Self(rawValue: String(line.dropFirst(Self.remark.count)))
        else { return nil }
        self = method
    }
}
