/// What a rule of a packet filter does with a packet that it matches, alike for iptables and
/// nftables.
public indirect enum FilterEffect: Hashable, Codable, Sendable {
    /// The packet passes this chain and those that called it.
    case accept
    /// The packet is lost; the sender may be told so.
    case drop
    /// The packet goes back to the chain that called this one, or to the policy.
    case `return`
    /// The packet goes through another chain, and comes back.
    case jump(String)
    /// The packet goes through another chain, and from its end to whoever called this one.
    case goto(String)
    /// The source becomes an address of the interface the packet leaves by.
    case masquerade
    /// The source becomes one of these; none where it is not known which.
    case snat([IPv4Range])
    /// The source moves into this network and keeps its last bits.
    case netmap(IPv4Prefix)
    /// The destination becomes one of these; none where the packet is given to the box itself, or
    /// where they are not known.
    case dnat([IPv4Range])
    /// The rule counts, marks or logs, and the packet goes on.
    case nothing
    /// The packet goes on, and TCP is told to make its segments fit.
    case clamp
    /// The packet goes on with another mark, or its connection has another one.
    case mark(MarkChange)
    /// The packet goes on, and conntrack will not see it: nothing translates it.
    case untrack
    /// The first of these that matches and decides does: a map, whose keys shut each other out, or
    /// several statements of one rule.
    case firstOf([FilterRule])
    /// Anything may happen, as by `queue`; in the words of the filter.
    case unknown(String)

    /// Whether it may translate the destination.
    var mayTranslateDestination: Bool {
        switch self {
        case .dnat, .unknown: true
        case .firstOf(let rules): rules.contains { $0.effect.mayTranslateDestination }
        default: false
        }
    }

    /// Whether it translates the destination, as far as is known.
    var isRedirection: Bool {
        switch self {
        case .dnat: true
        case .firstOf(let rules): rules.contains { $0.effect.isRedirection }
        default: false
        }
    }

    /// The packet and its connection may have any mark behind it.
    public static let anyMark = firstOf([
        FilterRule([], .mark(MarkChange(ofConnection: true, lost: .max))),
        FilterRule([], .mark(.unknown)),
    ])

    /// Whether it gives the packet or its connection another mark, or may.
    var changesMarks: Bool {
        switch self {
        case .mark, .unknown: true
        case .firstOf(let rules): rules.contains { $0.effect.changesMarks }
        default: false
        }
    }

    /// Whether it has conntrack not see what it matches.
    var hidesFromConntrack: Bool {
        switch self {
        case .untrack: true
        case .firstOf(let rules): rules.contains { $0.effect.hidesFromConntrack }
        default: false
        }
    }

    /// Whether it tells TCP to make its segments fit.
    var clamps: Bool {
        switch self {
        case .clamp: true
        case .firstOf(let rules): rules.contains { $0.effect.clamps }
        default: false
        }
    }

    /// Whether it translates the source.
    public var translatesSource: Bool {
        switch self {
        case .masquerade, .snat, .netmap: true
        case .firstOf(let rules): rules.contains { $0.effect.translatesSource }
        default: false
        }
    }
}

extension FilterEffect {
    /// What a target of iptables does, whatever its options say; `nil` for one that needs them, for
    /// a chain, and for a target nobody knows. See iptables-extensions(8).
    public init?(target: String) {
        switch target {
        case "": self = .nothing
        case "ACCEPT": self = .accept
        case "DROP", "REJECT", "TARPIT", "DELUDE", "CHAOS": self = .drop
        case "RETURN": self = .return
        case "MASQUERADE": self = .masquerade
        case "DNAT", "REDIRECT", "TPROXY": self = .dnat([])
        case "NOTRACK": self = .untrack
        case "QUEUE", "NFQUEUE", "SYNPROXY", "STEAL", "MIRROR": self = .unknown(target)
        case "HMARK": self = .mark(.unknown)
        case "TCPMSS": self = .clamp
        case _ where Self.passing.contains(target): self = .nothing
        default: return nil
        }
    }

    /// Targets after which the packet goes on in the same chain.
    static let passing: Set<String> = [
        "ACCOUNT", "AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNMARK", "CONNSECMARK", "CT",
        "DSCP", "ECN", "HL", "HMARK", "IDLETIMER", "LED", "LOG", "MARK", "NFLOG",
        "RATEEST", "SECMARK", "SET", "TCPMSS", "TCPOPTSTRIP", "TEE", "TOS", "TRACE", "TTL", "ULOG",
    ]
}

/// A rule of a packet filter as natdeck understands it: what it looks at, and what it does.
public struct FilterRule: Hashable, Codable, Sendable {
    /// All of these must hold; none matches every packet.
    public var matches: [FilterMatch]
    /// What happens then.
    public var effect: FilterEffect

    /// A rule that does this with what matches.
    public init(_ matches: [FilterMatch] = [], _ effect: FilterEffect) {
        self.matches = matches
        self.effect = effect
    }

    /// The network of sources it selects: everything where it does not look at the source, `nil`
    /// where it selects no plain network.
    public var sourcePrefix: IPv4Prefix? {
        for case .source(let selector) in matches { return selector.prefix }
        return .all
    }

    /// The network of destinations it selects: everything where it does not look at the
    /// destination, `nil` where it selects no plain network.
    public var destinationPrefix: IPv4Prefix? {
        for case .destination(let selector) in matches { return selector.prefix }
        return .all
    }
}
