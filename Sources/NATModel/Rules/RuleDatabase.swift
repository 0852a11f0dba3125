/// The routing policy database: tells which way packets leave, as the kernel would.
///
/// It walks the rules as fib_rules_lookup does, on what was read of them alone. Made once, it answers
/// for ten thousand sources: rules are looked up by source and not looked through.
///
/// Source: net/core/fib_rules.c, and fib4_rule_suppress in net/ipv4/fib_rules.c. A port, a
/// protocol, a type of service or a mark of others is not known here: a rule that looks at one may
/// decide. So may a rule for a part of the outside. What natdeck itself marks is known.
public struct RuleDatabase: Sendable {
    /// The rules, in the order of evaluation.
    public let rules: [RoutingPolicyRule]
    /// What stands for the destination: one address, or one of each large part of the outside.
    private let destinations: [Destination]
    private let tables: [FIBTable]
    private let tablesOfL3Devices: [String: Int]
    /// What marks packets by their source before they are routed.
    private let gate: Gate?
    /// Places of the rules that select a network.
    private let bySource: RulePlaces
    /// Places of the rules that select no network, or all but one.
    private var others: [Int] = []
    /// The first rule of each priority, which a goto leads to.
    private var firstPlace: [Int: Int] = [:]
    /// The group of each interface that is not in group 0.
    private let groups: [String: Int]
    /// Whether a rule for no source may lead answers elsewhere than table main does.
    let mayMisleadAnswers: Bool

    /// The database of these rules.
    ///
    /// - Parameters:
    ///   - interfaces: the interfaces, of which those in a VRF matter.
    ///   - gate: what marks packets by their source before they are routed.
    public init(
        rules: [RoutingPolicyRule], tables: [FIBTable], interfaces: [Interface] = [],
        gate: Gate? = nil
    ) {
        self.gate = gate
        self.rules = rules
        self.tables = tables
        tablesOfL3Devices = Dictionary(
            interfaces.compactMap { interface in interface.vrfTable.map { (interface.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        groups = Dictionary(
            interfaces.compactMap { interface in interface.group.map { (interface.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        mayMisleadAnswers = rules.contains { rule in
            !rule.isOwned && !rule.isKernels
                && (rule.selectors.isInverted || rule.source.map { $0.length < 8 } ?? true)
                && rule.action != .lookup(table: FIBTable.main)
        }
        destinations = Self.partsOfOutside(tables, rules).map { Destination($0, tables) }
        bySource = RulePlaces(rules) { !$0.isInverted }
        var priority: Int?
        for place in rules.indices {
            if rules[place].source == nil || rules[place].isInverted {
                others.append(place)
            }
            guard rules[place].priority != priority else { continue }
            priority = rules[place].priority
            if let priority, firstPlace[priority] == nil { firstPlace[priority] = place }
        }
    }

    /// The address that stands for the outside, of which no route and no rule of this box knows more.
    public var outside: IPv4Address { destinations.first?.address ?? .outside }

    /// Where what `source` sends to the outside goes.
    ///
    /// A rule for some hosts of a network says nothing about the network.
    ///
    /// - Parameters:
    ///   - input: the interface it comes in by, `lo` for the box's own; `nil` where that is not known.
    ///   - mark: the mark it has when it is routed, and which bits of it are known; `nil` for what
    ///   natdeck itself gives it, and nothing else.
    public func decision(
        for source: IPv4Prefix, input: String? = nil, mark: PacketMark? = nil
    ) -> EgressDecision {
        let places = places(for: source)
        let decisions = destinations.map { destination in
            var packet = packet(source, to: destination, isToOutside: true, input)
            if let mark, !packet.isOfBox { packet.mark = mark }
            return decision(for: packet, places, destination.routes)
        }
        return Self.joined(decisions)
    }

    /// Where what `source` sends to one address goes.
    public func decision(
        for source: IPv4Prefix, to address: IPv4Address, input: String? = nil
    ) -> EgressDecision {
        let destination = Destination(address, tables)
        return decision(
            for: packet(source, to: destination, isToOutside: false, input), places(for: source),
            destination.routes)
    }

    private func packet(
        _ source: IPv4Prefix, to destination: Destination, isToOutside: Bool, _ input: String?
    ) -> RoutedPacket {
        RoutedPacket(
            source: source, destination: destination.address, isToOutside: isToOutside,
            input: input,
            // What the box itself sends is routed before anything marks it.
            mark: input == "lo" ? nil : gate?.mark(of: source),
            tablesOfL3Devices: tablesOfL3Devices)
    }

    /// Whether a rule would lead what it matches the same way as a decision.
    private func leads(
        _ rule: RoutingPolicyRule, to end: EgressDecision.End, _ routes: [Int: Routes],
        _ packet: RoutedPacket
    ) -> Bool {
        guard case .decides(let decision) = effect(of: rule, routes, packet) else { return false }
        return decision.end == end
    }

    private func decision(
        for packet: RoutedPacket, _ places: [Int], _ routes: [Int: Routes]
    ) -> EgressDecision {
        var mayDecide: [RoutingPolicyRule] = []
        var decided = EgressDecision(.nowhere)
        var from = 0
        var jump: RoutingPolicyRule?
        search: for place in places where place >= from {
            let rule = rules[place]
            let match = rule.match(packet)
            guard match != .never else { continue }
            if case .goto(let priority) = rule.action {
                // A goto whose target is missing does nothing.
                guard let target = firstPlace[priority], target > place else { continue }
                if match == .always {
                    (from, jump) = (target, rule)
                } else {
                    mayDecide.append(rule)
                }
                continue
            }
            switch effect(of: rule, routes, packet) {
            case .none: continue
            case .decides(let decision) where match == .always:
                decided = decision
                decided.rule = rule
                decided.place = place
                break search
            case .decides, .unknown: mayDecide.append(rule)
            }
        }
        decided.jump = jump
        // One that would send them the same way is no matter. What natdeck marks is a connection
        // that began by another egress, and stays there.
        decided.doubts = mayDecide.filter {
            !$0.isOwned && !leads($0, to: decided.end, routes, packet)
        }
        return decided
    }

    /// One decision for all parts of the outside.
    private static func joined(_ decisions: [EgressDecision]) -> EgressDecision {
        guard var first = decisions.first else { return EgressDecision(.unknown) }
        if decisions.dropFirst().contains(where: { $0.end != first.end }) {
            // One interface for one part and none for another is not the same way for all.
            first.end = .splits(over: decisions.flatMap(\.interfaces).uniqued())
        }
        first.doubts = decisions.flatMap(\.doubts).uniqued()
        return first
    }

    /// The places of the rules that can match a source, in the order of evaluation.
    private func places(for source: IPv4Prefix) -> [Int] {
        (others + bySource.places(holding: source)).sorted()
    }

    /// What a rule does to a packet that it matches.
    private enum Effect {
        /// Evaluation goes on.
        case none
        case decides(EgressDecision)
        /// Only the kernel can tell.
        case unknown
    }

    private func effect(
        of rule: RoutingPolicyRule, _ routes: [Int: Routes], _ packet: RoutedPacket
    ) -> Effect {
        switch rule.action {
        case .goto, .other("nop"): return .none
        case .other(let action):
            return Route.refusals.contains(action) ? .decides(EgressDecision(.nowhere)) : .unknown
        case .lookupOfL3Device:
            guard let input = packet.input else { return .unknown }
            guard let table = tablesOfL3Devices[input] else { return .none }
            return lookup(table, rule, routes)
        case .lookup(let table): return lookup(table, rule, routes)
        }
    }

    private func lookup(
        _ table: Int, _ rule: RoutingPolicyRule, _ routes: [Int: Routes]
    ) -> Effect {
        guard let found = routes[table] else { return .none }
        let others = found.ofService.filter { !isSuppressed($0, by: rule) }
        guard let route = found.usual, route.type != "throw", !isSuppressed(route, by: rule) else {
            return others.isEmpty ? .none : .unknown
        }
        var decision = EgressDecision(route.end, route: route, table: table)
        // What is of that type of service goes another way.
        if others.contains(where: { $0.end != route.end }) {
            decision.end = .splits(over: ([route] + others).flatMap(\.interfaces).uniqued())
        }
        return .decides(decision)
    }

    /// Whether a rule passes over a route that its table has. Only a way that was found is suppressed;
    /// a refusal in the table stands.
    ///
    /// Source: fib4_rule_suppress in net/ipv4/fib_rules.c, which looks at the first hop alone.
    private func isSuppressed(_ route: Route, by rule: RoutingPolicyRule) -> Bool {
        if route.refuses { return false }
        if let bound = rule.suppressPrefixLength, route.destination.length <= bound { return true }
        guard let group = rule.selectors.suppressGroup, let first = route.interfaces.first else {
            return false
        }
        return groups[first] ?? 0 == group
    }
}

extension Route {
    static let refusals: Set<String> = ["unreachable", "blackhole", "prohibit"]

    /// Whether it sends packets out of an interface.
    public var forwards: Bool { type == "unicast" }
    /// Whether it refuses packets.
    public var refuses: Bool { Self.refusals.contains(type) }

    /// The interfaces it leads to, each once; none where it leads nowhere.
    public var interfaces: [String] {
        hops.isEmpty ? [interface].compactMap(\.self) : hops.map(\.interface).uniqued()
    }

    /// Where a packet that takes it ends up.
    var end: EgressDecision.End {
        guard forwards, let first = interfaces.first else { return .nowhere }
        return interfaces.count == 1 ? .leaves(by: first) : .splits(over: interfaces)
    }
}

extension Sequence where Element: Hashable {
    /// Every element once, in the order in which it came first.
    @inlinable public func uniqued() -> [Element] {
        var seen = Set<Element>(minimumCapacity: underestimatedCount)
        return filter { seen.insert($0).inserted }
    }
}
