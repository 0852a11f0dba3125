/// The ways of many sources through the same rules.
public struct Ways: Sendable {
    private let rules: [RoutingPolicyRule]
    private let walker: RuleWalker

    /// The ways by these rules, in the order of evaluation, and these tables.
    public init(rules: [RoutingPolicyRule], tables: [FIBTable]) {
        self.rules = rules
        walker = RuleWalker(rules: rules, tables: tables)
    }

    /// Where what `source` sends to the outside goes.
    ///
    /// A rule for a part of the source says nothing about the source.
    ///
    /// - Parameter input: the interface it comes in by; `nil` where that is not known.
    public func way(of source: IPv4Prefix, input: String? = nil) -> Way {
        let walk = walker.walk(source, input: input)
        // One that would send them the same way is no matter.
        let doubts = walk.mayDecideFirst.map { rules[$0] }.filter { rule in
            guard case .decides(let verdict) = walker.effect(of: rule) else { return true }
            return verdict.end != walk.verdict.end
        }
        return Way(walk.verdict.end, by: walk.decider.map { rules[$0] }, doubts: doubts)
    }
}

extension RuleWalk.Verdict {
    /// Where a packet ends up; of a multipath route the first hop stands for all.
    fileprivate var end: Way.End {
        guard case .takes(let route, _) = self, route.forwards,
            let name = route.interface ?? route.hops.first?.interface
        else { return .nowhere }
        return .leaves(by: name)
    }
}

extension Snapshot {
    /// What tells which rule decides; `nil` where rules or tables could not be read.
    public var ruleWalker: RuleWalker? {
        guard let rules = rules.value, let tables = tables.value else { return nil }
        return RuleWalker(rules: rules, tables: tables)
    }

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
