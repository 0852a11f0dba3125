/// One way in which the walk of a packet through the chains at a place can end.
public struct FilterOutcome: Hashable, Sendable {
    /// What becomes of the packet.
    public enum End: Hashable, Sendable {
        /// It goes on as it is.
        case passes
        /// It goes on, to another destination or to the box itself.
        case redirected
        /// It is lost.
        case dropped
        /// Its source becomes an address of the interface it leaves by.
        case masqueraded
        /// Its source becomes one of these; none where it is not known which.
        case translated([IPv4Range])
        /// Its source moves into this network.
        case mapped(IPv4Prefix)
        /// Anything.
        case unknown

        /// Whether it goes on with the source it has.
        var keepsSource: Bool { self == .passes || self == .redirected }
    }

    /// What becomes of the packet.
    public var end: End
    /// What does it.
    public var cause: FilterCause

    /// An end by this cause.
    public init(_ end: End, by cause: FilterCause) {
        self.end = end
        self.cause = cause
    }
}

/// A rule and the base chain that packets came to it from, or the policy of that chain.
public struct FilterCause: Hashable, Sendable, CustomStringConvertible {
    /// The rule; `nil` for the policy.
    public var rule: NATRule?
    /// The base chain.
    public var base: FilterBase

    /// A cause in the chains that this base chain leads to.
    public init(_ rule: NATRule?, in base: FilterBase) {
        self.rule = rule
        self.base = base
    }

    /// In words, for a sentence: `nft table ip mynat, chain post: ip saddr …`.
    public var description: String { "\(base): \(rule?.words ?? "policy \(base.policy)")" }
}

/// A base chain by all that tells it from others.
public struct FilterBase: Hashable, Sendable, CustomStringConvertible {
    /// The program that shows and changes it: `iptables-nft`, `iptables-legacy`, `iptables`, `nft`.
    public var program: String
    /// The family of its table, such as `ip`.
    public var family: String
    /// Its table.
    public var table: String
    /// Its name.
    public var chain: String
    /// What happens at its end: `ACCEPT` or `DROP`.
    public var policy: String
    /// The place where packets pass it.
    public var hook: FilterIndex.Hook

    /// A base chain with these names.
    public init(
        program: String, family: String, table: String, chain: String, policy: String,
        hook: FilterIndex.Hook = .postrouting
    ) {
        self.program = program
        self.family = family
        self.table = table
        self.chain = chain
        self.policy = policy
        self.hook = hook
    }

    /// Whether iptables shows and changes it.
    public var isOfIPTables: Bool { program != NATRuleSet.nft }

    /// `iptables-nft -t filter FORWARD`, or `nft table inet fw4, chain forward`.
    public var description: String {
        isOfIPTables
            ? "\(program) -t \(table) \(chain)" : "nft table \(family) \(table), chain \(chain)"
    }
}
