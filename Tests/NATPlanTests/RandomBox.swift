import NATModel
import NATPlan
import NATTesting

/// Boxes and intents as operators, platforms and accidents leave them.
struct RandomBox {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private static let sources = [
        "172.31.26.175", "172.31.26.176", "172.31.26.0/24", "172.31.26.128/25", "10.0.3.7",
        "10.0.3.0/24",
    ]

    mutating func box() async throws -> FakeBox {
        var box = random.oneIn(3) ? FakeBox.bare : .scenario
        box.sysctls["net.ipv4.ip_forward"] = random.oneIn(8) ? 0 : 1
        if random.oneIn(3) { box.nat = [.nfTables: FakeBox.emptyChains] }
        if random.oneIn(4) { box.nat[.legacy] = FakeBox.emptyChains }
        if random.oneIn(5) { box.cloud = nil }
        if random.oneIn(4) { box.sysctls["net.ipv4.conf.eth0.rp_filter"] = 1 }
        for _ in 0..<Int.random(in: 0..<4, using: &random) { box.addRule(foreignRule()) }
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
            box.addNAT(foreignNAT(), in: random.pick(box.nat.keys.sorted { "\($0)" < "\($1)" }))
        }
        let host = FakeHost(box)
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
            guard let plan = try? await host.plan(intent()) else { continue }
            try await carryOut(plan, on: host)
            if random.oneIn(6) { host.box.flap(random.pick(["eth0", "eth1"])) }
            if random.oneIn(4) { host.box.addNAT(foreignNAT(), in: .nfTables) }
            if random.oneIn(4) { host.box.addRule(foreignRule()) }
        }
        return host.box
    }

    mutating func intent() -> Intent {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: .setup(SetupOptions(sources: random.oneIn(2) ? [] : [source()]))
        case 1: .removeAll
        case 2, 3, 4: .release(someSources())
        default:
            .assign(
                someSources(), egress: random.pick(["eth0", "eth1"]),
                options: AssignOptions(
                    adoptsTables: random.oneIn(6),
                    gateway: random.oneIn(5) ? IPv4Address("172.31.0.9") : nil))
        }
    }

    private mutating func source() -> IPv4Prefix { FakeBox.source(random.pick(Self.sources)) }

    private mutating func someSources() -> [IPv4Prefix] {
        (0..<Int.random(in: 1..<4, using: &random)).map { _ in source() }
    }

    private mutating func foreignRule() -> RoutingPolicyRule {
        var rule = RoutingPolicyRule(
            priority: Int.random(in: 1..<32766, using: &random),
            source: random.oneIn(6) ? nil : source(),
            action: .lookup(table: random.pick([10001, 10001, 254, 777])),
            protocolNumber: random.oneIn(3) ? 4 : nil)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: rule.selectors.input = "eth0"
        case 1: rule.selectors.isInverted = true
        case 2: rule.mark = PacketMark(0x10, mask: 0xff)
        case 3: rule.action = .other("unreachable")
        case 4: rule.action = .goto(priority: 32766)
        default: break
        }
        return rule
    }

    private mutating func foreignNAT() -> NATRule {
        NATRule(
            packets: UInt64.random(in: 0..<9, using: &random),
            target: random.pick(["MASQUERADE", "SNAT", "ACCEPT", "RETURN"]),
            output: random.pick(["eth0", "eth1", "eth+", "*", "!eth0"]),
            source: random.pick(["0.0.0.0/0"] + Self.sources),
            extra: random.pick(["", "/* mine */", "mark match 0x1", "to:203.0.113.7"]))
    }
}

extension FakeBox {
    /// The box with rules of one priority in an order of their own: putting a rule back puts it
    /// behind the others, and no two of one priority and one source look up different tables.
    var comparable: FakeBox {
        with { box in
            box.rules.sort { ($0.priority, $0.words) < ($1.priority, $1.words) }
            for id in box.tables.keys { box.tables[id]?.sort { "\($0)" < "\($1)" } }
        }
    }

    /// All that natdeck did not make.
    var foreign: FakeBox {
        with { box in
            box.rules.removeAll(where: \.isOwned)
            for id in box.tables.keys { box.tables[id]?.removeAll(where: \.isOwned) }
            box.tables = box.tables.filter { !$0.value.isEmpty }
            for backend in box.nat.keys {
                for index in box.nat[backend]?.indices ?? 0..<0 {
                    box.nat[backend]?[index].rules.removeAll(where: \.isOwned)
                }
            }
            box.files = [:]
            box.sysctls = [:]
            box.gate = nil
        }
    }
}
