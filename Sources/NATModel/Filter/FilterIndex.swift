/// The chains of the tables that a packet passes at one place, by the hosts their rules select:
/// so that the answer for one source looks at the few rules that can match it, and not at ten
/// thousand.
public struct FilterIndex: Sendable {
    /// A place where the kernel has packets pass base chains.
    public enum Hook: String, Sendable, CaseIterable {
        /// What comes in by a device, before all else.
        case ingress
        /// What comes in by a port of a bridge.
        case bridgePrerouting = "bridge prerouting"
        /// What the bridge hands up to the box.
        case bridgeInput = "bridge input"
        /// Packets that come in; where their destination is translated.
        case prerouting
        /// Where IPsec says which packets may have come in unencrypted.
        case ipsecForward = "ipsec fwd"
        /// Where IPsec takes what it encrypts; asked again once the source is translated.
        case ipsecOut = "ipsec out"
        /// Packets for another than the box; where they are let through or not.
        case forward
        /// Packets that leave the box; where their source is translated.
        case postrouting
        /// What the box gives to a bridge.
        case bridgeOutput = "bridge output"
        /// What leaves by a port of a bridge.
        case bridgePostrouting = "bridge postrouting"
        /// What leaves by a device, after all else.
        case egress
    }

    /// The base chains at this place in the order the kernel passes them; those whose order it does
    /// not tell stand together.
    let groups: [[Base]]
    let hook: Hook
    private let tables: [[String: Chain]]
    private let direction: ForwardedPacket.Direction
    private let links: LinkLayers
    private let passesOverNetworks: Bool

    /// A base chain, and the table whose chains it may jump to.
    struct Base: Sendable {
        let chain: FilterBase
        let priority: Int
        /// What the kernel counts the chains of the table by; `nil` where it does not tell.
        let handle: UInt64?
        let table: Int
        /// The devices whose packets pass it; `nil` for all.
        let devices: [InterfaceSelector.Pattern]?
        /// What is so of a packet that passes it.
        let stage: ForwardedPacket.Stage
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
    ///
    /// - Parameters:
    ///   - links: which interfaces stand below others.
    ///   - passesOverNetworks: whether a rule for a network outside, or for names and time, says
    ///     nothing of the outside.
    public init(
        _ sets: [NATRuleSet], at hook: Hook, for direction: ForwardedPacket.Direction = .out,
        links: LinkLayers = LinkLayers(), passesOverNetworks: Bool = false
    ) {
        self.passesOverNetworks = passesOverNetworks
        self.hook = hook
        self.direction = direction
        self.links = links
        var bases: [Base] = []
        // To index a table that is not asked here would cost as much as one that is.
        let asked = sets.filter { set in
            !set.isDormant && set.chains.contains { hook.isPlace(of: $0, set.family) }
        }
        tables = asked.enumerated().map { place, set in
            var chains: [String: Chain] = [:]
            for chain in set.chains where chains[chain.name] == nil {
                chains[chain.name] = Chain(chain, for: direction)
                guard hook.isPlace(of: chain, set.family), let policy = chain.policy else {
                    continue
                }
                var base = FilterBase(
                    program: set.program, family: set.family, table: set.table,
                    chain: chain.name, policy: policy.uppercased(), hook: hook)
                let priority = chain.base?.priority ?? hook.priority(ofTable: set.table)
                let stage = hook.stage(
                    priority, direction, translates: chain.base?.type == "nat")
                base.hidesHost = stage.isTranslated
                bases.append(
                    Base(
                        chain: base, priority: priority, handle: chain.base?.handle, table: place,
                        devices: chain.base?.devices, stage: stage))
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
        packet.stage = base.stage
        packet.marks =
            packet.markTrace?.marks(at: MarkTrace.Place(hook, base.priority), base.chain)
            ?? .unknown
        if passesOverNetworks { packet.stage.passesOverNetworks = true }
        return FilterWalk(packet: packet, base: base.chain, chains: tables[base.table])
    }

    /// Whether such a packet passes a base chain.
    func match(_ packet: ForwardedPacket, _ base: Base) -> RuleMatch {
        var packet = packet
        packet.direction = direction
        switch hook {
        case .ingress: return links.match(packet.comesInBy, base.devices ?? [])
        case .egress: return links.match(packet.leavesBy, base.devices ?? [])
        case .bridgePrerouting, .bridgeInput: return links.isBridge(packet.comesInBy)
        case .bridgeOutput, .bridgePostrouting: return links.isBridge(packet.leavesBy)
        default: return .always
        }
    }

    /// Whether a rule of these tables that matches such a packet has TCP make its segments fit,
    /// whatever leads to it.
    func mayClamp(_ packet: ForwardedPacket) -> Bool {
        tables.contains { chains in
            chains.values.contains { chain in
                chain.rules.contains { rule in
                    rule.filter.effect.clamps && rule.filter.match(packet) != .never
                }
            }
        }
    }

    /// Whether a chain is asked where another address stands for the host.
    var looksAtOutsideAddress: Bool {
        groups.joined().contains(where: \.stage.isTranslated)
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
    /// Whether packets pass a chain of such a table here.
    fileprivate func isPlace(of chain: NATChain, _ family: String) -> Bool {
        guard chain.policy != nil else { return false }
        let name = chain.base?.hook ?? chain.name.lowercased()
        return rawValue == (family == "bridge" ? "bridge \(name)" : name)
    }

    fileprivate var isOfBridge: Bool { rawValue.hasPrefix("bridge ") }

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
    ///
    /// - Parameter translates: whether it is a chain that translates. The kernel asks all of those
    ///   where it translates, whatever their priorities: none sees what another has done.
    fileprivate func stage(
        _ priority: Int, _ direction: ForwardedPacket.Direction, translates: Bool
    ) -> ForwardedPacket.Stage {
        var stage = ForwardedPacket.Stage()
        switch (self, direction) {
        case (.prerouting, .out) where translates, (.postrouting, .out) where translates: break
        // NF_IP_PRI_NAT_DST gives answers the host's address back, NF_IP_PRI_NAT_SRC takes it.
        case (.prerouting, .answer): stage.isTranslated = priority <= -100
        case (.postrouting, .out), (.ipsecOut, .out): stage.isTranslated = priority > 100
        case (.ingress, .answer), (.bridgePrerouting, .answer), (.bridgeInput, .answer),
            (.egress, .out), (.bridgeOutput, .out), (.bridgePostrouting, .out):
            stage.isTranslated = true
        // It asks for the destination that stood in the packet as it came: nf_nat_decode_session.
        case (.ipsecForward, .answer): stage.isTranslated = true
        default: break
        }
        switch self {
        // NF_IP_PRI_CONNTRACK.
        case .prerouting: stage.isTracked = priority > -200
        case .ingress, .egress, .bridgePrerouting, .bridgeInput, .bridgeOutput, .bridgePostrouting:
            stage.isTracked = false
        case .ipsecForward, .ipsecOut, .forward, .postrouting: break
        }
        stage.isOfPorts = isOfBridge
        stage.passesOverNetworks = self == .ipsecForward || self == .ipsecOut
        return stage
    }
}
