import NATModel

/// A snapshot with all the parts a plan depends on; without them no plan is made.
struct Box {
    let snapshot: Snapshot
    /// What follows from it.
    let facts: BoxFacts
    let interfaces: [Interface]
    let rules: [RoutingPolicyRule]
    let tables: [FIBTable]
    /// The tables that translate; empty where they could not be read, which only plans that need
    /// none are made with.
    let nat: [NATRuleSet]
    /// Contents of natdeck's own file of kernel parameters; `nil` where `setup` was not run.
    let sysctlFile: String?
    private let places: RulePlaces
    private let tablesByID: [Int: FIBTable]
    /// The gateways of all routes that lead outside.
    let gateways: Set<IPv4Address>
    /// How sources are steered from here on.
    let method: SteeringMethod

    /// - Parameters:
    ///   - needsNAT: whether no plan can be made without the nat tables.
    ///   - method: how sources are to be steered; `nil` for as they are.
    init(
        _ snapshot: Snapshot, needsNAT: Bool = true, steering method: SteeringMethod? = nil
    ) throws(PlanRefusal) {
        self.snapshot = snapshot
        facts = BoxFacts(snapshot, derivesAssignments: false)
        interfaces = try Self.need(snapshot.interfaces)
        rules = try Self.need(snapshot.rules)
        tables = try Self.need(snapshot.tables)
        nat = needsNAT ? try Self.need(snapshot.nat) : snapshot.nat.value ?? []
        sysctlFile = try Self.need(snapshot.sysctlFile)
        var gateways: Set<IPv4Address> = []
        for table in tables {
            for route in table.routes where !route.destination.isInternal {
                gateways.formUnion(([route.nextHop] + route.hops.map(\.nextHop)).compactMap(\.self))
            }
        }
        self.gateways = gateways
        // Where the kernel cannot hold the map any more, rules do its work.
        self.method =
            snapshot.gate.failure.map { $0 == .unread } == false
            ? .rule : method ?? snapshot.steeringMethod ?? .rule
        places = RulePlaces(rules) { _ in true }
        tablesByID = Dictionary(tables.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func need<Value>(_ part: Reading<Value>) throws(PlanRefusal) -> Value {
        switch part {
        case .value(let value): return value
        case .failed(let failure):
            throw PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
    }

    /// Whether the tables were made by `setup`, and so stay when the last host goes.
    var isSetUp: Bool { SysctlFile.isOfSetup(sysctlFile) }

    /// The sources whose rules a plan touches.
    func movedSources(by plan: Plan) -> [IPv4Prefix] {
        // What ends may be a session of the box that came back to it from outside.
        if case .cut(let cut) = plan.intent { return cut.sources }
        if case .removeAll = plan.intent {
            // What is closed because the map was lost is opened too.
            return snapshot.ownSteered + rules.filter(\.isClosing).compactMap(\.source)
        }
        if case .arrange(let arrangements, _) = plan.intent {
            // Of a whole file it touches only what it moves.
            let released = arrangements.filter { $0.egress == nil }.map(\.source)
            let steered = plan.steps.compactMap(\.action.steered)
            return (plan.verifications.compactMap(\.source) + released + steered).uniqued()
        }
        return plan.sources
    }

    /// The plain rules that select exactly this source, in the order of evaluation.
    func rules(for source: IPv4Prefix) -> [RoutingPolicyRule] {
        rules(selecting: source).filter {
            $0.isPlainSourceLookup && $0.table != FIBTable.local
        }
    }

    /// Every rule that selects exactly this source, or everything.
    func rules(selecting source: IPv4Prefix?) -> [RoutingPolicyRule] {
        source.map { places.places(selecting: $0).map { rules[$0] } }
            ?? rules.filter { $0.source == nil }
    }

    /// Every rule of ours that selects exactly this source.
    func ownedRules(for source: IPv4Prefix) -> [RoutingPolicyRule] {
        rules(selecting: source).filter { $0.isOwned && !$0.isPass && !$0.isClosing }
    }

    /// Whether natdeck steers exactly this source, by whichever method.
    func isSteered(_ source: IPv4Prefix) -> Bool {
        !ownedRules(for: source).isEmpty || snapshot.map?[source] ?? SourceMap.free > 0
    }

    /// The rules that look up a table.
    func users(of table: Int) -> [RoutingPolicyRule] { rules.filter { $0.table == table } }

    /// The table with this number; `nil` where it holds no route.
    func table(_ id: Int) -> FIBTable? { tablesByID[id] }

    /// The operator's own rules that were taken over for sources, by source, where nobody has made a
    /// rule of his own for the source since.
    var takenOver: [IPv4Prefix: [RoutingPolicyRule]] {
        var rules: [IPv4Prefix: [RoutingPolicyRule]] = [:]
        for kept in (snapshot.saved.value ?? nil) ?? [] {
            guard let old = kept.insteadOf,
                !self.rules(for: kept.source).contains(where: { !$0.isOwned })
            else { continue }
            rules[kept.source] = old
        }
        return rules
    }

    /// A MASQUERADE rule of ours, the set it is in and its place there, counted from 1.
    struct OwnedMasquerade {
        var set: NATRuleSet
        var rule: NATRule
        var position: Int
    }

    /// Our MASQUERADE rules.
    var ownedMasquerades: [OwnedMasquerade] {
        nat.flatMap { set in
            zip(1..., set.chain(set.isOfIPTables ? "POSTROUTING" : Ownership.nftChain)?.rules ?? [])
                // One that looks at more than ours do was not made by natdeck.
                .filter { $1.isOwned && $1.isPlainMasquerade }
                .map { OwnedMasquerade(set: set, rule: $1, position: $0) }
        }
    }

    /// Whether a packet that leaves so has its source address translated.
    func isMasqueraded(_ source: IPv4Prefix, leavingBy interface: String) -> Bool {
        facts.promise(of: source, leavingBy: interface, givesAddresses: false)?.answer.isCovered
            ?? false
    }
}
