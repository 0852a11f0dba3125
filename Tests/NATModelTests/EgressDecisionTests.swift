import NATModel
import Testing

private func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }
private let host = prefix("172.31.26.176")

private func rule(
    _ priority: Int, _ source: String? = nil, table: Int,
    selectors: RuleSelectors = RuleSelectors(), mark: PacketMark? = nil
) -> RoutingPolicyRule {
    RoutingPolicyRule(
        priority: priority, source: source.map(prefix), action: .lookup(table: table), mark: mark,
        selectors: selectors)
}

/// The kernel's rules and an assignment of the host to eth1, after these.
private func database(
    _ earlier: [RoutingPolicyRule], tables: [FIBTable] = []
) -> RuleDatabase {
    let kernel = [rule(32766, table: FIBTable.main), rule(32767, table: FIBTable.defaultTable)]
    let all = [rule(0, table: FIBTable.local)] + earlier + [rule(5000, "172.31.26.176", table: 9)]
    return RuleDatabase(
        rules: all + kernel,
        tables: tables + [
            FIBTable(id: FIBTable.main, routes: [Route(destination: .all, interface: "eth0")]),
            FIBTable(id: 9, routes: [Route(destination: .all, interface: "eth1")]),
        ])
}

@Suite struct EgressDecisionTests {
    @Test func `an earlier rule for all decides, and is named`() {
        let first = rule(100, table: FIBTable.main)
        #expect(database([first]).decision(for: host).isBy(first, "eth0"))
        #expect(database([]).decision(for: host).interface == "eth1")
    }

    @Test(arguments: ["prohibit", "unreachable", "blackhole"])
    func `an earlier rule that refuses lets nothing out`(action: String) {
        let first = RoutingPolicyRule(priority: 100, source: host, action: .other(action))
        #expect(database([first]).decision(for: host).isBy(first, nil))
        #expect(database([first]).decision(for: prefix("172.31.26.175")).interface == "eth0")
    }

    @Test(arguments: [
        (RuleSelectors { $0.typeOfService = 0x10 }, true),
        (RuleSelectors { $0.ipProtocol = 6 }, true),
        (RuleSelectors { $0.destinationPorts = .init(80, through: 90) }, true),
        (RuleSelectors { $0.input = "eth0" }, true),
        (to("8.8.8.0/24"), true), (to("0.0.0.0/1"), true),
        // What is not of the outside, not forwarded or selects nothing.
        (to("10.0.0.0/8"), false), (RuleSelectors { $0.output = "eth0" }, false),
        (RuleSelectors { $0.input = "lo" }, false),
        (RuleSelectors { $0.isOfL3Device = true }, false),
    ])
    func `a rule that looks at more than the source is a doubt where it can match`(
        selectors: RuleSelectors, isDoubt: Bool
    ) {
        let first = rule(100, table: FIBTable.main, selectors: selectors)
        let decision = database([first]).decision(for: host)
        #expect(decision.interface == "eth1")
        #expect(decision.doubts == (isDoubt ? [first] : []))
    }

    private static func to(_ network: String) -> RuleSelectors {
        RuleSelectors {
            $0.destination = prefix(network).network
            $0.destinationLength = prefix(network).length
        }
    }

    @Test func `a mark is a doubt, and none where it leads the same way or nowhere at all`() {
        let marked = rule(100, table: FIBTable.main, mark: PacketMark(1))
        #expect(database([marked]).decision(for: host).doubts == [marked])
        #expect(
            database([rule(100, table: 9, mark: PacketMark(1))]).decision(for: host).doubts == [])
        #expect(
            database([rule(100, table: 77, mark: PacketMark(1))]).decision(for: host).doubts == [])
    }

    @Test func `a rule for all but one source decides for the others`() {
        let others = rule(
            100, "172.31.26.176", table: FIBTable.main,
            selectors: RuleSelectors { $0.isInverted = true })
        #expect(database([others]).decision(for: host).interface == "eth1")
        #expect(database([others]).decision(for: host).doubts == [])
        let other = rule(
            100, "10.0.0.0/8", table: FIBTable.main,
            selectors: RuleSelectors { $0.isInverted = true })
        #expect(database([other]).decision(for: host).isBy(other, "eth0"))
    }

    @Test func `host bits of a source select as its network does`() {
        let first = rule(
            100, "172.31.26.0/24", table: FIBTable.main,
            selectors: RuleSelectors { $0.givenSource = IPv4Address("172.31.26.9") })
        #expect(database([first]).decision(for: host).isBy(first, "eth0"))
    }

    @Test func `a rule for a part of a network says nothing about the network`() {
        let part = rule(100, "172.31.26.176", table: FIBTable.main)
        let way = database([part]).decision(for: prefix("172.31.0.0/16"))
        #expect(way.rule?.priority == 32766)
        #expect(way.doubts == [])
    }

    @Test func `a table that is open falls through, and one that is closed does not`() {
        let open = rule(100, "172.31.26.176", table: 77)
        #expect(database([open]).decision(for: host).interface == "eth1")
        let backstop = Route(destination: .all, type: "unreachable", metric: .max)
        let closed = database([open], tables: [FIBTable(id: 77, routes: [backstop])])
        #expect(closed.decision(for: host).isBy(open, nil))
    }

    @Test func `a goto leads on, and one without a target is passed over`() {
        func jump(_ target: Int) -> RoutingPolicyRule {
            RoutingPolicyRule(priority: 100, action: .goto(priority: target))
        }
        #expect(database([jump(32766)]).decision(for: host).interface == "eth0")
        #expect(database([jump(6000)]).decision(for: host).interface == "eth1")
    }

    @Test func `a bound on prefixes passes a default route over, but not a refusal`() {
        var bounded = rule(100, table: FIBTable.main)
        bounded.suppressPrefixLength = 0
        #expect(database([bounded]).decision(for: host).interface == "eth1")
        bounded.action = .lookup(table: 77)
        let backstop = FIBTable(id: 77, routes: [Route(destination: .all, type: "unreachable")])
        #expect(database([bounded], tables: [backstop]).decision(for: host).isBy(bounded, nil))
    }

    @Test func `nothing leaves where no rule has a route`() {
        #expect(RuleDatabase(rules: [], tables: []).decision(for: host) == EgressDecision(.nowhere))
    }

    @Test(arguments: [
        (rule(0, table: 255), true), (rule(32766, table: 254), true),
        (rule(32767, table: 253), true), (rule(100, table: 254), false),
        (rule(32766, "10.0.0.0/8", table: 254), false),
        (rule(32766, table: 254, mark: PacketMark(1)), false), (rule(32766, table: 9), false),
    ])
    func `knows the kernel's own rules`(rule: RoutingPolicyRule, isKernels: Bool) {
        #expect(rule.isKernels == isKernels)
    }
}

extension EgressDecision {
    /// Whether it is made by this rule and leads to this interface, or nowhere.
    fileprivate func isBy(_ rule: RoutingPolicyRule, _ interface: String?) -> Bool {
        self.rule == rule && end == (interface.map { .leaves(by: $0) } ?? .nowhere)
    }
}
