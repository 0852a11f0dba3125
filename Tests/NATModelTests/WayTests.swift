import NATModel
import Testing

private func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }
private let host = prefix("172.31.26.176")

private func rule(
    _ priority: Int, _ source: String? = nil, table: Int, other: [String] = [], mark: String? = nil
) -> RoutingPolicyRule {
    RoutingPolicyRule(
        priority: priority, source: source.map(prefix), action: .lookup(table: table), mark: mark,
        other: other)
}

/// The kernel's rules and an assignment of the host to eth1, after these.
private func ways(_ earlier: [RoutingPolicyRule], tables: [FIBTable] = []) -> Ways {
    let kernel = [rule(32766, table: FIBTable.main), rule(32767, table: FIBTable.defaultTable)]
    let all = [rule(0, table: FIBTable.local)] + earlier + [rule(5000, "172.31.26.176", table: 9)]
    return Ways(
        rules: all + kernel,
        tables: tables + [
            FIBTable(id: FIBTable.main, routes: [Route(destination: .all, interface: "eth0")]),
            FIBTable(id: 9, routes: [Route(destination: .all, interface: "eth1")]),
        ])
}

@Suite struct WayTests {
    @Test func `an earlier rule for all decides, and is named`() {
        let first = rule(100, table: FIBTable.main)
        #expect(ways([first]).way(of: host) == Way(.leaves(by: "eth0"), by: first))
        #expect(ways([]).way(of: host).interface == "eth1")
    }

    @Test(arguments: ["prohibit", "unreachable", "blackhole"])
    func `an earlier rule that refuses lets nothing out`(action: String) {
        let first = RoutingPolicyRule(priority: 100, source: host, action: .other(action))
        #expect(ways([first]).way(of: host) == Way(.nowhere, by: first))
        #expect(ways([first]).way(of: prefix("172.31.26.175")).interface == "eth0")
    }

    @Test(arguments: [
        ("iif eth0", true), ("tos 0x10", true), ("ipproto 6", true), ("dport 80-90", true),
        ("l3mdev", true), ("to 8.8.8.0/24", true), ("to 0.0.0.0/1", true),
        // What is not of the outside, not forwarded or selects nothing.
        ("to 10.0.0.0/8", false), ("oif eth0", false), ("iif lo", false),
    ])
    func `a rule that looks at more than the source is a doubt where it can match`(
        words: String, isDoubt: Bool
    ) {
        let first = rule(100, table: FIBTable.main, other: [words])
        let way = ways([first]).way(of: host)
        #expect(way.interface == "eth1")
        #expect(way.doubts == (isDoubt ? [first] : []))
    }

    @Test func `a mark is a doubt, and none where it leads the same way or nowhere at all`() {
        let marked = rule(100, table: FIBTable.main, mark: "0x1")
        #expect(ways([marked]).way(of: host).doubts == [marked])
        #expect(ways([rule(100, table: 9, mark: "0x1")]).way(of: host).doubts == [])
        #expect(ways([rule(100, table: 77, mark: "0x1")]).way(of: host).doubts == [])
    }

    @Test func `a rule for all but one source decides for the others`() {
        let others = rule(100, "172.31.26.176", table: FIBTable.main, other: ["not"])
        #expect(ways([others]).way(of: host).interface == "eth1")
        #expect(ways([others]).way(of: host).doubts == [])
        let other = rule(100, "10.0.0.0/8", table: FIBTable.main, other: ["not"])
        #expect(ways([other]).way(of: host) == Way(.leaves(by: "eth0"), by: other))
    }

    @Test func `host bits of a source select as its network does`() {
        let first = rule(
            100, "172.31.26.0/24", table: FIBTable.main, other: ["from 172.31.26.9/24"])
        #expect(ways([first]).way(of: host) == Way(.leaves(by: "eth0"), by: first))
    }

    @Test func `a rule for a part of a network says nothing about the network`() {
        let part = rule(100, "172.31.26.176", table: FIBTable.main)
        let way = ways([part]).way(of: prefix("172.31.0.0/16"))
        #expect(way.rule?.priority == 32766)
        #expect(way.doubts == [])
    }

    @Test func `a table that is open falls through, and one that is closed does not`() {
        let open = rule(100, "172.31.26.176", table: 77)
        #expect(ways([open]).way(of: host).interface == "eth1")
        let backstop = Route(destination: .all, type: "unreachable", metric: .max)
        let closed = ways([open], tables: [FIBTable(id: 77, routes: [backstop])])
        #expect(closed.way(of: host) == Way(.nowhere, by: open))
    }

    @Test func `a goto leads on, and one without a target is passed over`() {
        func jump(_ target: Int) -> RoutingPolicyRule {
            RoutingPolicyRule(priority: 100, action: .goto(priority: target))
        }
        #expect(ways([jump(32766)]).way(of: host).interface == "eth0")
        #expect(ways([jump(6000)]).way(of: host).interface == "eth1")
    }

    @Test func `a bound on prefixes passes a default route over, but not a refusal`() {
        var bounded = rule(100, table: FIBTable.main)
        bounded.suppressPrefixLength = 0
        #expect(ways([bounded]).way(of: host).interface == "eth1")
        bounded.action = .lookup(table: 77)
        let backstop = FIBTable(id: 77, routes: [Route(destination: .all, type: "unreachable")])
        #expect(ways([bounded], tables: [backstop]).way(of: host) == Way(.nowhere, by: bounded))
    }

    @Test func `nothing leaves where no rule has a route`() {
        #expect(Ways(rules: [], tables: []).way(of: host) == Way(.nowhere))
    }

    @Test(arguments: [
        (rule(0, table: 255), true), (rule(32766, table: 254), true),
        (rule(32767, table: 253), true), (rule(100, table: 254), false),
        (rule(32766, "10.0.0.0/8", table: 254), false),
        (rule(32766, table: 254, mark: "0x1"), false), (rule(32766, table: 9), false),
    ])
    func `knows the kernel's own rules`(rule: RoutingPolicyRule, isKernels: Bool) {
        #expect(rule.isKernels == isKernels)
    }
}
