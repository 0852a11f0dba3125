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

/// A rule, the chain that holds it and the base chain that packets came to it from; or the policy of
/// that base chain.
public struct FilterCause: Hashable, Sendable, CustomStringConvertible {
    /// The rule; `nil` for the policy.
    public var rule: NATRule?
    /// The base chain.
    public var base: FilterBase
    /// The chain that holds the rule: the base chain, or one that it leads to.
    public var chain: String
    /// Whether it is asked of the answers to a host.
    public var isOfAnswers = false

    /// What a cause does to packets that are lost by it.
    public enum Harm: Hashable, Sendable {
        /// It drops them.
        case drop
        /// It hides them from conntrack, so that nothing translates their addresses.
        case hide
        /// IPsec takes them, or wants them to have come by it.
        case encrypt
        /// It gives them another destination, or to the box itself: a proxy, say, whose own
        /// connections go the way of the box.
        case redirect
    }

    /// A cause in a chain that this base chain leads to.
    ///
    /// - Parameter chain: the chain that holds the rule; `nil` for the base chain itself.
    public init(_ rule: NATRule?, in base: FilterBase, chain: String? = nil) {
        self.rule = rule
        self.base = base
        self.chain = chain ?? base.chain
    }

    /// What it does to packets that are lost by it.
    public var harm: Harm {
        if rule?.filter.effect.hidesFromConntrack == true { return .hide }
        if rule?.filter.effect.isRedirection == true { return .redirect }
        return base.program == NATRuleSet.ipsec && rule?.target == NATRule.ipsecTarget
            ? .encrypt : .drop
    }

    /// Where to look it up, and what it is: `nft table ip mynat, chain post: ip saddr …`, or
    /// `iptables-nft -t filter DOCKER-USER (from FORWARD): DROP …`.
    public var description: String {
        let place = chain == base.chain ? "\(base)" : "\(base.named(chain)) (from \(base.chain))"
        return "\(place): \(rule?.words ?? "policy \(base.policy)")"
    }

    /// What it may do, after its description: `may drop packets`, `may drop answers`.
    public var mayHarm: String {
        let packets = isOfAnswers ? "answers" : "packets"
        switch harm {
        case .drop: return "may drop \(packets)"
        case .hide: return "may hide from conntrack, and so from NAT, \(packets)"
        case .encrypt: return "may take \(packets) into IPsec"
        case .redirect: return "may redirect \(packets)"
        }
    }
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
    /// Whether another address stands for the host there, so that no rule can tell it from others.
    public var hidesHost = false

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
    public var isOfIPTables: Bool { NATRuleSet.isOfIPTables(program) }

    /// `iptables-nft -t filter FORWARD`, or `nft table inet fw4, chain forward`.
    public var description: String { named(chain) }

    /// Where to look up a chain of its table.
    func named(_ chain: String) -> String {
        if isOfIPTables { return "\(program) -t \(table) \(chain)" }
        switch program {
        case NATRuleSet.ipsec: return "\(program) policy, dir \(chain)"
        case NATRuleSet.traffic: return "tc filter show dev \(table) \(chain)"
        default: return "nft table \(family) \(table), chain \(chain)"
        }
    }
}
