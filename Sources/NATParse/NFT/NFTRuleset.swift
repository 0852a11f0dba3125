public import NATModel

/// Which chains of nftables are wanted.
public enum NFTPart: Hashable, Sendable {
    /// Chains of type nat; without those that iptables shows, where it does.
    case nat(withIPTables: Bool)
    /// Chains that forwarded packets pass; those of iptables under the name of its program, `nil`
    /// where it has none.
    case forward(iptables: String?)

    /// Whether chains that translate are wanted.
    public var isNAT: Bool { if case .nat = self { true } else { false } }

    /// Where packets that are forwarded pass chains of a family: those that a bridge hands up, or is
    /// given, go by its FORWARD chains nowhere.
    private static func hooks(of family: NFTFamily) -> [String] {
        switch family {
        case .inet, .ip: ["ingress", "prerouting", "forward", "postrouting"]
        case .netdev: ["ingress", "egress"]
        case .bridge: ["prerouting", "input", "output", "postrouting"]
        }
    }

    /// Whether a base chain is one of them.
    func wants(_ chain: NFTChainsReply.Chain) -> Bool {
        guard let base = chain.chain.base else { return false }
        switch self {
        case .nat(let withIPTables):
            return base.type == "nat" && (withIPTables || !chain.isOfIPTablesNAT)
        // natdeck's own gate lets through what a plan allows: it is changed with the plan.
        case .forward:
            return base.type == "filter"
                && Self.hooks(of: chain.table.family).contains(base.hook)
                && chain.table != NFTTableName(.ip, Gate.table)
        }
    }
}

extension NFTChainsReply.Chain {
    /// Whether `iptables -t nat` keeps its rules in it.
    var isOfIPTablesNAT: Bool {
        table == NFTTableName(.ip, "nat")
            && ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"].contains(chain.name)
    }

    /// Whether it is a chain that iptables makes in a table that forwarded packets pass.
    var isOfIPTablesFilter: Bool {
        ["PREROUTING", "FORWARD", "POSTROUTING"].contains(chain.name) && table.family == .ip
            && ["raw", "filter", "mangle", "security"].contains(table.name)
    }
}

/// Gathers what is wanted of nftables, question by question.
///
/// The base chains first, then each chain that they lead to, and the sets those look at.
public struct NFTRuleset: Sendable {
    private let part: NFTPart
    private let tables: [NFTTablesReply.Table]
    private let chains: [NFTTableName: [NFTChainsReply.Chain]]
    private var rules: [NFTTableName: [String: NFTRulesReply]] = [:]
    private var sets: [NFTTableName: [String: NFTSet]] = [:]
    private var asked: Set<Question> = []
    private var waiting: [Question] = []
    private static let gate = NFTTableName(.ip, Gate.table)

    /// What is to be asked next.
    public enum Question: Hashable, Sendable {
        /// The rules of a chain.
        case rules(NFTTableName, chain: String)
        /// The sets of a table.
        case sets(NFTTableName)
        /// The elements of a set.
        case elements(NFTTableName, set: String)
    }

    /// What these tables hold of the part that is wanted.
    public init(_ part: NFTPart, tables: NFTTablesReply, chains: NFTChainsReply) {
        self.part = part
        self.tables = tables.tables
        self.chains = Dictionary(grouping: chains.chains, by: \.table)
        // Of the gate natdeck knows what it does; its ten thousand elements are nothing to walk.
        for chain in chains.chains where part.wants(chain) && chain.table != Self.gate {
            ask(.rules(chain.table, chain: chain.chain.name))
        }
    }

    /// What is to be asked next; `nil` where all is known.
    public mutating func next() -> Question? { waiting.isEmpty ? nil : waiting.removeFirst() }

    private mutating func ask(_ question: Question) {
        if asked.insert(question).inserted { waiting.append(question) }
    }

    /// Takes the rules of a chain.
    public mutating func take(_ reply: NFTRulesReply, of chain: String, in table: NFTTableName) {
        rules[table, default: [:]][chain] = reply
        for target in reply.targets(of: chain) { ask(.rules(table, chain: target)) }
        let names = reply.setNames
        guard !names.isEmpty else { return }
        ask(.sets(table))
        for name in names { askElements(name, table) }
    }

    /// Takes the sets of a table.
    public mutating func take(_ reply: NFTSetsReply, in table: NFTTableName) {
        sets[table] = Dictionary(
            reply.sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private mutating func askElements(_ name: String, _ table: NFTTableName) {
        ask(.elements(table, set: name))
    }

    /// Takes the elements of a set.
    public mutating func take(_ reply: NFTElementsReply, of set: String, in table: NFTTableName) {
        guard var known = sets[table]?[set] else { return }
        known.take(reply.elements)
        sets[table]?[set] = known
        for case .verdict(let verdict) in known.elements.map(\.value) where !verdict.chain.isEmpty {
            ask(.rules(table, chain: verdict.chain))
        }
    }

    /// The tables with the wanted chains and all they lead to, in the kernel's order.
    ///
    /// - Parameter interfaces: the names of interfaces by their numbers.
    public func tables(naming interfaces: [Int: String]) -> [NATRuleSet] {
        let names = NFTNames(interfaces: interfaces)
        return tables.compactMap { table in
            let read = rules[table.name] ?? [:]
            let known = chains[table.name] ?? []
            let shown = known.filter { read[$0.chain.name] != nil }
            guard !shown.isEmpty else { return nil }
            return NATRuleSet(
                backend: .nfTables, program: program(shown), family: table.name.family.name,
                table: table.name.name, handle: table.handle, isDormant: table.isDormant,
                chains: shown.map { chain in
                    var filled = chain.chain
                    // A base chain that is not wanted is only led to by nobody.
                    if filled.base != nil, !part.wants(chain) { filled.base = nil }
                    filled.rules = rows(read[filled.name], table.name, names)
                    return filled
                })
        }
    }

    private func program(_ chains: [NFTChainsReply.Chain]) -> String {
        if case .forward(let iptables?) = part, chains.contains(where: \.isOfIPTablesFilter) {
            return iptables
        }
        return NATRuleSet.nft
    }

    private func rows(
        _ reply: NFTRulesReply?, _ table: NFTTableName, _ names: NFTNames
    ) -> [NATRule] {
        let rows = (reply?.rules ?? []).map { rule in
            var reader = NFTRuleReader(names: names, sets: sets[table] ?? [:])
            return reader.read(rule.expressions, comment: rule.comment)
        }
        let isOurs = table == NFTTableName(.ip, Ownership.nftTable)
        return isOurs ? rows.flatMap(Self.singly) : rows
    }

    /// Of our own rule for a set of sources and interfaces, a row for each of them.
    private static func singly(_ rule: NATRule) -> [NATRule] {
        guard rule.isMasquerade, rule.filter.matches.count == 1,
            case .anyOf(let groups, isNegated: false)? = rule.filter.matches.first
        else { return [rule] }
        return groups.map { group in
            let row = FilterRule(group, .masquerade)
            var columns = NFTColumns()
            columns.target = "masquerade"
            var words: [String] = []
            for case .source(let selector) in group {
                columns.source = selector.prefix?.description ?? ""
                words.append("ip saddr \(columns.source)")
            }
            for case .output(let selector) in group {
                columns.output = selector.patterns.first?.name ?? ""
                words.append("oifname \"\(columns.output)\"")
            }
            words += ["masquerade", "comment \"\(Ownership.comment)\""]
            return NATRule(
                nft: words.joined(separator: " "), meaning: row, columns: columns, counter: nil)
        }
    }
}
