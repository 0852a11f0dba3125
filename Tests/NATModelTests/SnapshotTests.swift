import NATModel
import Testing

private func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }
private let hostB = prefix("172.31.26.176")
private let gateway = IPv4Address("172.31.0.1")

/// The scenario's box, built from values.
private func snapshot(
    rules: [RoutingPolicyRule] = [], tables: [FIBTable] = [], nat: [NATRule] = []
) -> Snapshot {
    let kernel = [
        RoutingPolicyRule(priority: 0, action: .lookup(table: 255)),
        RoutingPolicyRule(priority: 32766, action: .lookup(table: 254)),
    ]
    let main = FIBTable(
        id: 254, routes: [Route(destination: .all, nextHop: gateway, interface: "eth0")])
    let postrouting = NATChain(name: "POSTROUTING", policy: "ACCEPT", rules: nat)
    return Snapshot(
        takenAtMilliseconds: 0, hostName: "nat",
        interfaces: .value([
            Interface(name: "lo", index: 1, state: .up, isLoopback: true),
            Interface(
                name: "eth0", index: 2, state: .up, mac: "02:00:00:00:00:02",
                addresses: IPv4Address("172.31.8.207").map { [.init($0, prefixLength: 16)] } ?? []),
            Interface(
                name: "eth1", index: 3, state: .up, mac: "02:00:00:00:00:03",
                addresses: IPv4Address("172.31.8.208").map { [.init($0, prefixLength: 16)] } ?? []),
        ]),
        counters: .value([:]), rules: .value((rules + kernel).sorted { $0.priority < $1.priority }),
        tables: .value([main] + tables),
        nat: .value([.init(backend: .nfTables, program: "iptables-nft", chains: [postrouting])]),
        sysctls: .value(["net.ipv4.ip_forward": 1]), sysctlFile: .value(nil), cloud: .value([]),
        neighbours: .value([]))
}

private func table(_ id: Int, _ routes: Route...) -> FIBTable { FIBTable(id: id, routes: routes) }
private let byEth1 = Route(destination: .all, nextHop: gateway, interface: "eth1")
private func rule(_ priority: Int, _ source: String, _ table: Int) -> RoutingPolicyRule {
    RoutingPolicyRule(priority: priority, source: prefix(source), action: .lookup(table: table))
}

@Suite struct AssignmentTests {
    @Test func `the scenario has one assignment, and the box's own address is none`() {
        let box = snapshot(
            rules: [rule(32764, "172.31.26.176", 10001), rule(32765, "172.31.8.208", 10001)],
            tables: [table(10001, byEth1)],
            nat: [NATRule(target: "MASQUERADE", output: "eth1", source: "172.31.0.0/16")])
        #expect(
            BoxFacts(box).assignments == [
                Assignment(
                    source: hostB, egress: "eth1", table: 10001, priority: 32764, isOwned: false,
                    isMasqueraded: true,
                    decision: EgressDecision(
                        .leaves(by: "eth1"), by: rule(32764, "172.31.26.176", 10001), at: 1,
                        route: byEth1, table: 10001))
            ])
    }

    @Test func `the first of two rules for a source decides`() {
        let box = snapshot(
            rules: [rule(10, "172.31.26.176", 10001), rule(20, "172.31.26.176", 254)],
            tables: [table(10001, byEth1)])
        #expect(BoxFacts(box).assignments.map(\.priority) == [10])
    }

    @Test func `a rule that looks at more than the source is no assignment`() {
        var marked = rule(10, "172.31.26.176", 10001)
        marked.mark = PacketMark(1)
        var input = rule(11, "172.31.26.176", 10001)
        input.selectors.input = "eth0"
        let box = snapshot(rules: [marked, input], tables: [table(10001, byEth1)])
        #expect(BoxFacts(box).assignments == [])
    }

    @Test func `an assignment says what its rule wants and where its packets really go`() {
        let first = RoutingPolicyRule(priority: 100, action: .lookup(table: 254))
        let box = snapshot(
            rules: [first, rule(5000, "172.31.26.176", 10001)], tables: [table(10001, byEth1)],
            nat: [NATRule(target: "MASQUERADE", output: "eth1")])
        let found = BoxFacts(box).assignments.first
        #expect(found?.egress == "eth1")
        #expect(found?.decision.end == .leaves(by: "eth0"))
        #expect(found?.decision.rule == first)
        #expect(found?.defeat == first)
        #expect(found?.fallsThrough == false)
        // It leaves by eth0, where nothing translates it.
        #expect(found?.isMasqueraded == false)
    }

    @Test func `where a host was seen decides what looks at where packets come in`() {
        var first = RoutingPolicyRule(priority: 100, action: .lookup(table: 254))
        first.selectors.input = "eth0"
        var box = snapshot(
            rules: [first, rule(5000, "172.31.26.176", 10001)], tables: [table(10001, byEth1)])
        #expect(BoxFacts(box).assignments.map(\.decision.doubts) == [[first]])
        #expect(BoxFacts(box).assignments.map(\.defeat) == [nil])
        box.neighbours = .value([
            Neighbour(address: hostB.network, interface: "eth0", mac: "02:00:00:00:00:09")
        ])
        #expect(BoxFacts(box).assignments.map(\.decision.rule) == [first])
        #expect(BoxFacts(box).assignments.map(\.decision.end) == [.leaves(by: "eth0")])
        #expect(BoxFacts(box).assignments.map(\.defeat) == [first])
    }

    @Test func `what an earlier rule defeats does not leave as it was kept`() {
        let first = RoutingPolicyRule(priority: 100, action: .lookup(table: 254))
        var box = snapshot(
            rules: [first, rule(5000, "172.31.26.176", 10001)], tables: [table(10001, byEth1)])
        box.saved = .value([SavedAssignment(source: hostB, egress: "eth1")])
        #expect(BoxFacts(box).drift == [Drift(source: hostB, kept: "eth1", present: "eth0")])
        box.rules = box.rules.map { $0.filter { $0 != first } }
        #expect(BoxFacts(box).drift == [])
    }

    @Test func `an earlier rule that leads the same way defeats nothing`() {
        let box = snapshot(
            rules: [rule(100, "172.31.0.0/16", 10001), rule(5000, "172.31.26.176", 20001)],
            tables: [table(10001, byEth1), table(20001, byEth1)])
        #expect(BoxFacts(box).assignments.map(\.defeat) == [nil, nil])
    }

    @Test func `an open table is no closed one`() {
        let rules = [rule(5000, "172.31.26.176", 20001)]
        let open = BoxFacts(snapshot(rules: rules)).assignments.first
        #expect(open?.fallsThrough == true)
        #expect(open?.decision.interface == "eth0")
        let backstop = Route(destination: .all, type: "unreachable", metric: .max)
        let closed = BoxFacts(snapshot(rules: rules, tables: [table(20001, backstop)])).assignments
            .first
        #expect(closed?.fallsThrough == false)
        #expect(closed?.leavesNowhere == true)
    }

    @Test func `a multipath default route leaves by its first hop`() {
        let route = Route(
            destination: .all,
            hops: [.init(nextHop: gateway, interface: "eth1"), .init(nextHop: nil, interface: "x")])
        let box = snapshot(
            rules: [rule(10, "172.31.26.176", 10001)], tables: [table(10001, route)],
            nat: [NATRule(target: "MASQUERADE")])
        #expect(BoxFacts(box).assignments.map(\.egress) == ["eth1"])
    }

    @Test func `what could not be read is never a figure`() {
        var box = snapshot(
            rules: [rule(5000, "172.31.26.176", 20001)], tables: [table(20001, byEth1)])
        box.nat = .failed(ReadFailure("iptables-nft -t nat -nvxL", "no answer in 5 s", fix: "f"))
        #expect(BoxFacts(box).assignments.map(\.isMasqueraded) == [nil])
    }
}

@Suite struct EgressTests {
    @Test func `follows the first rule whose table has a default route`() {
        let box = snapshot(
            rules: [rule(10, "172.31.26.176", 9), rule(20, "172.31.26.0/24", 10001)],
            tables: [table(10001, byEth1)])
        #expect(BoxFacts(box).decision(for: hostB).interface == "eth1")
        #expect(BoxFacts(box).decision(for: prefix("172.31.27.1")).interface == "eth0")
    }

    @Test func `passes over rules that suppress the default route`() {
        var suppressed = RoutingPolicyRule(priority: 1, action: .lookup(table: 254))
        suppressed.suppressPrefixLength = 0
        let box = snapshot(
            rules: [suppressed, rule(20, "172.31.26.176", 10001)], tables: [table(10001, byEth1)])
        #expect(BoxFacts(box).decision(for: hostB).interface == "eth1")
    }

    @Test func `an unreachable default goes nowhere and a throw goes on`() {
        let closed = Route(destination: .all, type: "unreachable", metric: .max)
        let rules = [rule(10, "172.31.26.176", 20001)]
        #expect(
            BoxFacts(snapshot(rules: rules, tables: [table(20001, closed)])).decision(for: hostB)
                .interface == nil)
        let thrown = Route(destination: .all, type: "throw")
        #expect(
            BoxFacts(snapshot(rules: rules, tables: [table(20001, thrown)])).decision(for: hostB)
                .interface == "eth0")
    }

    @Test func `a rule that is unreachable itself goes nowhere`() {
        let box = snapshot(rules: [
            RoutingPolicyRule(priority: 9, source: hostB, action: .other("unreachable"))
        ])
        #expect(BoxFacts(box).decision(for: hostB).interface == nil)
        #expect(BoxFacts(box).decision(for: prefix("172.31.26.175")).interface == "eth0")
    }

    @Test func `a goto skips the rules in between`() {
        let box = snapshot(
            rules: [
                RoutingPolicyRule(priority: 9, source: hostB, action: .goto(priority: 32766)),
                rule(20, "172.31.26.176", 10001),
            ], tables: [table(10001, byEth1)])
        #expect(BoxFacts(box).decision(for: hostB).interface == "eth0")
    }

    @Test func `sums the MASQUERADE rules of an interface`() {
        let box = snapshot(nat: [
            NATRule(packets: 1, bytes: 60, target: "MASQUERADE", output: "eth1"),
            NATRule(packets: 2, bytes: 120, target: "MASQUERADE", output: "eth1"),
            NATRule(packets: 4, bytes: 240, target: "MASQUERADE", output: "eth+"),
        ])
        let eth1 = box.egressInterfaces.first { $0.interface.name == "eth1" }
        #expect(eth1?.masquerade == .init(packets: 3, bytes: 180))
        #expect(box.egressInterfaces.map(\.interface.name) == ["eth0", "eth1"])
    }

    @Test func `an interface's own public address counts where the cloud tells none`() {
        var box = snapshot()
        box.cloud = .failed(ReadFailure("cloud", "none"))
        guard let eth0 = box.interface("eth0"), let address = IPv4Address("203.0.113.7") else {
            Issue.record("no eth0")
            return
        }
        #expect(box.publicAddresses(of: eth0) == nil)
        var routed = eth0
        routed.addresses.append(.init(address, prefixLength: 24))
        #expect(
            box.publicAddresses(of: routed) == [
                PublicAddress(address, privateAddress: address, source: .interface)
            ])
    }

    @Test func `says a rule in iproute2's words`() {
        var rule = rule(5080, "10.0.3.0/24", 254)
        rule.selectors.isInverted = true
        rule.selectors.input = "eth0"
        rule.mark = PacketMark(1, mask: 0xff)
        rule.suppressPrefixLength = 0
        rule.protocolNumber = 201
        #expect(
            rule.words == "not from 10.0.3.0/24 iif eth0 fwmark 0x1/0xff lookup main"
                + " suppress_prefixlength 0 proto 201")
    }
}
