import NATModel

/// The steps that remove what nothing needs once a plan is carried out.
///
/// Tables that `setup` made stay: it is taken back by `setup --remove` alone.
struct CleanUp {
    let box: Box
    /// The box as the plan leaves it.
    let after: BoxFacts
    /// Where the sources of the plan are to leave.
    let wanted: [IPv4Prefix: String]

    var steps: [Step] {
        let tables = unusedTables
        return MasqueradeSteps.delete(unneededMasquerades) + tables.flatMap(TableSteps.delete)
    }

    /// Our MASQUERADE rules of sources that no assigned one overlaps any more.
    private var unneededMasquerades: [Box.OwnedMasquerade] {
        let kept = Set(box.sysctlFile.map { SysctlFile(contents: $0).sources } ?? [])
        let owned = box.ownedMasquerades.filter { owned in
            IPv4Prefix(owned.rule.source).map { !kept.contains($0) } ?? false
        }
        guard !owned.isEmpty else { return [] }
        // An entry of the map does what such a rule would.
        let mapped = (after.snapshot.map?.entries ?? []).filter { $0.number != SourceMap.free }
        let rules =
            (after.snapshot.rules.value ?? []).filter(\.isPlainSourceLookup)
            + mapped.map { entry in
                RoutingPolicyRule(
                    priority: Ownership.markPriority(of: entry.number), source: entry.source,
                    action: .lookup(table: Ownership.table(of: entry.number)))
            }
        let places = RulePlaces(rules) { _ in true }
        var unneeded: [Box.OwnedMasquerade] = []
        for masquerade in owned {
            guard let source = IPv4Prefix(masquerade.rule.source) else { continue }
            // A wide one is looked for among all; there are few of those.
            let overlapping =
                places.places(holding: source)
                + (source.length == 32 ? [] : Self.places(in: rules, within: source))
            let isNeeded = overlapping.contains {
                self.isNeeded(by: rules[$0], masquerade.rule.output)
            }
            if !isNeeded { unneeded.append(masquerade) }
        }
        return unneeded
    }

    private static func places(
        in rules: [RoutingPolicyRule], within source: IPv4Prefix
    ) -> [Int] {
        rules.indices.filter { place in
            rules[place].source.map { $0 != source && source.contains($0) } ?? false
        }
    }

    private func isNeeded(by rule: RoutingPolicyRule, _ output: String) -> Bool {
        guard let host = rule.source else { return false }
        if let egress = wanted[host] { return egress == output }
        // An earlier rule may decide today and be gone tomorrow: both ways count. Where none is
        // known (the link is gone) the rule is needed as soon as it is back.
        let table = rule.table.flatMap { after.snapshot.table($0)?.defaultRoute?.interface }
        let ways = [table, after.decision(for: host).interface].compactMap { $0 }
        return ways.isEmpty || ways.contains(output)
    }

    private var unusedTables: [FIBTable] {
        if box.isSetUp { return [] }
        let used = Set((after.snapshot.rules.value ?? []).compactMap(\.table))
        let egresses = Set(wanted.values)
        return box.tables.filter { table in
            table.isOwned && !used.contains(table.id)
                && !egresses.contains { table.id == box.snapshot.ownedTable(of: $0)?.id }
        }
    }
}
