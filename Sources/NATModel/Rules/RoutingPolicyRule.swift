/// One rule of the routing policy database, which picks the FIB table for a packet.
///
/// Source: `RTM_GETRULE`, which `ip rule show` asks for. See rtnetlink(7), ip-rule(8).
public struct RoutingPolicyRule: Hashable, Sendable {
    /// Order of evaluation, lowest first; iproute2's `pref`.
    public var priority: Int
    /// Source selector; `nil` matches every packet (`from all`).
    public var source: IPv4Prefix?
    /// What happens to a packet that matches.
    public var action: Action
    /// Who made the rule, as `rtm_protocol`; `nil` where nobody is named, as ip(8) does it.
    public var protocolNumber: Int?
    /// The packet mark looked for; `nil` where the rule does not look at it.
    public var mark: PacketMark?
    /// Routes of the table with this prefix length or less are passed over.
    public var suppressPrefixLength: Int?
    /// What else it looks at.
    public var selectors: RuleSelectors {
        get { more?.selectors ?? RuleSelectors() }
        set { more = newValue.isEmpty ? nil : More(newValue) }
    }
    private var more: More?

    /// Selectors apart from the rule: most rules have none, and ten thousand of them are copied and
    /// compared again and again.
    private final class More: Hashable, Sendable {
        let selectors: RuleSelectors

        init(_ selectors: RuleSelectors) { self.selectors = selectors }

        static func == (one: More, other: More) -> Bool {
            one === other || one.selectors == other.selectors
        }

        func hash(into hasher: inout Hasher) { hasher.combine(selectors) }
    }

    /// What happens to a packet that a rule matches.
    public enum Action: Hashable, Codable, Sendable {
        /// Its route is looked up in the table with this number.
        case lookup(table: Int)
        /// Its route is looked up in the table of the VRF it comes from or goes to.
        case lookupOfL3Device
        /// Evaluation goes on at the rule with this priority.
        case goto(priority: Int)
        /// Anything else, in iproute2's words (`unreachable`, `blackhole`, `prohibit`, `nop`).
        case other(String)
    }

    /// A rule with these selectors and this action.
    public init(
        priority: Int, source: IPv4Prefix? = nil, action: Action, protocolNumber: Int? = nil,
        mark: PacketMark? = nil, suppressPrefixLength: Int? = nil,
        selectors: RuleSelectors = RuleSelectors()
    ) {
        self.priority = priority
        self.source = source
        self.action = action
        self.protocolNumber = protocolNumber
        self.mark = mark
        self.suppressPrefixLength = suppressPrefixLength
        self.selectors = selectors
    }

    /// Whether it selects what its selectors do not describe: `not`.
    public var isInverted: Bool { more?.selectors.isInverted ?? false }

    /// Whether natdeck made it.
    public var isOwned: Bool { protocolNumber == Ownership.protocolNumber }

    /// The table it looks up; `nil` where it does something else.
    @inline(never)
    public var table: Int? {
        // Not inlined: Swift 6.3.1 fails where it puts this into functions of other modules.
        if case .lookup(let table) = action { table } else { nil }
    }

    /// Whether it selects by source address and nothing else, and looks up a table whole.
    ///
    /// Only such a rule is an assignment.
    public var isPlainSourceLookup: Bool {
        source != nil && table != nil && mark == nil && suppressPrefixLength == nil
            && more == nil && !isClosing
    }

    /// Whether it is one of ours that closes a network to what the map has not marked.
    public var isClosing: Bool {
        priority == Ownership.closedPriority && isOwned && source != nil
            && table == Ownership.closedTable
    }

    /// Whether it is one of ours by which something passes by other rules of ours: an own address of
    /// the box, what is free, or what goes to an internal network.
    public var isPass: Bool {
        guard case .goto = action, isOwned else { return false }
        return [source != nil, mark != nil, selectors.destination != nil].count(where: \.self) == 1
    }

    /// Whether it is one of ours where something that passes by others goes on.
    public var isLanding: Bool { isOwned && source == nil && action == .other("nop") }

    /// Whether it is one of ours by which connections keep the egress they began with.
    public var isMark: Bool { isOwned && source == nil && mark != nil && table != nil }

    /// Whether the kernel made it when the network came up: 0, 32766 and 32767.
    public var isKernels: Bool {
        guard source == nil, mark == nil, more == nil, suppressPrefixLength == nil, !isOwned
        else { return false }
        switch (priority, table) {
        case (0, FIBTable.local), (32766, FIBTable.main), (32767, FIBTable.defaultTable):
            return true
        default: return false
        }
    }

    /// The rule in iproute2's words, without its priority: `from 172.31.26.176 lookup 10001`.
    public var words: String { words(naming: [:]) }

    /// The same, with the names of tables beside their numbers: `lookup 106 (provider2)`.
    public func words(naming names: [Int: String]) -> String {
        var words = selectors.isInverted ? ["not"] : []
        if let given = selectors.givenSource, let source {
            words.append("from \(given)/\(source.length)")
        } else {
            words.append("from \(source?.description ?? "all")")
        }
        words += selectors.words
        if let mark { words += ["fwmark", mark.description] }
        switch action {
        case .lookup(let table): words += ["lookup", FIBTable.name(of: table, naming: names)]
        case .lookupOfL3Device: words += ["lookup", "l3mdev-table"]
        case .goto(let priority): words += ["goto", "\(priority)"]
        case .other(let text): words.append(text)
        }
        if let suppressPrefixLength {
            words += ["suppress_prefixlength", "\(suppressPrefixLength)"]
        }
        // The kernel's own are not printed.
        if let protocolNumber, protocolNumber != 2 { words += ["proto", "\(protocolNumber)"] }
        return words.joined(separator: " ")
    }
}

/// Written down without what it does not say: most rules are a source and a table.
extension RoutingPolicyRule: Codable {
    private enum Key: String, CodingKey {
        case priority, source, action, protocolNumber, mark, suppressPrefixLength, selectors
    }

    /// Reads what was written down.
    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        self.init(
            priority: try keys.decode(Int.self, forKey: .priority),
            source: try keys.decodeIfPresent(IPv4Prefix.self, forKey: .source),
            action: try keys.decode(Action.self, forKey: .action),
            protocolNumber: try keys.decodeIfPresent(Int.self, forKey: .protocolNumber),
            mark: try keys.decodeIfPresent(PacketMark.self, forKey: .mark),
            suppressPrefixLength: try keys.decodeIfPresent(Int.self, forKey: .suppressPrefixLength),
            selectors: try keys.decodeIfPresent(RuleSelectors.self, forKey: .selectors)
                ?? RuleSelectors())
    }

    /// Writes down what it says.
    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(priority, forKey: .priority)
        try keys.encodeIfPresent(source, forKey: .source)
        try keys.encode(action, forKey: .action)
        try keys.encodeIfPresent(protocolNumber, forKey: .protocolNumber)
        try keys.encodeIfPresent(mark, forKey: .mark)
        try keys.encodeIfPresent(suppressPrefixLength, forKey: .suppressPrefixLength)
        try keys.encodeIfPresent(more?.selectors, forKey: .selectors)
    }
}
