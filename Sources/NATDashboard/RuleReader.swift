internal import NATModel

/// The rules evaluated before a rule, as far as they can keep it from being reached.
///
/// Looked up and not searched: a box can hold ten thousand rules.
struct EarlierRules: Sendable {
    private var all: Set<RoutingPolicyRule> = []
    private var exact: [IPv4Prefix: Int] = [:]
    private var wide: [(IPv4Prefix, Int)] = []

    /// Takes the next rule in the order of evaluation.
    mutating func add(_ rule: RoutingPolicyRule) {
        all.insert(rule)
        guard rule.isSureToDecide else { return }
        let source = rule.source ?? .all
        if exact[source] == nil { exact[source] = rule.priority }
        if source.length < 32 { wide.append((source, rule.priority)) }
    }

    /// Whether the very same rule came before.
    func contains(_ rule: RoutingPolicyRule) -> Bool { all.contains(rule) }

    /// The priority of the rule that decides for this source already; `nil` where none does.
    func priority(deciding source: IPv4Prefix) -> Int? {
        exact[source] ?? wide.first { $0.0.contains(source) }?.1
    }
}

/// What a policy rule means among the others.
struct RuleReader {
    /// The rule.
    let rule: RoutingPolicyRule
    /// The rules evaluated before it.
    let earlier: EarlierRules
    /// The box.
    let snapshot: Snapshot?

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
        return bare.words
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
        if earlier.contains(rule) { return "the same rule again" }
        if rule.table == FIBTable.local { return "packets to the box itself" }
        if rule.suppressPrefixLength == 0 { return "internal traffic stays internal" }
        guard let table = rule.table else { return "" }
        if rule.source == nil, table == FIBTable.main, isKernel { return "everybody else" }
        guard let source = rule.source, rule.isPlainSourceLookup else { return "" }
        if let own = owner(of: source) { return "the box's own address on \(own.name)" }
        if let winner = earlier.priority(deciding: source) {
            return "never reached: rule \(winner) comes first"
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

extension RoutingPolicyRule {
    /// Whether it decides for all it selects by source, as far as that is seen without its table:
    /// a lookup for a source, one of main for all before the kernel's own, or a refusal.
    fileprivate var isSureToDecide: Bool {
        guard mark == nil, other.isEmpty, suppressPrefixLength == nil, !isKernels else {
            return false
        }
        switch action {
        case .lookup(let table): return source != nil || table == FIBTable.main
        case .goto: return false
        case .other(let action): return ["unreachable", "blackhole", "prohibit"].contains(action)
        }
    }
}
