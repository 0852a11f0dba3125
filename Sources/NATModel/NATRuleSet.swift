/// Which of the kernel's two packet filters holds a rule set; both can be live at once.
public enum NATBackend: String, Hashable, Codable, Sendable, CaseIterable {
    /// nf_tables, which `iptables-nft` writes.
    case nfTables = "nf_tables"
    /// The older x_tables, which `iptables-legacy` writes.
    case legacy
}

/// A table of a packet filter: what iptables keeps in one, or a table of nftables.
///
/// Source: `iptables -t nat -nvxL`, or the kernel's own answer for nftables. See iptables(8),
/// nft(8).
public struct NATRuleSet: Hashable, Codable, Sendable {
    /// The backend that holds it.
    public var backend: NATBackend
    /// The program that shows and changes it: `iptables-nft`, `iptables-legacy`, `iptables` or
    /// `nft`.
    public var program: String
    /// The family of the table: `ip`, or `inet` of nftables.
    public var family: String
    /// The name of the table.
    public var table: String
    /// What the kernel counts tables by, the newer the larger; `nil` where it does not tell.
    public var handle: UInt64?
    /// Whether its base chains are off, as `flags dormant` has them.
    public var isDormant: Bool
    /// Its chains in the order they are printed.
    public var chains: [NATChain]

    /// A table of this backend.
    public init(
        backend: NATBackend, program: String, family: String = "ip", table: String = "nat",
        handle: UInt64? = nil, isDormant: Bool = false, chains: [NATChain]
    ) {
        self.backend = backend
        self.program = program
        self.family = family
        self.table = table
        self.handle = handle
        self.isDormant = isDormant
        self.chains = chains
    }

    /// The program that shows what iptables does not.
    public static let nft = "nft"

    /// The program that shows what IPsec does to packets.
    public static let ipsec = "ip xfrm"

    /// Whether iptables shows and changes it.
    public var isOfIPTables: Bool { Self.isOfIPTables(program) }

    /// The program that shows the filters of an interface's queues.
    public static let traffic = "tc"

    static func isOfIPTables(_ program: String) -> Bool {
        ![nft, ipsec, traffic].contains(program)
    }

    /// What tells it from the others of a box: `nf_tables` and `legacy` for those of iptables,
    /// `nft ip mynat` for a table of nftables.
    public var label: String {
        isOfIPTables ? backend.rawValue : "nft \(family) \(table)"
    }

    /// The command that shows it, or one chain of it.
    public func listing(chain: String? = nil) -> [String] {
        let name = chain.map { [$0] } ?? []
        if isOfIPTables { return [program, "-t", table, "-nvL"] + name }
        if program == Self.ipsec { return ["ip", "xfrm", "policy"] }
        if program == Self.traffic { return ["tc", "filter", "show", "dev", table] + name }
        return [Self.nft, "list", chain == nil ? "table" : "chain", family, table] + name
    }

    /// Whether any chain holds a rule.
    public var hasRules: Bool { chains.contains { !$0.rules.isEmpty } }

    /// The chain of that name; `nil` where there is none.
    public func chain(_ name: String) -> NATChain? { chains.first { $0.name == name } }
}

/// One chain of a packet filter's table.
public struct NATChain: Hashable, Codable, Sendable {
    /// Its name, such as `POSTROUTING`.
    public var name: String
    /// What happens at its end (`ACCEPT`, `DROP`); `nil` for a chain made by a user.
    public var policy: String?
    /// Packets that reached the policy; `nil` for a chain made by a user.
    public var packets: UInt64?
    /// Bytes that reached the policy; `nil` for a chain made by a user.
    public var bytes: UInt64?
    /// How many rules jump to it; `nil` for a built-in chain.
    public var references: Int?
    /// Where packets pass it; `nil` for a chain that is only jumped to, and for those of iptables,
    /// whose names say it.
    public var base: Base?
    /// Its rules in the order of evaluation.
    public var rules: [NATRule]

    /// Where packets pass a base chain of nftables. See nft(8).
    public struct Base: Hashable, Codable, Sendable {
        /// Its type: `nat`, `filter`, `route`.
        public var type: String
        /// The place, such as `postrouting`.
        public var hook: String
        /// Its place among the chains there, the lowest first; `srcnat` is 100.
        public var priority: Int
        /// What the kernel counts the chains of a table by, the newer the larger.
        public var handle: UInt64
        /// The interfaces whose packets pass it; `nil` for all.
        public var devices: [InterfaceSelector.Pattern]?

        /// A chain at this place.
        public init(
            type: String, hook: String, priority: Int, handle: UInt64,
            devices: [InterfaceSelector.Pattern]? = nil
        ) {
            self.type = type
            self.hook = hook
            self.priority = priority
            self.handle = handle
            self.devices = devices
        }
    }

    /// A chain with these rules.
    public init(
        name: String, policy: String? = nil, packets: UInt64? = nil, bytes: UInt64? = nil,
        references: Int? = nil, base: Base? = nil, rules: [NATRule] = []
    ) {
        self.name = name
        self.policy = policy
        self.packets = packets
        self.bytes = bytes
        self.references = references
        self.base = base
        self.rules = rules
    }
}
