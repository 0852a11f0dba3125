import NATModel
import Testing

/// NATPacketTests hold the walk against the kernel, rule by rule.
@Suite struct RuleDatabaseTests {
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
        mark: PacketMark? = nil, suppress: Int? = nil,
        _ select: (inout RuleSelectors) -> Void = { _ in }
    ) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: priority, source: source.map(prefix), action: action, mark: mark,
            suppressPrefixLength: suppress, selectors: RuleSelectors(select))
    }

    private static func walk(
        _ rules: [RoutingPolicyRule], _ tables: [FIBTable] = [], input: String? = "eth0"
    ) -> EgressDecision {
        RuleDatabase(rules: rules + [last], tables: [main, second] + tables)
            .decision(for: host, input: input)
    }

    @Test
    func `the first rule for the host decides, and the route with the lowest metric is taken`() {
        let walk = Self.walk([
            Self.rule(4000, "172.31.26.175", .lookup(table: FIBTable.main)),
            Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
            Self.rule(5010, "172.31.26.0/24", .lookup(table: FIBTable.main)),
        ])
        #expect(walk.place == 1)
        #expect(walk.interfaces == ["eth1"])
        #expect(walk.table == 20001)
        #expect(walk.doubts.isEmpty)
    }

    /// An uplink may be in a documentation network, and a partner behind a route of its own.
    @Test func `what stands for the outside is in no network that routes or rules name`() {
        let usual = RuleDatabase(rules: [Self.last], tables: [Self.main])
        #expect(usual.outside == .outside)
        let partner = Route(destination: Self.prefix("192.0.2.0/24"), interface: "eth2")
        let halves = ["0.0.0.0/1", "128.0.0.0/1"].map {
            Route(destination: Self.prefix($0), interface: "eth1")
        }
        for (routes, interface) in [([partner], "eth0"), ([partner] + halves, "eth1")] {
            var main = Self.main
            main.routes += routes
            let database = RuleDatabase(rules: [Self.last], tables: [main])
            #expect(!partner.destination.contains(database.outside))
            #expect(database.outside.isGloballyRoutable)
            #expect(database.decision(for: Self.host).end == .leaves(by: interface))
            #expect(
                database.decision(for: Self.host, to: .outside).end == .leaves(by: "eth2"))
        }
        let part = Self.rule(100, nil, .lookup(table: 20001)) {
            $0.destination = Self.prefix("192.0.2.0/24").network
            $0.destinationLength = 24
        }
        let ruled = RuleDatabase(rules: [part, Self.last], tables: [Self.main, Self.second])
        #expect(!partner.destination.contains(ruled.outside))
        #expect(ruled.decision(for: Self.host).end == .leaves(by: "eth0"))
        #expect(ruled.decision(for: Self.host).doubts == [part])
    }

    @Test func `a wider rule that comes first decides`() {
        let walk = Self.walk([
            Self.rule(100, "172.31.0.0/16", .lookup(table: FIBTable.main)),
            Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
        ])
        #expect(walk.place == 0)
        #expect(walk.interfaces == ["eth0"])
    }

    @Test func `suppress_prefixlength passes over the default route`() {
        let walk = Self.walk([
            Self.rule(4990, nil, .lookup(table: FIBTable.main), suppress: 0),
            Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
        ])
        #expect(walk.place == 1)
        // A narrower route is longer than the bound.
        let inside = RuleDatabase(
            rules: [
                Self.rule(4990, nil, .lookup(table: FIBTable.main), suppress: 0),
                Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
            ], tables: [Self.main, Self.second]
        ).decision(for: Self.host, to: IPv4Address("172.31.9.9") ?? .outside)
        #expect(inside.place == 0)
    }

    @Test func `a refusal in a table is not suppressed`() {
        let closed = FIBTable(
            id: 30000, routes: [Route(destination: .all, type: "unreachable")])
        let walk = Self.walk([Self.rule(10, nil, .lookup(table: 30000), suppress: 0)], [closed])
        #expect(walk.place == 0)
        #expect(walk.interfaces.isEmpty)
        #expect(walk.table == 30000)
    }

    @Test func `goto skips the rules in between, and does nothing without its target`() {
        let rules = [
            Self.rule(10, nil, .goto(priority: 6000)),
            Self.rule(5000, "172.31.26.176", .lookup(table: 20001)),
            Self.rule(6000, nil, .other("nop")),
        ]
        #expect(Self.walk(rules).place == 3)
        #expect(Self.walk(Array(rules.dropLast())).place == 1)
    }

    @Test(arguments: ["unreachable", "blackhole", "prohibit"])
    func `a rule can refuse`(action: String) {
        let walk = Self.walk([Self.rule(10, "172.31.26.0/24", .other(action))])
        #expect(walk.place == 0)
        #expect(walk.end == .nowhere)
    }

    @Test func `throw, an empty table and a dead route let the next rule decide`() {
        let thrown = FIBTable(id: 30000, routes: [Route(destination: .all, type: "throw")])
        #expect(Self.walk([Self.rule(10, nil, .lookup(table: 30000))], [thrown]).place == 1)
        #expect(Self.walk([Self.rule(10, nil, .lookup(table: 31000))]).place == 1)
        var route = Route(destination: .all, interface: "eth1", isDead: true)
        // Without a carrier the kernel takes it all the same.
        let idle = FIBTable(id: 30000, routes: [route])
        #expect(Self.walk([Self.rule(10, nil, .lookup(table: 30000))], [idle]).place == 0)
        route.isPassedOver = true
        let dead = FIBTable(id: 30000, routes: [route])
        #expect(Self.walk([Self.rule(10, nil, .lookup(table: 30000))], [dead]).place == 1)
    }

    @Test func `not inverts all selectors together`() {
        let out = Self.rule(10, "172.31.26.176", .lookup(table: 20001), { $0.isInverted = true })
        #expect(Self.walk([out]).place == 1)
        let others = Self.rule(10, "10.0.0.0/8", .lookup(table: 20001), { $0.isInverted = true })
        #expect(Self.walk([others]).place == 0)
        let elsewhere = Self.rule(10, nil, .lookup(table: 20001)) {
            $0.isInverted = true
            $0.input = "eth0"
        }
        #expect(Self.walk([elsewhere]).place == 1)
        #expect(Self.walk([elsewhere], input: "eth1").place == 0)
    }

    @Test func `iif and to are judged where they are known, and oif matches nothing yet`() {
        let input = Self.rule(10, nil, .lookup(table: 20001)) { $0.input = "eth0" }
        #expect(Self.walk([input]).place == 0)
        #expect(Self.walk([input], input: "eth1").place == 1)
        let unknown = Self.walk([input], input: nil)
        #expect(unknown.place == 1)
        #expect(unknown.doubts == [input])
        let inner = Self.rule(10, nil, .lookup(table: 20001)) {
            $0.destination = IPv4Address("10.0.0.0")
            $0.destinationLength = 8
        }
        #expect(Self.walk([inner]).place == 1)
        let output = Self.rule(10, nil, .lookup(table: 20001)) { $0.output = "eth0" }
        #expect(Self.walk([output]).doubts.isEmpty)
    }

    @Test func `what looks at a mark or a port may decide, and is told`() {
        let marked = Self.rule(10, nil, .lookup(table: 20001), mark: PacketMark(1))
        let port = Self.rule(11, "172.31.26.176", .lookup(table: 20001)) {
            $0.destinationPorts = .init(443)
        }
        // Falls through whether it matches or not.
        let empty = Self.rule(12, nil, .lookup(table: 31000), mark: PacketMark(2))
        let walk = Self.walk([marked, port, empty])
        #expect(walk.place == 3)
        #expect(walk.doubts == [marked, port])
    }

    @Test func `a mark that is known decides, and one of which some bits are may`() {
        let marked = Self.rule(10, nil, .lookup(table: 20001), mark: PacketMark(0x10, mask: 0xf0))
        let database = RuleDatabase(
            rules: [marked, Self.last], tables: [Self.main, Self.second])
        func decision(_ value: UInt32, _ mask: UInt32) -> EgressDecision {
            database.decision(for: Self.host, input: "eth0", mark: PacketMark(value, mask: mask))
        }
        #expect(decision(0x10, .max).rule == marked)
        #expect(decision(0x11, 0xff).doubts.isEmpty)
        #expect(decision(0, .max).rule == Self.last && decision(0, .max).doubts.isEmpty)
        #expect(decision(0x20, 0x20).doubts.isEmpty)
        #expect(decision(0x10, 0x10).doubts == [marked])
    }

    @Test func `a route for a type of service is taken by that alone`() {
        var ofService = Route(destination: .all, interface: "eth1")
        ofService.typeOfService = 0x10
        var main = Self.main
        main.routes.insert(ofService, at: 0)
        let both = RuleDatabase(rules: [Self.last], tables: [main])
        #expect(both.decision(for: Self.host).end == .splits(over: ["eth0", "eth1"]))
        let alone = FIBTable(id: 100, routes: [ofService])
        let rule = Self.rule(10, nil, .lookup(table: 100))
        let walk = Self.walk([rule], [alone])
        #expect(walk.interface == "eth0" && walk.doubts == [rule])
        #expect(
            Self.walk([Self.rule(10, nil, .lookup(table: 100), suppress: 0)], [alone]).doubts == [])
    }

    @Test func `a rule passes over routes of a group of interfaces`() {
        let rule = Self.rule(10, nil, .lookup(table: 20001)) { $0.suppressGroup = 7 }
        func decision(_ group: Int?) -> EgressDecision {
            var interface = Interface(name: "eth1", index: 2, state: .up)
            interface.group = group
            return RuleDatabase(
                rules: [rule, Self.last],
                tables: [Self.main, FIBTable(id: 20001, routes: [Self.second.routes[1]])],
                interfaces: [interface]
            ).decision(for: Self.host, input: "eth0")
        }
        #expect(decision(nil).interface == "eth1")
        #expect(decision(7).interface == "eth0" && decision(7).doubts.isEmpty)
    }

    @Test func `what has no mark is what «not fwmark» selects`() {
        let tunnel = Self.rule(10, nil, .lookup(table: 20001), mark: PacketMark(0xca6c)) {
            $0.isInverted = true
        }
        #expect(Self.walk([tunnel]).place == 0)
        #expect(Self.walk([tunnel]).doubts == [])
        let zero = Self.rule(10, nil, .lookup(table: 20001), mark: PacketMark(0)) {
            $0.isInverted = true
        }
        #expect(Self.walk([zero]).place == 1)
    }

    @Test func `what is forwarded is routed as user 0`() {
        func users(_ range: ClosedRange<UInt32>) -> RoutingPolicyRule {
            Self.rule(10, nil, .lookup(table: 20001)) { $0.users = range }
        }
        #expect(Self.walk([users(0...0)]).place == 0)
        #expect(Self.walk([users(1000...1000)]).place == 1)
        #expect(Self.walk([users(1000...1000)]).doubts == [])
    }

    @Test func `the rule of VRFs decides for what comes in by one, and for nobody else`() {
        let vrf = Self.rule(1000, nil, .lookupOfL3Device) { $0.isOfL3Device = true }
        var inside = Interface(name: "eth0", index: 2, state: .up)
        inside.vrfTable = 20001
        let outside = Interface(name: "eth5", index: 3, state: .up)
        func place(_ interfaces: [Interface], _ input: String) -> Int? {
            RuleDatabase(
                rules: [vrf, Self.last], tables: [Self.main, Self.second], interfaces: interfaces
            ).decision(for: Self.host, input: input).place
        }
        #expect(place([outside], "eth5") == 1)
        #expect(place([inside, outside], "eth5") == 1)
        #expect(place([inside, outside], "eth0") == 0)
    }

    @Test func `a route of several hops, and halves of the outside, lead by several interfaces`() {
        let hops = FIBTable(
            id: 30000,
            routes: [
                Route(
                    destination: .all,
                    hops: [
                        .init(nextHop: nil, interface: "eth0"),
                        .init(nextHop: nil, interface: "eth1"),
                    ])
            ])
        let split = Self.walk([Self.rule(10, nil, .lookup(table: 30000))], [hops])
        #expect(split.end == .splits(over: ["eth0", "eth1"]))
        #expect(split.interface == nil)
        func vpn(_ halves: [String]) -> EgressDecision {
            let routes = halves.map { Route(destination: Self.prefix($0), interface: "tun0") }
            return Self.walk(
                [Self.rule(10, nil, .lookup(table: 30000))], [FIBTable(id: 30000, routes: routes)])
        }
        #expect(vpn(["0.0.0.0/1", "128.0.0.0/1"]).end == .leaves(by: "tun0"))
        #expect(vpn(["0.0.0.0/1"]).end == .splits(over: ["eth0", "tun0"]))
    }

    @Test func `without any way there is none`() {
        let walk = RuleDatabase(rules: [], tables: []).decision(for: Self.host)
        #expect(walk.place == nil)
        #expect(walk.end == .nowhere)
    }

    @Test func `finds the same among ten thousand rules`() {
        let many = (0..<10_000).map { number in
            RoutingPolicyRule(
                priority: 5000,
                source: IPv4Prefix(IPv4Address(rawValue: 0x0a00_0000 + UInt32(number))),
                action: .lookup(table: 20001))
        }
        let walker = RuleDatabase(rules: many + [Self.last], tables: [Self.main, Self.second])
        #expect(walker.decision(for: Self.prefix("10.0.20.5")).place == 20 * 256 + 5)
        #expect(walker.decision(for: Self.host).place == 10_000)
    }
}
