/// Which rule decides which way the packets of a source leave, and what it decides.
public struct RuleWalk: Hashable, Sendable {
    /// Place of the deciding rule in the order of evaluation; `nil` where none decides.
    public var decider: Int?
    /// What is decided.
    public var verdict: Verdict
    /// Places of rules before it that decide for some packets, such as those with a mark.
    public var mayDecideFirst: [Int]

    /// What becomes of the packets.
    public enum Verdict: Hashable, Sendable {
        /// They take this route of this table.
        case takes(Route, table: Int)
        /// They are refused by the rule itself: `unreachable`, `blackhole` or `prohibit`.
        case refused(String)
        /// No rule has a way for them: the network is unreachable.
        case nowhere
    }

    /// The interfaces they leave by; several for a multipath route, none where they are refused.
    public var interfaces: [String] {
        guard case .takes(let route, _) = verdict, route.forwards else { return [] }
        return route.hops.isEmpty
            ? [route.interface].compactMap(\.self) : route.hops.map(\.interface)
    }

    /// The table their route stands in; `nil` where they have none.
    public var table: Int? {
        if case .takes(_, let table) = verdict { table } else { nil }
    }
}

/// Walks the policy rules as the kernel does, on what was read of them alone.
///
/// Source: fib_rules_lookup in net/core/fib_rules.c and fib4_rule_suppress in net/ipv4/fib_rules.c.
/// What a rule looks at besides source, destination and input is not known here: such a rule
/// may decide, and so may one for a part of the outside, which `.outside` stands for as a whole.
public struct RuleWalker: Sendable {
    private let rules: [RoutingPolicyRule]
    private let destination: IPv4Address
    /// What each table says of the destination; absent where it says nothing.
    private let found: [Int: Route]
    /// Places of the rules that select a network, by its length: ten thousand of them are looked up
    /// and not looked through.
    private var bySource: [Int: [IPv4Prefix: [Int]]] = [:]
    /// Places of the rules that select no network, or all but one.
    private var others: [Int] = []

    /// A walker of these rules, for packets to `destination`.
    public init(
        rules: [RoutingPolicyRule], tables: [FIBTable], to destination: IPv4Address = .outside
    ) {
        self.rules = rules
        self.destination = destination
        var found: [Int: Route] = [:]
        for table in tables { found[table.id] = table.route(to: destination) }
        self.found = found
        for (place, rule) in rules.enumerated() {
            if let source = rule.source, !rule.isInverted {
                bySource[source.length, default: [:]][source, default: []].append(place)
            } else {
                others.append(place)
            }
        }
    }

    /// Which rule decides for packets of `source`.
    ///
    /// - Parameter input: the interface they come in by, `lo` for the box's own; `nil` where that
    ///   is not known.
    public func walk(_ source: IPv4Prefix, input: String? = nil) -> RuleWalk {
        var mayDecide: [Int] = []
        var from = 0
        for place in places(for: source) where place >= from {
            let rule = rules[place]
            let match = rule.match(source, to: destination, input: input)
            guard match != .no else { continue }
            if case .goto(let priority) = rule.action {
                // A goto whose target is missing does nothing.
                guard let target = rules.firstIndex(where: { $0.priority == priority }) else {
                    continue
                }
                if match == .yes { from = max(target, place + 1) } else { mayDecide.append(place) }
                continue
            }
            switch effect(of: rule) {
            case .none: continue
            case .decides(let verdict) where match == .yes:
                return RuleWalk(decider: place, verdict: verdict, mayDecideFirst: mayDecide)
            case .decides, .unknown: mayDecide.append(place)
            }
        }
        return RuleWalk(decider: nil, verdict: .nowhere, mayDecideFirst: mayDecide)
    }

    /// The places of the rules that can match a source, in the order of evaluation.
    private func places(for source: IPv4Prefix) -> [Int] {
        var places = others
        for (length, rules) in bySource where length <= source.length {
            places += rules[IPv4Prefix(source.network, length: length)] ?? []
        }
        return places.sorted()
    }

    /// What a rule does to a packet that it matches.
    enum Effect: Hashable {
        /// Evaluation goes on.
        case none
        case decides(RuleWalk.Verdict)
        /// Only the kernel can tell.
        case unknown
    }

    func effect(of rule: RoutingPolicyRule) -> Effect {
        switch rule.action {
        case .goto, .other("nop"): return .none
        case .other(let action):
            let refuses = ["unreachable", "blackhole", "prohibit"].contains(action)
            return refuses ? .decides(.refused(action)) : .unknown
        case .lookup(let table):
            guard let route = found[table], route.type != "throw" else { return .none }
            // Only a way that was found is suppressed; a refusal in the table stands.
            if let bound = rule.suppressPrefixLength, route.destination.length <= bound,
                !route.refuses
            {
                return .none
            }
            return .decides(.takes(route, table: table))
        }
    }
}

extension FIBTable {
    /// The route that packets to an address take: the longest prefix, then the lowest metric;
    /// `nil` where there is none.
    public func route(to destination: IPv4Address) -> Route? {
        routes.filter { $0.destination.contains(destination) && !$0.isPassedOver }
            .min { ($1.destination.length, $0.metric) < ($0.destination.length, $1.metric) }
    }
}

extension Route {
    /// Whether it sends packets out of an interface.
    public var forwards: Bool { type == "unicast" }
    /// Whether it refuses packets.
    public var refuses: Bool { ["unreachable", "blackhole", "prohibit"].contains(type) }
}

extension RoutingPolicyRule {
    /// Whether a rule selects a packet, as far as that is known.
    enum Match {
        case yes, no, maybe
    }

    /// Whether it selects what its selectors do not describe.
    var isInverted: Bool { other.contains("not") }

    func match(_ packets: IPv4Prefix, to destination: IPv4Address, input: String?) -> Match {
        let plain = plainMatch(packets, to: destination, input: input)
        guard isInverted else { return plain }
        switch plain {
        case .yes: return .no
        case .no: return .yes
        case .maybe: return .maybe
        }
    }

    private func plainMatch(
        _ packets: IPv4Prefix, to destination: IPv4Address, input: String?
    ) -> Match {
        if let source, !source.contains(packets) {
            // Part of a network can be selected.
            return packets.contains(source) && packets.length < 32 && isInverted ? .maybe : .no
        }
        var match = mark == nil ? Match.yes : .maybe
        for words in other {
            let parts = words.split(separator: " ", maxSplits: 1)
            let value = parts.count > 1 ? parts[1] : ""
            switch parts.first {
            // How a source was written, and what no packet is selected by.
            case "not", "from", "realms": continue
            case "to":
                guard let network = IPv4Prefix(value) else { match = .maybe; continue }
                switch destination == .outside ? network.isOutside : network.holds(destination) {
                case .always: continue
                case .never: return .no
                case .sometimes: match = .maybe
                }
            case "iif":
                // What a host sends never comes in by the loopback.
                guard let input = input ?? (value == "lo" ? "" : nil) else {
                    match = .maybe
                    continue
                }
                if input != value { return .no }
            // A packet that looks for its way has none to leave by yet.
            case "oif": return .no
            default: match = .maybe
            }
        }
        return match
    }
}

extension IPv4Prefix {
    /// Whether it holds all of the outside, some of it or none.
    var isOutside: RuleMatch {
        if self == .all { return .always }
        // 0.0.0.0/1 begins with a network of no use and still holds half of the outside.
        return Self.specialPurpose.contains { $0.contains(self) } ? .never : .sometimes
    }

    fileprivate func holds(_ address: IPv4Address) -> RuleMatch {
        contains(address) ? .always : .never
    }
}
