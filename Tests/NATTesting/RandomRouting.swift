import NATModel

/// Policy rules and tables of every kind, which a seed gives again.
///
/// The same are put to the fake kernel and to the real one.
package struct RandomRouting: Sendable {
    private var random: SeededRandom

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// The interfaces by which packets come in and leave.
    package static let interfaces = ["eth0", "eth1", "eth2"]
    /// The group of the second of them, which rules pass over.
    package static let group = 7
    /// Hosts behind the box, some of them in a network that rules select.
    package static let hosts = ["10.9.0.5", "10.9.0.77", "10.9.1.6", "10.77.3.3"]
    /// Addresses of the outside, two of each part of it that the wide routes tell apart.
    package static let outside = ["199.1.2.3", "8.8.4.4", "66.5.4.3", "100.1.2.3", "150.1.1.1"]
    /// Addresses that routes and rules here tell apart from the rest of the outside, or internal.
    package static let others = ["192.0.2.9", "10.200.0.7", "203.0.113.5", "172.31.5.5"]

    /// Tables 100 and on, and table main with a default route and what is internal.
    package mutating func tables() -> [FIBTable] {
        var tables = (100...104).map { id in
            FIBTable(id: id, routes: routes())
        }
        // Nothing is in 105, where rules lead all the same.
        tables.append(
            FIBTable(
                id: FIBTable.main,
                routes: [
                    Route(destination: .all, interface: "eth0"),
                    route("10.9.0.0/16", interface: "eth0"),
                    route("172.31.0.0/16", interface: "eth1"),
                ]))
        return tables
    }

    private mutating func routes() -> [Route] {
        var routes: [Route] = []
        for network in ["10.0.0.0/8", "203.0.113.0/24", "192.0.2.0/24"] where random.oneIn(3) {
            routes.append(
                random.oneIn(2)
                    ? route(network, type: "throw")
                    : route(network, interface: random.pick(Self.interfaces)))
        }
        if random.oneIn(5) {
            for half in ["0.0.0.0/1", "128.0.0.0/1"] where !random.oneIn(4) {
                routes.append(
                    random.oneIn(6)
                        ? route(half, type: random.pick(Self.refusals))
                        : route(half, interface: random.pick(Self.interfaces)))
            }
        }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: break
        case 1: routes.append(route("0.0.0.0/0", type: "throw"))
        case 2:
            var several = route("0.0.0.0/0")
            several.hops = ["eth0", "eth1"].map { .init(nextHop: nil, interface: $0) }
            routes.append(several)
        case 3: routes.append(route("0.0.0.0/0", type: random.pick(Self.refusals)))
        default: routes.append(route("0.0.0.0/0", interface: random.pick(Self.interfaces)))
        }
        if random.oneIn(6) {
            var ofService = route("0.0.0.0/0", interface: random.pick(Self.interfaces))
            ofService.typeOfService = 0x10
            routes.append(ofService)
        }
        if random.oneIn(2) { routes.append(route("0.0.0.0/0", type: "unreachable", metric: .max)) }
        return routes
    }

    private static let refusals = ["unreachable", "blackhole", "prohibit"]

    private func route(
        _ network: String, type: String = "unicast", interface: String? = nil, metric: UInt32 = 0
    ) -> Route {
        Route(
            destination: IPv4Prefix(network) ?? .all, type: type, interface: interface,
            metric: metric)
    }

    /// The kernel's own rules with up to eight others between them, in the order of evaluation.
    package mutating func rules() -> [RoutingPolicyRule] {
        let priorities = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            10 * Int.random(in: 1...12, using: &random)
        }.sorted()
        var rules = [RoutingPolicyRule(priority: 0, action: .lookup(table: FIBTable.local))]
        for priority in priorities {
            let rule = rule(priority)
            if !rules.contains(rule) { rules.append(rule) }
        }
        return rules + [
            RoutingPolicyRule(priority: 32766, action: .lookup(table: FIBTable.main)),
            RoutingPolicyRule(priority: 32767, action: .lookup(table: FIBTable.defaultTable)),
        ]
    }

    private mutating func rule(_ priority: Int) -> RoutingPolicyRule {
        var rule = RoutingPolicyRule(priority: priority, action: action(priority))
        if !random.oneIn(3) {
            let sources = [
                "10.9.0.5", "10.9.0.0/24", "10.9.0.0/16", "10.77.3.3", "10.0.0.0/8", "10.9.1.6",
            ]
            rule.source = IPv4Prefix(random.pick(sources))
        }
        if rule.table != nil, random.oneIn(5) {
            rule.suppressPrefixLength = random.pick([0, 0, 7, 24])
        }
        if rule.table != nil, random.oneIn(6) { rule.selectors.suppressGroup = Self.group }
        if random.oneIn(8) { rule.mark = PacketMark(random.pick([0, 1, 0x10]), mask: 0xff) }
        rule.selectors.isInverted = random.oneIn(7)
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1: rule.selectors.input = random.pick(Self.interfaces + ["lo", "gone0"])
        case 2:
            let network = random.pick(["10.200.0.0/16", "192.0.2.0/24", "128.0.0.0/1"])
            rule.selectors.destination = IPv4Prefix(network)?.network
            rule.selectors.destinationLength = IPv4Prefix(network)?.length ?? 32
        case 3: rule.selectors.typeOfService = 0x10
        case 4: rule.selectors.ipProtocol = random.pick([6, 17])
        case 5:
            rule.selectors.ipProtocol = 6
            rule.selectors.sourcePorts = .init(random.pick([22, 443]))
        case 6: rule.selectors.users = random.pick([0...0, 0...999, 1000...2000])
        case 7: rule.selectors.output = random.pick(Self.interfaces)
        default: break
        }
        // What selects nothing cannot be inverted.
        if rule.source == nil, rule.mark == nil,
            rule.selectors == RuleSelectors({ $0.isInverted = true })
        {
            rule.selectors.isInverted = false
        }
        return rule
    }

    private mutating func action(_ priority: Int) -> RoutingPolicyRule.Action {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: .goto(priority: priority + 10 * Int.random(in: 1...4, using: &random))
        case 1: .goto(priority: 32766)
        case 2: .other("nop")
        case 3: .other(random.pick(Self.refusals))
        default: .lookup(table: random.pick([100, 101, 102, 103, 104, 105, FIBTable.main]))
        }
    }
}
