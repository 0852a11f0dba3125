/// The chains of the tables that a packet passes at one place, by the sources their rules select:
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
        /// Places of the rules that select a network, by its length.
        private var bySource: [Int: [IPv4Prefix: [Int]]] = [:]
        /// The same places in the order of their networks, whose first addresses are the upper half.
        private var inOrder: [UInt64] = []
        /// Places of the rules whose source is no plain network.
        private var others: [Int] = []

        init(_ chain: NATChain) {
            rules = chain.rules
            for (place, rule) in chain.rules.enumerated() {
                if let prefix = rule.filter.sourcePrefix, prefix.length > 0 {
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
                .filter { (rules[$0].filter.sourcePrefix?.length ?? 0) > source.length }
        }
    }

    /// The chains of these tables that packets pass at this place.
    public init(_ sets: [NATRuleSet], at hook: Hook) {
        var bases: [Base] = []
        tables = sets.enumerated().map { place, set in
            var chains: [String: Chain] = [:]
            for chain in set.chains where chains[chain.name] == nil {
                chains[chain.name] = Chain(chain)
                guard !set.isDormant, let policy = chain.policy,
                    (chain.base?.hook ?? chain.name.lowercased()) == hook.rawValue
                else { continue }
                bases.append(
                    Base(
                        chain: FilterBase(
                            program: set.program, family: set.family, table: set.table,
                            chain: chain.name, policy: policy.uppercased()),
                        priority: chain.base?.priority ?? hook.iptablesPriority,
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
        FilterWalk(packet: packet, base: base.chain, chains: tables[base.table])
    }
}

extension FilterIndex.Hook {
    /// Where iptables' own chain stands there: NF_IP_PRI_NAT_DST, NF_IP_PRI_FILTER and
    /// NF_IP_PRI_NAT_SRC in linux/netfilter_ipv4.h.
    fileprivate var iptablesPriority: Int {
        switch self {
        case .prerouting: -100
        case .forward: 0
        case .postrouting: 100
        }
    }
}
