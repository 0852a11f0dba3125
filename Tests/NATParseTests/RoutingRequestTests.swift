import NATModel
import NATParse
import NATTesting
import Testing

/// What is sent is laid out as what the kernel tells, so the readers read it back.
@Suite struct RoutingRequestTests {
    private static let indexes: [String: UInt32] = ["eth0": 4, "eth1": 6]

    private func message(_ change: RoutingChange) throws -> [UInt8] {
        try RoutingRequest.message(change) { Self.indexes[$0] }
    }

    @Test func `a rule is read back as it was written`() throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let rule = Self.rule(&random)
            let bytes = try message(.addRule(rule)) + NetlinkBytes.done
            #expect(try RuleReply().whole(bytes).rules == [rule])
        }
    }

    @Test func `a route is read back as it was written`() throws {
        var random = SeededRandom(seed: 12)
        for _ in 0..<500 {
            let route = Self.route(&random)
            let table = random.pick([100, 254, 255, 256, 20001])
            let bytes = try message(.addRoute(route, table: table)) + NetlinkBytes.done
            let names = [4: "eth0", 6: "eth1"]
            #expect(
                try RouteReply { names[$0] }.whole(bytes).tables
                    == [FIBTable(id: table, routes: [route])])
        }
    }

    @Test func `an addition replaces nothing, and everything is acknowledged`() throws {
        let rule = RoutingPolicyRule(priority: 5000, action: .lookup(table: 20001))
        let route = Route(destination: .all, interface: "eth1")
        // NLM_F_REQUEST, NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE.
        #expect(try message(.addRule(rule))[4...7] == [32, 0, 0x05, 0x06])
        #expect(try message(.addRoute(route, table: 1))[4...7] == [24, 0, 0x05, 0x06])
        #expect(try message(.deleteRule(rule))[4...7] == [33, 0, 0x05, 0])
        #expect(try message(.deleteRoute(route, table: 1))[4...7] == [25, 0, 0x05, 0])
    }

    @Test func `refuses what it has no message for, by name`() throws {
        let route = Route(destination: .all, interface: "gone0")
        #expect(throws: RoutingRequest.Refusal.noInterface("gone0")) {
            try message(.addRoute(route, table: 1))
        }
        let nothing = Route(destination: .all, type: "by magic")
        #expect(throws: RoutingRequest.Refusal.notWritable("by magic")) {
            try message(.addRoute(nothing, table: 1))
        }
    }

    private static func prefix(_ random: inout SeededRandom) -> IPv4Prefix {
        IPv4Prefix(
            IPv4Address(rawValue: .random(in: .min ... .max, using: &random)),
            length: .random(in: 1...32, using: &random))
    }

    private static func rule(_ random: inout SeededRandom) -> RoutingPolicyRule {
        var rule = RoutingPolicyRule(
            priority: .random(in: 0...40000, using: &random),
            action: .lookup(table: random.pick([1, 254, 255, 256, 20001, 4_294_967_295])))
        if random.oneIn(2) { rule.source = prefix(&random) }
        if random.oneIn(4) { rule.action = .goto(priority: 40001) }
        if random.oneIn(2) { rule.protocolNumber = random.pick([2, 3, 4, 201]) }
        if random.oneIn(3) { rule.suppressPrefixLength = random.pick([0, 8, 32]) }
        if random.oneIn(3) {
            rule.mark = random.pick([
                PacketMark(7), PacketMark(0x10, mask: 0xff), PacketMark(0, mask: 3),
            ])
        }
        if random.oneIn(2) { rule.selectors = selectors(&random) }
        return rule
    }

    private static func selectors(_ random: inout SeededRandom) -> RuleSelectors {
        var selectors = RuleSelectors()
        selectors.isInverted = random.oneIn(3)
        if random.oneIn(3) {
            selectors.destination = IPv4Address("10.9.0.0")
            selectors.destinationLength = random.pick([16, 24, 32])
        }
        if random.oneIn(3) { selectors.typeOfService = random.pick([4, 16]) }
        if random.oneIn(3) { selectors.input = "eth0" }
        if random.oneIn(3) { selectors.output = "eth1" }
        if random.oneIn(3) { selectors.users = 0...1000 }
        if random.oneIn(3) { selectors.ipProtocol = 17 }
        if random.oneIn(3) { selectors.sourcePorts = .init(80, through: 90) }
        if random.oneIn(3) { selectors.destinationPorts = .init(443) }
        return selectors
    }

    private static func route(_ random: inout SeededRandom) -> Route {
        var route = Route(
            destination: random.oneIn(3) ? .all : prefix(&random),
            metric: random.pick([0, 10, .max]),
            protocolNumber: random.pick([nil, 2, 4, 201]))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: route.type = random.pick(["unreachable", "throw", "blackhole", "prohibit"])
        case 1: route.interface = "eth0"
        case 2:
            route.hops = ["eth0", "eth1"].map {
                Route.Hop(nextHop: random.oneIn(2) ? IPv4Address("10.0.0.1") : nil, interface: $0)
            }
        default:
            route.interface = "eth1"
            route.nextHop = IPv4Address("10.0.0.1")
            route.isOnLink = random.oneIn(2)
            if random.oneIn(2) { route.preferredSource = IPv4Address("10.0.0.7") }
        }
        return route
    }
}
