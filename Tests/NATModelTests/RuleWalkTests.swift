import NATModel
import Testing

/// NATPacketTests hold the walk against the kernel, rule by rule.
@Suite struct RuleWalkTests {
    private static let host = prefix("172.31.26.176")

    private static func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }

    private static let main = FIBTable(
        id: FIBTable.main,
        routes: [
            Route(destination: .all, interface: "eth0"),
            Route(destination: .all, interface: "eth2", metric: 50),
            Route(destination: prefix("172.31.0.0/16"), interface: "eth0"),
        ])
    private static let second = FIBTable(
        id: 20001,
        routes: [
            Route(destination: .all, type: "unreachable", metric: 4_278_198_272),
            Route(destination: .all, interface: "eth1"),
        ])
    private static let last = RoutingPolicyRule(
        priority: 32766, action: .lookup(table: FIBTable.main))

    private static func rule(
        _ priority: Int, _ source: String? = nil, _ action: RoutingPolicyRule.Action,
        mark: String? = nil, suppress: Int? = nil, _ other: String...
    ) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: priority, source: source.map(prefix), action: action, mark: mark,
            suppressPrefixLength: suppress, other: other)
    }

    private static func walk(
        _ rules: [RoutingPolicyRule], _ tables: [FIBTable] = [], input: String? = "eth0"
    ) -> RuleWalk {
        RuleWalker(rules: rules + [last], tables: [main, second] + tables)
            .walk(host, input: input)
    }

    @Test
    func `the first rule for the host decides, and the route with the lowest metric is taken`() {
        let walk = Self.walk([
            Self.rule(4000, "172.31.26.175", .lookup(table: FIBTable.main)),
            Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
            Self.rule(5010, "172.31.26.0/24", .lookup(table: FIBTable.main)),
        ])
        #expect(walk.decider == 1)
        #expect(walk.interfaces == ["eth1"])
        #expect(walk.table == 20001)
        #expect(walk.mayDecideFirst.isEmpty)
    }

    @Test func `a wider rule that comes first decides`() {
        let walk = Self.walk([
            Self.rule(100, "172.31.0.0/16", .lookup(table: FIBTable.main)),
            Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
        ])
        #expect(walk.decider == 0)
        #expect(walk.interfaces == ["eth0"])
    }

    @Test func `suppress_prefixlength passes over the default route`() {
        let walk = Self.walk([
            Self.rule(4990, nil, .lookup(table: FIBTable.main), suppress: 0),
            Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
        ])
        #expect(walk.decider == 1)
        // A narrower route is longer than the bound.
        let inside = RuleWalker(
            rules: [
                Self.rule(4990, nil, .lookup(table: FIBTable.main), suppress: 0),
                Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
            ], tables: [Self.main, Self.second],
            to: IPv4Address("172.31.9.9") ?? .outside
        ).walk(Self.host)
        #expect(inside.decider == 0)
    }

    @Test func `a refusal in a table is not suppressed`() {
        let closed = FIBTable(
            id: 30000, routes: [Route(destination: .all, type: "unreachable")])
        let walk = Self.walk([Self.rule(10, nil, .lookup(table: 30000), suppress: 0)], [closed])
        #expect(walk.decider == 0)
        #expect(walk.interfaces.isEmpty)
        #expect(walk.table == 30000)
    }

    @Test func `goto skips the rules in between, and does nothing without its target`() {
        let rules = [
            Self.rule(10, nil, .goto(priority: 6000)),
            Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
            Self.rule(6000, nil, .other("nop")),
        ]
        #expect(Self.walk(rules).decider == 3)
        #expect(Self.walk(Array(rules.dropLast())).decider == 1)
    }

    @Test(arguments: ["unreachable", "blackhole", "prohibit"])
    func `a rule can refuse`(action: String) {
        let walk = Self.walk([Self.rule(10, "172.31.26.0/24", .other(action))])
        #expect(walk.decider == 0)
        #expect(walk.verdict == .refused(action))
    }

    @Test func `throw, an empty table and a dead route let the next rule decide`() {
        let thrown = FIBTable(id: 30000, routes: [Route(destination: .all, type: "throw")])
        #expect(Self.walk([Self.rule(10, nil, .lookup(table: 30000))], [thrown]).decider == 1)
        #expect(Self.walk([Self.rule(10, nil, .lookup(table: 31000))]).decider == 1)
        var route = Route(destination: .all, interface: "eth1", isDead: true)
        // Without a carrier the kernel takes it all the same.
        let idle = FIBTable(id: 30000, routes: [route])
        #expect(Self.walk([Self.rule(10, nil, .lookup(table: 30000))], [idle]).decider == 0)
        route.isPassedOver = true
        let dead = FIBTable(id: 30000, routes: [route])
        #expect(Self.walk([Self.rule(10, nil, .lookup(table: 30000))], [dead]).decider == 1)
    }

    @Test func `not inverts all selectors together`() {
        let out = Self.rule(10, "172.31.26.176", .lookup(table: 20001), "not")
        #expect(Self.walk([out]).decider == 1)
        let others = Self.rule(10, "10.0.0.0/8", .lookup(table: 20001), "not")
        #expect(Self.walk([others]).decider == 0)
        let elsewhere = Self.rule(10, nil, .lookup(table: 20001), "not", "iif eth0")
        #expect(Self.walk([elsewhere]).decider == 1)
        #expect(Self.walk([elsewhere], input: "eth1").decider == 0)
    }

    @Test func `iif and to are judged where they are known, and oif matches nothing yet`() {
        let input = Self.rule(10, nil, .lookup(table: 20001), "iif eth0")
        #expect(Self.walk([input]).decider == 0)
        #expect(Self.walk([input], input: "eth1").decider == 1)
        let unknown = Self.walk([input], input: nil)
        #expect(unknown.decider == 1)
        #expect(unknown.mayDecideFirst == [0])
        let inner = Self.rule(10, nil, .lookup(table: 20001), "to 10.0.0.0/8")
        #expect(Self.walk([inner]).decider == 1)
        let output = Self.rule(10, nil, .lookup(table: 20001), "oif eth0")
        #expect(Self.walk([output]).mayDecideFirst.isEmpty)
    }

    @Test func `what looks at a mark or a port may decide, and is told`() {
        let walk = Self.walk([
            Self.rule(10, nil, .lookup(table: 20001), mark: "0x1"),
            Self.rule(11, "172.31.26.176", .lookup(table: 20001), "dport 443"),
            // Falls through whether it matches or not.
            Self.rule(12, nil, .lookup(table: 31000), mark: "0x2"),
        ])
        #expect(walk.decider == 3)
        #expect(walk.mayDecideFirst == [0, 1])
    }

    @Test func `without any way there is none`() {
        let walk = RuleWalker(rules: [], tables: []).walk(Self.host)
        #expect(walk.decider == nil)
        #expect(walk.verdict == .nowhere)
    }

    @Test func `finds the same among ten thousand rules`() {
        let many = (0..<10_000).map { number in
            RoutingPolicyRule(
                priority: 5000,
                source: IPv4Prefix(IPv4Address(rawValue: 0x0a00_0000 + UInt32(number))),
                action: .lookup(table: 20001))
        }
        let walker = RuleWalker(rules: many + [Self.last], tables: [Self.main, Self.second])
        #expect(walker.walk(Self.prefix("10.0.20.5")).decider == 20 * 256 + 5)
        #expect(walker.walk(Self.host).decider == 10_000)
    }
}
