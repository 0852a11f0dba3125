import NATModel
import Testing

@Suite struct SourceMapTests {
    private static func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }

    private static func map(_ entries: [(String, Int)], cover: [String] = []) -> SourceMap {
        var map = SourceMap()
        for (source, number) in entries { map[prefix(source)] = number }
        map.cover = cover.map(prefix)
        return map
    }

    @Test func `the longest prefix decides, whatever came first`() {
        let map = Self.map([("10.0.0.0/8", 1), ("10.0.3.7", 2), ("10.0.3.0/24", 3)])
        #expect(map.entry(for: Self.prefix("10.0.3.7"))?.number == 2)
        #expect(map.entry(for: Self.prefix("10.0.3.8"))?.number == 3)
        #expect(map.entry(for: Self.prefix("10.0.2.0/23"))?.number == 1)
        #expect(map.entry(for: Self.prefix("11.0.0.1")) == nil)
        #expect(map.lengths == [32, 24, 8])
    }

    @Test func `an entry that goes leaves nothing behind`() {
        var map = Self.map([("10.0.3.7", 2), ("10.0.3.0/24", 3)])
        map.make([.entry(Self.prefix("10.0.3.7"), from: 2, to: nil)])
        map.make([.entry(Self.prefix("10.0.3.9"), from: nil, to: nil)])
        #expect(map.entry(for: Self.prefix("10.0.3.7"))?.number == 3)
        #expect(map.lengths == [24])
        #expect(map == Self.map([("10.0.3.0/24", 3)]))
    }

    @Test func `many changes at once are as one after the other`() {
        var (one, other) = (SourceMap(), SourceMap())
        var state: UInt32 = 31
        func roll(_ sides: UInt32) -> UInt32 {
            state = state &* 1_664_525 &+ 1_013_904_223
            return (state >> 8) % sides
        }
        for count in [40, 3, 60, 60, 9, 100] {
            let changes = (0..<count).map { _ -> MapChange in
                let source = IPv4Prefix(
                    IPv4Address(rawValue: 0x0a00_0000 + roll(90)), length: roll(3) == 0 ? 24 : 32)
                if roll(9) == 0 { return .cover(source, isAdded: roll(2) == 0) }
                return .entry(source, from: nil, to: roll(2) == 0 ? nil : Int(roll(3)))
            }
            one.make(changes)
            for change in changes { other.make([change]) }
            #expect(one == other)
            #expect(one.lengths == other.lengths)
            #expect(SourceMap(one.description) == one)
            #expect(one.entries.map(\.source) == other.sources.map(\.self))
        }
        #expect(one.count > 20)
    }

    @Test func `what is covered and has no entry is free, what is not covered has no mark`() {
        let marks = ConnectionMarks(mask: 0x00ff_0000, egresses: [1: "eth0", 2: "eth1"])
        let map = Self.map([("10.0.3.7", 2), ("10.0.3.64/26", 0)], cover: ["10.0.3.0/24"])
        #expect(map.mark(of: Self.prefix("10.0.3.7"), in: marks).value == 0x0002_0000)
        #expect(map.mark(of: Self.prefix("10.0.3.8"), in: marks) == marks.free)
        #expect(map.mark(of: Self.prefix("10.0.3.65"), in: marks) == marks.free)
        #expect(map.mark(of: Self.prefix("10.0.4.1"), in: marks).value == 0)
        // No egress has the mark of what is free.
        #expect((1...255).allSatisfy { marks.mark(of: $0) != marks.free })
    }

    @Test func `its words are read again, and others are not`() {
        let map = Self.map([("10.0.3.7", 2), ("10.0.3.0/24", 0)], cover: ["10.0.3.0/24"])
        #expect(SourceMap(map.description) == map)
        #expect(SourceMap("- -") == SourceMap())
        let marks = ConnectionMarks(mask: 0x00ff_0000, egresses: [2: "eth1"])
        let gate = Gate(internals: [Self.prefix("10.0.0.0/8")], marks: marks, map: map)
        #expect(Gate(gate.description) == gate)
        for text in ["", "-", "- 10.0.0.1", "- 10.0.0.1=x", "- 10.0.0.1=-1", "10.0.0.1, -"] {
            #expect(SourceMap(text) == nil, "\(text)")
        }
    }

    @Test func `a walk through the rules has the mark that the map gives`() {
        let marks = ConnectionMarks(mask: 0x00ff_0000, egresses: [1: "eth1"])
        let host = Self.prefix("10.0.3.7")
        let gate = Gate(marks: marks, map: Self.map([("10.0.3.7", 1)], cover: ["10.0.3.0/24"]))
        func rule(
            _ priority: Int, _ source: String?, _ action: RoutingPolicyRule.Action,
            _ mark: PacketMark?
        )
            -> RoutingPolicyRule
        {
            RoutingPolicyRule(
                priority: priority, source: source.map(Self.prefix), action: action,
                protocolNumber: Ownership.protocolNumber, mark: mark)
        }
        let rules = [
            rule(4701, nil, .lookup(table: 20001), marks.mark(of: 1)),
            rule(4958, nil, .goto(priority: 4960), marks.free),
            rule(4959, "10.0.3.0/24", .lookup(table: 20000), nil),
            rule(4960, nil, .other("nop"), nil),
            RoutingPolicyRule(priority: 32766, action: .lookup(table: FIBTable.main)),
        ]
        let tables = [
            FIBTable(id: FIBTable.main, routes: [Route(destination: .all, interface: "eth0")]),
            FIBTable(id: 20000, routes: [Route(destination: .all, type: "unreachable")]),
            FIBTable(id: 20001, routes: [Route(destination: .all, interface: "eth1")]),
        ]
        let whole = RuleDatabase(rules: rules, tables: tables, gate: gate)
        #expect(whole.decision(for: host).end == .leaves(by: "eth1"))
        #expect(whole.decision(for: Self.prefix("10.0.3.8")).end == .leaves(by: "eth0"))
        #expect(whole.decision(for: Self.prefix("10.0.4.8")).end == .leaves(by: "eth0"))
        // What the box itself sends is marked by nothing.
        #expect(whole.decision(for: host, input: "lo").end == .nowhere)
        let flushed = RuleDatabase(rules: rules, tables: tables)
        #expect(flushed.decision(for: host).end == .nowhere)
        #expect(flushed.decision(for: Self.prefix("10.0.4.8")).end == .leaves(by: "eth0"))
    }
}
