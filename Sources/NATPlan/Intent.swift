public import NATModel

/// What the operator wants of the box.
public enum Intent: Hashable, Codable, Sendable {
    /// These sources leave so.
    case assign([IPv4Prefix], egress: Egress, options: AssignOptions)
    /// These sources go back to where the box's other rules send them.
    ///
    /// `cuts` tells whether their connections end; `nil`, as an earlier natdeck wrote, that they
    /// stay on the egress they began with.
    case release([IPv4Prefix], cuts: Bool? = nil)
    /// Every source leaves by its own interface, or is released; several interfaces at once.
    case arrange([Arrangement], options: AssignOptions)
    /// The one-time preparation: kernel parameters, MASQUERADE and a table for every egress.
    case setup(SetupOptions)
    /// One fault that the doctor found is mended, and nothing else is touched.
    case mend(Mend)
    /// Steps that were taken are taken back, where nothing shorter says what was before.
    case undo(Undoing)
    /// Connections are ended; nothing else changes, and nothing brings them back.
    case cut(Cut)
    /// Everything natdeck put into the kernel and `/etc` goes away.
    case removeAll
}

/// A source and where it is to leave.
public struct Arrangement: Hashable, Codable, Sendable {
    /// The source.
    public var source: IPv4Prefix
    /// Where it is to leave; `nil` where it is released.
    public var egress: Egress?
    /// The name that stands for it, under which it is kept; `nil` where that is its address.
    public var name: SourceName?

    /// A source that is to leave so.
    public init(_ source: IPv4Prefix, egress: Egress?, name: SourceName? = nil) {
        self.source = source
        self.egress = egress
        self.name = name
    }

    /// Reads what was written: `172.31.26.176 eth1/172.31.8.209`, or the source alone where it is released; a name
    /// comes last, after a tabulator.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let halves = text.split(separator: "\t", maxSplits: 1)
        let parts = (halves.first ?? "").split(separator: " ", maxSplits: 1)
        let egress = parts.count > 1 ? Egress(String(parts[1])) : nil
        guard let first = parts.first, let source = IPv4Prefix(first),
            (egress == nil) == (parts.count < 2)
        else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no arrangement: \(text)"))
        }
        self.init(
            source, egress: egress,
            name: halves.count > 1 ? SourceName(String(halves[1])) : nil)
    }

    /// Writes one short text: a file of assignments has ten thousand of them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            "\(source)\(egress.map { " \($0)" } ?? "")\(name.map { "\t\($0)" } ?? "")")
    }
}

extension Intent {
    /// The sources it is about and where each is to leave, each source once, in order; `nil` for
    /// what is about the whole box.
    public var arrangements: [Arrangement]? {
        switch self {
        case .assign(let sources, let egress, _):
            sources.uniqued().map { Arrangement($0, egress: egress) }
        case .release(let sources, _): sources.uniqued().map { Arrangement($0, egress: nil) }
        case .arrange(let arrangements, _): arrangements.uniqued()
        case .undo(let undoing): undoing.ways
        case .setup, .mend, .cut, .removeAll: nil
        }
    }
}

extension Intent {
    /// What the file of assignments is to say of each source it is about, once it is kept; `nil` for
    /// what is about the whole box.
    public var keptArrangements: [Arrangement]? {
        if case .undo(let undoing) = self { return undoing.kept ?? undoing.ways }
        return arrangements
    }
}

/// How an assignment is made.
public struct AssignOptions: Hashable, Codable, Sendable {
    /// Whether to point the rule at a table that exists for the interface, not at one of our own.
    public var adoptsTables: Bool
    /// The gateway of the interface where neither a route nor the cloud tells it.
    public var gateway: IPv4Address?
    /// Gateways that interfaces had before, for one whose gateway nothing else tells any more.
    public var lastGateways: [String: IPv4Address]
    /// What becomes of somebody else's rule for the same source.
    public var foreignRules: ForeignRules
    /// Whether what no source needs any more goes, too.
    public var cleansUp: Bool
    /// Whether sources whose interface is absent, down or without a gateway are blocked until it can
    /// be used; else the plan is refused.
    public var closesUnusable: Bool
    /// All that the gate is to keep, whatever the plan is about: what waits is closed too. One
    /// without an egress is free, also where a wider one is kept. `nil` for a person's plan, which
    /// opens the gate for its sources.
    public var gated: [Arrangement]?
    /// Whether the connections of what moves end; else they stay on the egress they began with.
    public var cuts: Bool {
        get { isCutting ?? false }
        set { isCutting = newValue ? true : nil }
    }
    /// Absent from what an earlier natdeck wrote down.
    private var isCutting: Bool?
    /// Whether only that is done which keeps the sources from any other interface: the gate, tables
    /// that refuse, and rules. It needs no gateway, no NAT and no forwarding.
    public var closesOnly: Bool

    /// What becomes of somebody else's rule for a source.
    public enum ForeignRules: String, Codable, Sendable {
        /// It goes once ours stands.
        case takenOver
        /// It stays where it leads to the wanted interface, and goes where it does not.
        case accepted
        /// It stays, and is warned of where it comes first.
        case leftAlone
    }

    /// An own table, and a gateway that the box knows, unless said otherwise.
    public init(
        adoptsTables: Bool = false, gateway: IPv4Address? = nil,
        lastGateways: [String: IPv4Address] = [:], foreignRules: ForeignRules = .takenOver,
        cleansUp: Bool = true, closesUnusable: Bool = false, closesOnly: Bool = false,
        cuts: Bool = false
    ) {
        self.adoptsTables = adoptsTables
        self.gateway = gateway
        self.lastGateways = lastGateways
        self.foreignRules = foreignRules
        self.cleansUp = cleansUp
        self.closesUnusable = closesUnusable
        self.closesOnly = closesOnly
        self.cuts = cuts
    }
}

/// How the box is prepared.
public struct SetupOptions: Hashable, Codable, Sendable {
    /// The networks to masquerade; empty where the cloud is to tell the VPC's.
    public var sources: [IPv4Prefix]
    /// The interfaces to prepare; empty for every egress there is.
    public var interfaces: [String]
    /// Gateways that interfaces had before, for one whose gateway nothing else tells any more.
    public var lastGateways: [String: IPv4Address]
    /// The bits of marks that natdeck may use; `nil` for ones that nobody else uses.
    public var markMask: UInt32?
    /// How sources are steered from now on; `nil` for as they are.
    public var steering: SteeringMethod?

    /// The networks the cloud tells and every egress, unless others are given.
    public init(
        sources: [IPv4Prefix] = [], interfaces: [String] = [],
        lastGateways: [String: IPv4Address] = [:], markMask: UInt32? = nil,
        steering: SteeringMethod? = nil
    ) {
        self.steering = steering
        self.sources = sources
        self.interfaces = interfaces
        self.lastGateways = lastGateways
        self.markMask = markMask
    }
}
