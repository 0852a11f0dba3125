internal import NATModel
internal import NATScreen

/// What a policy rule means among the others.
struct RuleReader {
    /// The rule.
    let rule: RoutingPolicyRule
    /// Its place in the order of evaluation.
    let place: Int
    /// Whether the very same rule came before.
    let isRepeated: Bool
    /// The box.
    let facts: BoxFacts?

    private var snapshot: Snapshot? { facts?.snapshot }
    private var tableNames: [Int: String] { snapshot?.environment.tableNames.value ?? [:] }

    private var isKernel: Bool { rule.isKernels }

    /// Whether the platform made it for an interface's own address: ec2-net-utils gives it the
    /// priority of its table, systemd-networkd and older scripts any.
    private var isPlatform: Bool {
        guard rule.isPlainSourceLookup, let source = rule.source, !rule.isOwned else {
            return false
        }
        if rule.priority == rule.table, (10_000..<11_000).contains(rule.priority) { return true }
        return owner(of: source) != nil
    }

    private func owner(of source: IPv4Prefix) -> Interface? {
        snapshot?.interfaces.value?.first { interface in
            interface.addresses.contains { IPv4Prefix($0.address) == source }
        }
    }

    private var fibTable: FIBTable? { rule.table.flatMap { snapshot?.table($0) } }

    /// Who made it.
    var maker: TableCell {
        if rule.isOwned { return TableCell("● ours", Style(.owned)) }
        if isKernel { return TableCell("· kernel", Style(.dim)) }
        return isPlatform ? TableCell("· platform", Style(.dim)) : TableCell("○ foreign")
    }

    /// The rule in iproute2's words, without who made it: that stands beside it.
    var words: String {
        var bare = rule
        if rule.isOwned { bare.protocolNumber = nil }
        return bare.words(naming: tableNames)
    }

    /// The interface its table's default route leads to.
    var egress: TableCell {
        guard rule.suppressPrefixLength == nil, rule.table != FIBTable.local else {
            return TableCell("")
        }
        guard let route = fibTable?.defaultRoute else {
            let isClosed = fibTable?.routes.contains(where: \.isBackstop) ?? false
            return isClosed ? TableCell("✗ none", Style(.bad)) : TableCell("")
        }
        let name = route.interface ?? route.hops.map(\.interface).joined(separator: "+")
        return route.isDead ? TableCell("✗ \(name)", Style(.bad)) : TableCell(name)
    }

    /// What it does, in a few words.
    var hint: String {
        if isRepeated { return "the same rule again" }
        if rule.isMark {
            let count = snapshot?.map?.entries.count {
                Ownership.table(of: $0.number) == rule.table
            }
            return "connections keep the egress they began with"
                + (count.map { "; \($0) source\($0 == 1 ? "" : "s") by the map" } ?? "")
        }
        if rule.isClosing { return "closes what the map has not marked" }
        if rule.isPass, rule.mark != nil { return "what the map leaves free goes on" }
        if rule.isPass, rule.source == nil { return "internal traffic passes by the rules below" }
        if rule.table == FIBTable.local { return "packets to the box itself" }
        if rule.suppressPrefixLength == 0 { return "internal traffic stays internal" }
        guard let table = rule.table else { return "" }
        if rule.source == nil, table == FIBTable.main, isKernel { return "everybody else" }
        guard let source = rule.source, rule.isPlainSourceLookup else { return "" }
        if let own = owner(of: source) { return "the box's own address on \(own.name)" }
        if let decision = facts?.decision(for: source), let decider = decision.place,
            decider < place, let winner = decision.rule
        {
            return "never reached: rule \(winner.priority) comes first"
        }
        guard let known = snapshot?.tables.value else { return "" }
        guard let fibTable = known.first(where: { $0.id == table }) else {
            return "table \(table) is empty: falls through"
        }
        if let route = fibTable.defaultRoute {
            if route.isDead { return "its route is dead" }
            return rule.isOwned ? "assigned by natdeck" : "assigned by hand or another program"
        }
        let isClosed = fibTable.routes.contains { $0.destination == .all }
        return isClosed ? "blocked: no way out in its table" : "no default route: falls through"
    }
}
