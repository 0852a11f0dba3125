import NATModel
import NATTesting
import Testing

/// What RuleDatabase decides, held against the fake kernel, which walks the rules by itself and packet
/// by packet. NATPacketTests put the same rules and tables to the real one.
@Suite struct DecisionTests {
    private static func box(_ seed: UInt64) -> (host: FakeHost, database: RuleDatabase) {
        var random = RandomRouting(seed: seed)
        var box = FakeBox()
        box.sysctls["net.ipv4.ip_forward"] = 1
        let tables = random.tables()
        box.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.id, $0.routes) })
        box.rules = random.rules()
        let database = RuleDatabase(rules: box.rules, tables: tables)
        return (FakeHost(box), database)
    }

    /// Whether the kernel does what was decided.
    ///
    /// - Parameter isOfPart: whether it was asked for a part of what was decided of, which may have
    ///   no way.
    private func agree(
        _ decision: EgressDecision, _ way: Reading<RouteAnswer>, isOfPart: Bool = true
    ) -> Bool {
        switch decision.end {
        case .leaves(let interface): way.value?.interface == interface
        case .splits(let interfaces):
            way.value?.interface.map(interfaces.contains)
                ?? (isOfPart || decision.route?.refuses == true)
        case .nowhere: way.value == nil
        case .unknown: false
        }
    }

    @Test func `where no rule may decide otherwise, packets go as was decided`() throws {
        var (sure, ends) = (0, [EgressDecision.End: Int]())
        for seed in UInt64(1)...600 {
            let (host, database) = Self.box(seed)
            for text in RandomRouting.hosts {
                let source = try #require(IPv4Prefix(text))
                for input in RandomRouting.interfaces {
                    for to in RandomRouting.outside + RandomRouting.others {
                        let address = try #require(IPv4Address(to))
                        let decision = database.decision(for: source, to: address, input: input)
                        guard decision.doubts.isEmpty, decision.end != .unknown else { continue }
                        sure += 1
                        ends[decision.end, default: 0] += 1
                        let question = RouteQuestion(
                            to: address, from: source.network, input: input)
                        let way = try #require(host.ways(of: [question]).first)
                        #expect(
                            agree(decision, way, isOfPart: false),
                            "seed \(seed): \(question): \(decision), \(way)")
                    }
                }
            }
        }
        #expect(sure > 20_000, "\(sure)")
        #expect(ends.keys.contains { if case .splits = $0 { true } else { false } })
        #expect(ends[.nowhere, default: 0] > 500, "\(ends)")
    }

    @Test func `what is decided of the outside holds for every part of it, wherever it comes in`()
        throws
    {
        var sure = 0
        for seed in UInt64(1)...600 {
            let (host, database) = Self.box(seed)
            for text in RandomRouting.hosts {
                let source = try #require(IPv4Prefix(text))
                for known in RandomRouting.interfaces.map({ $0 as String? }) + [nil] {
                    let decision = database.decision(for: source, input: known)
                    guard decision.doubts.isEmpty, decision.end != .unknown else { continue }
                    sure += 1
                    for input in known.map({ [$0] }) ?? RandomRouting.interfaces {
                        for to in RandomRouting.outside {
                            let address = try #require(IPv4Address(to))
                            let question = RouteQuestion(
                                to: address, from: source.network, input: input)
                            let way = try #require(host.ways(of: [question]).first)
                            #expect(
                                agree(decision, way),
                                "seed \(seed): \(question): \(decision), \(way)")
                        }
                    }
                }
            }
        }
        #expect(sure > 4000, "\(sure)")
    }

    @Test func `what is decided of a network holds for its hosts that no narrower rule names`()
        throws
    {
        let network = try #require(IPv4Prefix("10.9.0.0/24"))
        var sure = 0
        for seed in UInt64(1)...600 {
            let (host, database) = Self.box(seed)
            let decision = database.decision(for: network, input: "eth0")
            guard decision.doubts.isEmpty, decision.end != .unknown else { continue }
            let narrower = database.rules.compactMap(\.source).filter {
                network.contains($0) && $0 != network
            }
            for text in RandomRouting.hosts {
                let address = try #require(IPv4Address(text))
                guard network.contains(address), !narrower.contains(where: { $0.contains(address) })
                else { continue }
                sure += 1
                let question = RouteQuestion(
                    to: database.outside, from: address, input: "eth0")
                let way = try #require(host.ways(of: [question]).first)
                #expect(agree(decision, way), "seed \(seed): \(question): \(decision), \(way)")
            }
        }
        #expect(sure > 250, "\(sure)")
    }
}
