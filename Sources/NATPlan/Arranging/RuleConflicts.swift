import NATModel

extension Box {
    /// Foreign rules that come before ours and may decide for the source instead.
    func defeats(of wanted: RoutingPolicyRule, for source: IPv4Prefix) -> [String] {
        let taken = Set(rules(for: source))
        return rules.filter { rule in
            guard rule.priority <= wanted.priority,
                rule.priority != 0 || rule.table != FIBTable.local,
                !rule.isOwned, !taken.contains(rule)
            else { return false }
            // A default route has prefix length 0, so a rule that suppresses it decides nothing
            // for the outside.
            if rule.table != nil, rule.suppressPrefixLength != nil { return false }
            // `not from S` matches everything but S.
            if rule.other.contains("not") { return true }
            return rule.source.map { $0.overlaps(source) } ?? true
        }.map { $0.defeat(of: source) }
    }

    /// Refuses to delete a rule where the kernel would take another in its place.
    ///
    /// It deletes the first rule that has all that is said, and compares nothing that is not:
    /// `del … from S lookup T` also takes `from S iif eth0 lookup T` of the same priority.
    func checkDeletion(
        of rule: RoutingPolicyRule, for source: IPv4Prefix
    ) throws(PlanRefusal) {
        let first = rules.first {
            $0.priority == rule.priority && $0.source == rule.source && $0.action == rule.action
                && (rule.protocolNumber == nil || $0.protocolNumber == rule.protocolNumber)
        }
        guard let first, first != rule else { return }
        throw PlanRefusal(
            source.description,
            "the kernel would delete the rule \(first.priority) «\(first.words)» in place of"
                + " «\(rule.words)»",
            fix: "give one of them another priority")
    }

    /// The steps that remove what nothing needs once rules and tables are as in `after`.
    ///
    /// Tables that `setup` made stay: it is taken back by `setup --remove` alone.
    func cleanUp(
        after: Snapshot, wanted: [IPv4Prefix: String]
    ) -> [Step] {
        let kept = sysctlFile.map { SysctlFile(contents: $0).sources } ?? []
        let rulesAfter = after.rules.value ?? []
        let unneeded = ownedMasquerades.filter { owned in
            guard let source = IPv4Prefix(owned.rule.source), !kept.contains(source) else {
                return false
            }
            return !rulesAfter.contains { rule in
                guard rule.isPlainSourceLookup, let host = rule.source, source.overlaps(host)
                else { return false }
                if let egress = wanted[host] { return egress == owned.rule.output }
                // An earlier rule may decide today and be gone tomorrow: both ways count. Where
                // none is known (the link is gone) the rule is needed as soon as it is back.
                let table = rule.table.flatMap { after.table($0)?.defaultRoute?.interface }
                let ways = [table, after.egress(of: host)].compactMap { $0 }
                return ways.isEmpty || ways.contains(owned.rule.output)
            }
        }
        let masquerades = MasqueradeSteps.delete(unneeded)
        let hostRulesStay = rulesAfter.contains { $0.isOwned && $0.source != nil }
        let internalRule =
            hostRulesStay
            ? []
            : rules.filter { $0.isOwned && $0.source == nil }.map {
                Steering.delete($0, "no host is steered any more: remove the internal rule")
            }
        let used = Set(rulesAfter.compactMap(\.table))
        let unused =
            isSetUp
            ? []
            : tables.filter { table in
                table.isOwned && !used.contains(table.id)
                    && !wanted.values.contains { table.id == snapshot.ownedTable(of: $0)?.id }
            }
        return masquerades + internalRule + unused.flatMap(TableSteps.delete)
    }
}

extension RoutingPolicyRule {
    /// The warning that this rule may decide for a source before ours does.
    func defeat(of source: IPv4Prefix) -> String {
        "the foreign rule \(priority) «\(words)» comes first and may decide for \(source)"
    }
}
