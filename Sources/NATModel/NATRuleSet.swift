/// Which of the kernel's two packet filters holds a rule set; both can be live at once.
public enum NATBackend: String, Hashable, Codable, Sendable, CaseIterable {
    /// nf_tables, which `iptables-nft` writes.
    case nfTables = "nf_tables"
    /// The older x_tables, which `iptables-legacy` writes.
    case legacy
}

/// The nat table of one backend.
///
/// Source: `iptables -t nat -nvxL`. See iptables(8).
public struct NATRuleSet: Hashable, Codable, Sendable {
    /// The backend that holds it.
    public var backend: NATBackend
    /// The program it was read with and is changed with: `iptables-nft`, `iptables-legacy` or
    /// `iptables`.
    public var program: String
    /// Its chains in the order they are printed.
    public var chains: [NATChain]

    /// A rule set of this backend.
    public init(backend: NATBackend, program: String, chains: [NATChain]) {
        self.backend = backend
        self.program = program
        self.chains = chains
    }

    /// Whether any chain holds a rule.
    public var hasRules: Bool { chains.contains { !$0.rules.isEmpty } }

    /// The chain of that name; `nil` where there is none.
    public func chain(_ name: String) -> NATChain? { chains.first { $0.name == name } }
}

/// One chain of a nat table.
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
    /// Its rules in the order of evaluation.
    public var rules: [NATRule]

    /// A chain with these rules.
    public init(
        name: String, policy: String? = nil, packets: UInt64? = nil, bytes: UInt64? = nil,
        references: Int? = nil, rules: [NATRule] = []
    ) {
        self.name = name
        self.policy = policy
        self.packets = packets
        self.bytes = bytes
        self.references = references
        self.rules = rules
    }
}

/// One row of `iptables -t nat -nvxL`, every column as it was printed.
///
/// The counters count the first packet of each flow, so they are new connections, not traffic.
public struct NATRule: Hashable, Codable, Sendable {
    /// First packets of the flows that matched.
    public var packets: UInt64
    /// Bytes of those packets.
    public var bytes: UInt64
    /// The target or the chain jumped to; empty for a rule that only counts.
    public var target: String
    /// `all` or `0` for any, else a name or a number; `!` before it negates.
    public var proto: String
    /// The fragment column: `--`, `-f` or `!f`.
    public var options: String
    /// The interface it came in by; `*` for any, `+` at the end for a prefix, `!` before negates.
    public var input: String
    /// The interface it leaves by, written like `input`.
    public var output: String
    /// Source address or network; `!` before it negates.
    public var source: String
    /// Destination address or network; `!` before it negates.
    public var destination: String
    /// All after the destination: matches, comment and what the target does with the packet.
    public var extra: String

    /// A row with these columns.
    public init(
        packets: UInt64 = 0, bytes: UInt64 = 0, target: String, proto: String = "all",
        options: String = "--", input: String = "*", output: String = "*",
        source: String = "0.0.0.0/0", destination: String = "0.0.0.0/0", extra: String = ""
    ) {
        self.packets = packets
        self.bytes = bytes
        self.target = target
        self.proto = proto
        self.options = options
        self.input = input
        self.output = output
        self.source = source
        self.destination = destination
        self.extra = extra
    }

    /// Whether natdeck made it.
    public var isOwned: Bool { extra == Ownership.listedComment }

    /// Whether it translates the source address.
    public var translatesSource: Bool {
        target == "MASQUERADE" || target == "SNAT" || target == "NETMAP"
    }
}
