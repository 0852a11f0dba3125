/// One rule of the routing policy database, which picks the FIB table for a packet.
///
/// Source: `RTM_GETRULE`, which `ip rule show` asks for. See rtnetlink(7), ip-rule(8).
public struct RoutingPolicyRule: Hashable, Codable, Sendable {
    /// Order of evaluation, lowest first; iproute2's `pref`.
    public var priority: Int
    /// Source selector; `nil` matches every packet (`from all`).
    public var source: IPv4Prefix?
    /// What happens to a packet that matches.
    public var action: Action
    /// Who made the rule, as `rtm_protocol`; `nil` where iproute2 does not print it (boot, kernel).
    public var protocolNumber: Int?
    /// The packet mark looked for, such as `0x10/0xff`; `nil` where the rule does not look at it.
    public var mark: String?
    /// Routes of the table with this prefix length or less are passed over.
    public var suppressPrefixLength: Int?
    /// Every other selector or attribute, in iproute2's words (`not`, `iif eth0`, `sport 10-20`).
    public var other: [String]

    /// What happens to a packet that a rule matches.
    public enum Action: Hashable, Codable, Sendable {
        /// Its route is looked up in the table with this number.
        case lookup(table: Int)
        /// Evaluation goes on at the rule with this priority.
        case goto(priority: Int)
        /// Anything else, in iproute2's words (`unreachable`, `blackhole`, `prohibit`, `nop`).
        case other(String)
    }

    /// A rule with these selectors and this action.
    public init(
        priority: Int, source: IPv4Prefix? = nil, action: Action, protocolNumber: Int? = nil,
        mark: String? = nil, suppressPrefixLength: Int? = nil, other: [String] = []
    ) {
        self.priority = priority
        self.source = source
        self.action = action
        self.protocolNumber = protocolNumber
        self.mark = mark
        self.suppressPrefixLength = suppressPrefixLength
        self.other = other
    }

    /// Whether natdeck made it.
    public var isOwned: Bool { protocolNumber == Ownership.protocolNumber }

    /// The table it looks up; `nil` where it does something else.
    public var table: Int? {
        if case .lookup(let table) = action { table } else { nil }
    }

    /// Whether it selects by source address and nothing else, and looks up a table whole.
    ///
    /// Only such a rule is an assignment.
    public var isPlainSourceLookup: Bool {
        source != nil && table != nil && mark == nil && suppressPrefixLength == nil && other.isEmpty
    }

    /// The rule in iproute2's words, without its priority: `from 172.31.26.176 lookup 10001`.
    public var words: String {
        var words = other.contains("not") ? ["not"] : []
        // A source that was given with host bits stands among the others, as it was given.
        let given = other.first { $0.hasPrefix("from ") }
        words += [given ?? "from \(source?.description ?? "all")"]
        words += other.filter { $0 != "not" && $0 != given }
        if let mark { words += ["fwmark", mark] }
        switch action {
        case .lookup(let table): words += ["lookup", FIBTable.name(of: table)]
        case .goto(let priority): words += ["goto", "\(priority)"]
        case .other(let text): words.append(text)
        }
        if let suppressPrefixLength {
            words += ["suppress_prefixlength", "\(suppressPrefixLength)"]
        }
        if let protocolNumber { words += ["proto", "\(protocolNumber)"] }
        return words.joined(separator: " ")
    }
}
