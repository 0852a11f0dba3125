/// The ways of many sources through the same rules: these are looked up by source and not searched,
/// since a box can hold ten thousand of them.
public struct Ways: Sendable {
    private let rules: [RoutingPolicyRule]
    /// Where the search ends in each table; one that falls through is not in it.
    private let ends: [Int: Way.End]
    /// Places of the rules that select a network, by its length.
    private var bySource: [Int: [IPv4Prefix: [Int]]] = [:]
    /// Places of the rules that select no network, or all but one.
    private var others: [Int] = []
    private let priorities: Set<Int>

    /// The ways by these rules, in the order of evaluation, and these tables.
    public init(rules: [RoutingPolicyRule], tables: [FIBTable]) {
        self.rules = rules
        ends = Dictionary(
            tables.compactMap { table in table.end.map { (table.id, $0) } },
            uniquingKeysWith: { first, _ in first })
        // Where no rule goes to, it does not matter which there are.
        let jumps = rules.contains { if case .goto = $0.action { true } else { false } }
        priorities = jumps ? Set(rules.map(\.priority)) : []
        for (place, rule) in rules.enumerated() {
            if let source = rule.source, !rule.other.contains("not") {
                bySource[source.length, default: [:]][source, default: []].append(place)
            } else {
                others.append(place)
            }
        }
    }

    /// Where what `source` sends to the outside goes.
    ///
    /// A rule for a part of the source says nothing about the source.
    public func way(of source: IPv4Prefix) -> Way {
        var floor = Int.min
        var doubts: [RoutingPolicyRule] = []
        for rule in candidates(for: source) where rule.priority >= floor {
            let match = rule.match(source)
            if match == .never { continue }
            if case .goto(let priority) = rule.action {
                // One that leads to no rule is passed over.
                guard priorities.contains(priority) else { continue }
                if match == .always { floor = priority } else { doubts.append(rule) }
                continue
            }
            guard let end = end(of: rule) else { continue }
            guard match == .always else {
                doubts.append(rule)
                continue
            }
            return Way(end, by: rule, doubts: doubts.filter { self.end(of: $0) != end })
        }
        return Way(.nowhere, doubts: doubts)
    }

    private func candidates(for source: IPv4Prefix) -> [RoutingPolicyRule] {
        var places = others
        for (length, rules) in bySource where length <= source.length {
            places += rules[IPv4Prefix(source.network, length: length)] ?? []
        }
        return places.sorted().map { rules[$0] }
    }

    /// Where the search ends with this rule; `nil` where it goes on.
    private func end(of rule: RoutingPolicyRule) -> Way.End? {
        switch rule.action {
        case .lookup(let table):
            // A default route has length 0, so any bound passes it over; a refusal stands.
            rule.suppressPrefixLength == nil || ends[table] == .nowhere ? ends[table] : nil
        case .goto: nil
        case .other("nop"): nil
        case .other(let action):
            ["unreachable", "blackhole", "prohibit"].contains(action) ? .nowhere : .unknown
        }
    }
}

extension FIBTable {
    /// Where the search for a way to the outside ends in it; `nil` where it goes on.
    var end: Way.End? {
        let defaults = routes.filter { $0.destination == .all }
        guard let best = defaults.min(by: { $0.metric < $1.metric }), best.type != "throw" else {
            return nil
        }
        guard best.type == "unicast", let name = best.interface ?? best.hops.first?.interface else {
            return .nowhere
        }
        return .leaves(by: name)
    }
}

extension Snapshot {
    /// The ways of its sources; `nil` where rules or tables could not be read.
    public var ways: Ways? {
        guard let rules = rules.value, let tables = tables.value else { return nil }
        return Ways(rules: rules, tables: tables)
    }

    /// Where what `source` sends to the outside goes; of many sources ask `ways` once.
    public func way(of source: IPv4Prefix) -> Way { ways?.way(of: source) ?? Way(.unknown) }

    /// The interface by which packets of `source` leave for the outside; `nil` where they go
    /// nowhere or that is not known.
    public func egress(of source: IPv4Prefix) -> String? { way(of: source).interface }
}
