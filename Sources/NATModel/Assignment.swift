/// A source host, or network of hosts, and the interface it is to leave by.
public struct Assignment: Hashable, Sendable {
    /// What the rule or the entry of the map selects.
    public var source: IPv4Prefix
    /// The interface its table leads to; `nil` where the table has no default route.
    public var egress: String?
    /// The table its route is looked up in.
    public var table: Int
    /// How it is steered to that table.
    public var method: SteeringMethod
    /// Priority of the rule, or of the rule for its mark.
    public var priority: Int
    /// Whether natdeck made the rule.
    public var isOwned: Bool
    /// Whether a rule translates its source address where it really leaves; `nil` where that is
    /// not known.
    public var isMasqueraded: Bool?
    /// Where its packets really go, whichever rule decides.
    public var decision: EgressDecision
    /// The addresses natdeck gives it by that interface; empty where it gives none.
    public var addresses: [IPv4Address] = []
    /// The address the outside sees it by; `nil` where it is not translated or that is not known.
    public var publicAddress: IPv4Address?

    /// An assignment by a rule of this priority.
    public init(
        source: IPv4Prefix, egress: String?, table: Int, priority: Int, isOwned: Bool,
        isMasqueraded: Bool?, decision: EgressDecision = EgressDecision(.unknown),
        publicAddress: IPv4Address? = nil, method: SteeringMethod = .rule
    ) {
        self.method = method
        self.source = source
        self.egress = egress
        self.table = table
        self.priority = priority
        self.isOwned = isOwned
        self.isMasqueraded = isMasqueraded
        self.decision = decision
        self.publicAddress = publicAddress
    }

    /// Where it really leaves; `nil` where it leaves by none, or nobody knows by which.
    public var present: Egress? {
        decision.interface.map { Egress($0, addresses: $0 == egress ? addresses : []) }
    }

    /// Where its own rule is to lead it, with the addresses it is given there; `nil` where its table
    /// has no default route.
    public var wanted: Egress? {
        egress.map { Egress($0, addresses: addresses) }
    }

    /// Whether its packets go nowhere, and that is known.
    public var leavesNowhere: Bool { decision.end == .nowhere }

    /// Whether its own rule or entry decides.
    private var decides: Bool {
        guard let rule = decision.rule else { return false }
        return rule.priority == priority && rule.table == table
            && (method == .map ? rule.isMark : rule.source == source)
    }

    /// The earlier rule by which it goes another way than its own rule says; `nil` where none does.
    public var defeat: RoutingPolicyRule? {
        guard let rule = decision.rule, !decides, rule.priority <= priority,
            egress.map({ decision.end != .leaves(by: $0) }) ?? true
        else { return nil }
        return rule
    }

    /// Whether its table has lost its way out and does not end the search, so that later rules
    /// decide: it leaves by another interface than was wanted, or nobody knows by which.
    public var fallsThrough: Bool {
        egress == nil && decision.end != .unknown && !decides && defeat == nil
    }
}
