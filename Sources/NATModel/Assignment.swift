/// A source host, or network of hosts, and the interface it leaves by.
public struct Assignment: Hashable, Sendable {
    /// What the rule selects.
    public var source: IPv4Prefix
    /// The interface it leaves by; `nil` where the table has no default route: it fails closed.
    public var egress: String?
    /// The table its route is looked up in.
    public var table: Int
    /// Priority of the rule that decides.
    public var priority: Int
    /// Whether natdeck made the rule.
    public var isOwned: Bool
    /// Whether a rule translates its source address; `nil` where the nat table could not be read.
    public var isMasqueraded: Bool?

    /// An assignment by a rule of this priority.
    public init(
        source: IPv4Prefix, egress: String?, table: Int, priority: Int, isOwned: Bool,
        isMasqueraded: Bool?
    ) {
        self.source = source
        self.egress = egress
        self.table = table
        self.priority = priority
        self.isOwned = isOwned
        self.isMasqueraded = isMasqueraded
    }
}
