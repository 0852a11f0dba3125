import NATHost
import NATModel
import NATTesting
import Testing

/// What RuleDatabase decides, held against the kernel itself on a thousand rule sets.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct DecisionPacketTests {
    /// A namespace with the interfaces of RandomRouting, which forwards and filters nothing.
    private static func namespace() async throws -> TestNamespace {
        let namespace = try TestNamespace()
        try await namespace.ip("link set lo up")
        for name in RandomRouting.interfaces {
            try await namespace.ip("link add \(name) type veth peer name p\(name)")
            try await namespace.ip("addr add 192.168.\(name.suffix(1)).1/24 dev \(name)")
            try await namespace.ip("link set \(name) up")
            try await namespace.ip("link set p\(name) up")
        }
        try await namespace.ip(
            "link set \(RandomRouting.interfaces[1]) group \(RandomRouting.group)")
        var parameters = ["net.ipv4.ip_forward=1"]
        for name in ["all", "default"] + RandomRouting.interfaces {
            parameters.append("net.ipv4.conf.\(name).rp_filter=0")
            parameters.append("net.ipv4.conf.\(name).send_redirects=0")
        }
        #expect(try await namespace.run(["sysctl", "-qw"] + parameters) == "")
        return namespace
    }

    private static func lines(_ tables: [FIBTable]) -> [String] {
        tables.flatMap { table in
            table.routes.map {
                RoutingChange.addRoute($0, table: table.id).command.arguments.dropFirst()
                    .joined(separator: " ")
            }
        }
    }

    private static func lines(_ rules: [RoutingPolicyRule]) -> [String] {
        rules.filter { $0.priority > 0 }.map {
            RoutingChange.addRule($0).command.arguments.dropFirst().joined(separator: " ")
        }
    }

    /// Flushes all but table local and the rule to it. A table that was never there cannot be
    /// flushed.
    private static let flushes =
        ["rule flush", "route flush table main"] + (100...104).map { "route flush table \($0)" }

    @Test func `where no rule may decide otherwise, the kernel does what was decided`()
        async throws
    {
        let namespace = try await Self.namespace()
        let routing = KernelRouting(namespace)
        let interfaces = try #require(await routing.interfaces().value)
        var (sure, asked, ends) = (0, 0, [EgressDecision.End: Int]())
        for seed in RandomBoxes.seeds(usually: 1000) {
            var random = RandomRouting(seed: seed)
            try await namespace.batch(Self.flushes, mayFail: true)
            // One that the kernel takes for another that is there is not: what it has is read.
            try await namespace.batch(
                Self.lines(random.tables()) + Self.lines(random.rules()), mayFail: true)
            let tables = try #require(await routing.tables().value)
            let rules = try #require(await routing.rules().value)
            let database = RuleDatabase(rules: rules, tables: tables, interfaces: interfaces)
            var told: [(decision: EgressDecision, question: RouteQuestion, isOfPart: Bool)] = []
            func note(_ decision: EgressDecision, _ question: RouteQuestion, isOfPart: Bool) {
                asked += 1
                guard decision.doubts.isEmpty, decision.end != .unknown else { return }
                told.append((decision, question, isOfPart))
            }
            for text in RandomRouting.hosts {
                let source = try #require(IPv4Prefix(text))
                for input in RandomRouting.interfaces {
                    let outside = database.decision(for: source, input: input)
                    for to in RandomRouting.outside + RandomRouting.others {
                        let address = try #require(IPv4Address(to))
                        let question = RouteQuestion(
                            to: address, from: source.network, input: input)
                        note(
                            database.decision(for: source, to: address, input: input), question,
                            isOfPart: false)
                        if RandomRouting.outside.contains(to) {
                            note(outside, question, isOfPart: true)
                        }
                    }
                }
            }
            sure += told.count
            for (told, way) in zip(told, await routing.ways(of: told.map(\.question))) {
                let end = told.decision.end
                ends[end, default: 0] += 1
                let agrees =
                    switch end {
                    case .leaves(let interface): way.value?.interface == interface
                    // A part of what was decided of may have no way.
                    case .splits(let interfaces):
                        way.value?.interface.map(interfaces.contains)
                            ?? (told.isOfPart || told.decision.route?.refuses == true)
                    case .nowhere: way.value == nil
                    case .unknown: false
                    }
                let words = rules.map { "\($0.priority): \($0.words)" }
                #expect(
                    agrees, "seed \(seed): \(told.question.command): \(end), \(way)\n\(words)")
            }
        }
        #expect(sure > asked / 3, "sure of \(sure) of \(asked)")
        #expect(ends[.nowhere, default: 0] > sure / 100, "\(ends)")
        #expect(ends.keys.contains { if case .splits = $0 { true } else { false } })
        for name in RandomRouting.interfaces {
            #expect(ends[.leaves(by: name), default: 0] > sure / 100, "\(ends)")
        }
    }

    /// A kernel without VRFs cannot be asked about them.
    @Test func `what comes in by a VRF goes by its table, and nothing else does`() async throws {
        let namespace = try await Self.namespace()
        let made = try await namespace.run(
            "ip", "link", "add", "red", "type", "vrf", "table", "104")
        guard made == "" else {
            try Test.cancel("this kernel has no VRFs: \(made)")
        }
        try await namespace.batch([
            "link set red up", "link set eth2 master red", "route add default dev eth0",
            "route add default dev eth2 table 104",
        ])
        let routing = KernelRouting(namespace)
        let database = RuleDatabase(
            rules: try #require(await routing.rules().value),
            tables: try #require(await routing.tables().value),
            interfaces: try #require(await routing.interfaces().value))
        let source = try #require(IPv4Prefix("10.9.0.5"))
        for (input, output) in [("eth1", "eth0"), ("eth2", "eth2")] {
            let question = RouteQuestion(to: .outside, from: source.network, input: input)
            #expect(database.decision(for: source, input: input).interface == output)
            #expect(await routing.way(of: question).value?.interface == output)
        }
    }
}
