/// The chains of the tables that a packet passes at one place, by the hosts their rules select:
/// so that the answer for one source looks at the few rules that can match it, and not at ten
/// thousand.
public struct FilterIndex: Sendable {
    /// A place where the kernel has packets pass base chains.
    public enum Hook: String, Sendable {
        /// Packets that come in; where their destination is translated.
        case prerouting
        /// Packets for another than the box; where they are let through or not.
        case forward
        /// Packets that leave the box; where their source is translated.
        case postrouting
    }

    /// The base chains at this place in the order the kernel passes them; those whose order it does
    /// not tell stand together.
    let groups: [[Base]]
    private let tables: [[String: Chain]]
    private let hook: Hook
    private let direction: ForwardedPacket.Direction

    /// A base chain, and the table whose chains it may jump to.
    struct Base: Sendable {
        let chain: FilterBase
        let priority: Int
        /// What the kernel counts the chains of the table by; `nil` where it does not tell.
        let handle: UInt64?
        let table: Int
    }

    struct Chain: Sendable {
        let rules: [NATRule]
        private let direction: ForwardedPacket.Direction
        /// Places of the rules that select a network, by its length.
        private var bySource: [Int: [IPv4Prefix: [Int]]] = [:]
        /// The same places in the order of their networks, whose first addresses are the upper half.
        private var inOrder: [UInt64] = []
        /// Places of the rules whose source is no plain network.
        private var others: [Int] = []

        init(_ chain: NATChain, for direction: ForwardedPacket.Direction) {
            rules = chain.rules
            self.direction = direction
            for (place, rule) in chain.rules.enumerated() {
                if direction == .answer, rule.filter.isFromInside { continue }
                if let prefix = rule.filter.prefix(of: direction), prefix.length > 0 {
                    bySource[prefix.length, default: [:]][prefix, default: []].append(place)
                    inOrder.append(UInt64(prefix.network.rawValue) << 32 | UInt64(place))
                } else {
                    others.append(place)
                }
            }
            inOrder.sort()
        }

        /// The places of the rules that may match a packet of a source, in order.
        func candidates(for source: IPv4Prefix) -> [Int] {
            guard !inOrder.isEmpty else { return others }
            var places = others
            for (length, rules) in bySource where length <= source.length {
                places += rules[IPv4Prefix(source.network, length: length)] ?? []
            }
            if source.length < 32 { places += narrower(than: source) }
            return places.sorted()
        }

        /// Rules for a part of the source.
        private func narrower(than source: IPv4Prefix) -> [Int] {
            let first = UInt64(source.network.rawValue) << 32
            var low = 0
            var high = inOrder.count
            while low < high {
                let middle = (low + high) / 2
                if inOrder[middle] < first { low = middle + 1 } else { high = middle }
            }
            return inOrder[low...].prefix { $0 >> 32 <= source.last.rawValue }
                .map { Int($0 & 0xffff_ffff) }
                .filter {
                    (rules[$0].filter.prefix(of: direction)?.length ?? 0) > source.length
                }
        }
    }

    /// The chains of these tables that packets of a direction pass at this place.
    public init(
        _ sets: [NATRuleSet], at hook: Hook, for direction: ForwardedPacket.Direction = .out
    ) {
        self.hook = hook
        self.direction = direction
        var bases: [Base] = []
        tables = sets.enumerated().map { place, set in
            var chains: [String: Chain] = [:]
            for chain in set.chains where chains[chain.name] == nil {
                chains[chain.name] = Chain(chain, for: direction)
                guard !set.isDormant, let policy = chain.policy,
                    (chain.base?.hook ?? chain.name.lowercased()) == hook.rawValue
                else { continue }
                bases.append(
                    Base(
                        chain: FilterBase(
                            program: set.program, family: set.family, table: set.table,
                            chain: chain.name, policy: policy.uppercased(), hook: hook),
                        priority: chain.base?.priority ?? hook.priority(ofTable: set.table),
                        handle: chain.base?.handle, table: place))
            }
            return chains
        }
        groups = Dictionary(grouping: bases, by: \.priority).sorted { $0.key < $1.key }
            .flatMap { Self.inOrder($0.value) }
    }

    /// The base chains of one priority: one after the other where their order is known, else all
    /// together.
    ///
    /// The kernel asks the newer first. Which of one table is newer it tells; of two tables it does
    /// not, for the older one may have got its chain later.
    private static func inOrder(_ bases: [Base]) -> [[Base]] {
        let isOfOneTable = Set(bases.map(\.table)).count == 1
        guard isOfOneTable, bases.allSatisfy({ $0.handle != nil }) else { return [bases] }
        return bases.sorted { ($0.handle ?? 0) > ($1.handle ?? 0) }.map { [$0] }
    }

    /// All that may become of this packet in a base chain.
    func walk(_ packet: ForwardedPacket, in base: Base) -> FilterWalk {
        var packet = packet
        packet.direction = direction
        packet.stage = hook.stage(base.priority, direction)
        return FilterWalk(packet: packet, base: base.chain, chains: tables[base.table])
    }

    /// Whether a chain is asked where another address stands for the host.
    var looksAtOutsideAddress: Bool {
        groups.joined().contains { hook.stage($0.priority, direction).isTranslated }
    }
}

extension FilterRule {
    /// The network of hosts it selects; everything where it looks at none, `nil` where it selects
    /// no plain network.
    fileprivate func prefix(of direction: ForwardedPacket.Direction) -> IPv4Prefix? {
        direction == .out ? sourcePrefix : destinationPrefix
    }

    /// Whether it selects sources that no answer from the outside has.
    fileprivate var isFromInside: Bool {
        matches.contains { match in
            if case .source(let selector) = match { selector.matchOutside == .never } else { false }
        }
    }
}

extension FilterIndex.Hook {
    /// Where the chain of a table of iptables stands there: `NF_IP_PRI_*` in
    /// linux/netfilter_ipv4.h.
    fileprivate func priority(ofTable table: String) -> Int {
        switch (table, self) {
        case ("raw", _): -300
        case ("mangle", _): -150
        case ("security", _): 50
        case ("nat", .prerouting): -100
        case ("nat", .postrouting): 100
        default: 0
        }
    }

    /// What is so of a packet at this priority.
    fileprivate func stage(
        _ priority: Int, _ direction: ForwardedPacket.Direction
    ) -> ForwardedPacket.Stage {
        var stage = ForwardedPacket.Stage()
        switch (self, direction) {
        // NF_IP_PRI_NAT_DST gives answers the host's address back, NF_IP_PRI_NAT_SRC takes it.
        case (.prerouting, .answer): stage.isTranslated = priority <= -100
        case (.postrouting, .out): stage.isTranslated = priority > 100
        default: break
        }
        // NF_IP_PRI_CONNTRACK.
        stage.isTracked = self != .prerouting || priority > -200
        return stage
    }
}
