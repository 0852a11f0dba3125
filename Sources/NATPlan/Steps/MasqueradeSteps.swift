import NATModel

/// The steps that make and unmake a MASQUERADE rule of ours.
enum MasqueradeSteps {
    /// Appends a rule: it comes after every exemption the operator made.
    static func add(
        _ source: IPv4Prefix, leavingBy interface: String, in set: NATRuleSet
    ) -> Step {
        Step(
            "give what \(source) sends by \(interface) that interface's address",
            .addMasquerade(rule(source, interface, set), position: nil))
    }

    /// Deletes rules of ours, the first one first: iptables looks for each from the beginning.
    ///
    /// The inverses come in the other order, so each rule goes back to where it was when those before
    /// it were gone.
    static func delete(_ rules: [Box.OwnedMasquerade]) -> [Step] {
        Dictionary(grouping: rules) { "\($0.set.program) \($0.set.table)" }
            .sorted { $0.key < $1.key }.flatMap { _, rules in
                rules.sorted { $0.position < $1.position }.enumerated().compactMap(delete)
            }
    }

    private static func delete(_ gone: Int, _ owned: Box.OwnedMasquerade) -> Step? {
        guard let source = IPv4Prefix(owned.rule.source) else { return nil }
        let rule = rule(source, owned.rule.output, owned.set)
        return Step(
            "remove our MASQUERADE of \(source) on \(owned.rule.output)",
            .deleteMasquerade(rule),
            inverse: .addMasquerade(rule, position: owned.position - gone))
    }

    private static func rule(
        _ source: IPv4Prefix, _ interface: String, _ set: NATRuleSet
    ) -> Masquerade {
        Masquerade(source, leavingBy: interface, in: set.backend, program: set.program)
    }
}

extension Box {
    /// The rule set new rules go to: the one that translates already, else the box's default.
    ///
    /// Where chains of nftables translate too, or iptables is not there, it is our own table, whose
    /// chain comes after all others: no rule of ours is asked before one of the operator.
    var ruleSetForNewRules: NATRuleSet {
        let own = nat.filter(\.isOfIPTables)
        let isTranslatedByOthers = nat.contains { set in
            !set.isOfIPTables && set.table != Ownership.nftTable
                && set.chains.contains { $0.base?.hook == "postrouting" && !$0.rules.isEmpty }
        }
        let chosen =
            own.first {
                $0.chain("POSTROUTING")?.rules.contains(where: \.translatesSource) ?? false
            } ?? own.first
        if !isTranslatedByOthers, let chosen { return chosen }
        return NATRuleSet(
            backend: .nfTables, program: NATRuleSet.nft, table: Ownership.nftTable, chains: [])
    }

    /// The step that makes NAT cover a source on an interface; `nil` where it is covered, or where
    /// a rule of the operator exempts it, which is said in a warning.
    func coverStep(
        _ source: IPv4Prefix, leavingBy interface: String, warnings: inout [String]
    ) -> Step? {
        if isMasqueraded(source, leavingBy: interface) { return nil }
        let set = ruleSetForNewRules
        let verdict =
            facts.promise(of: source, leavingBy: interface, givesAddresses: false)?.verdict
        if let cause = verdict?.exemption {
            warnings.append(
                "the nat rule «\(cause.rule?.words ?? cause.description)» keeps \(source) from"
                    + " being translated on \(interface)")
            return nil
        }
        // One of ours would come after those that decide, and never be asked.
        if let verdict, !verdict.reachesEnd {
            let rules = verdict.outcomes.compactMap(\.cause.rule)
            warnings.append(
                "\(source) leaves \(interface) with the address that the nat rule"
                    + " «\(rules.map(\.words).joined(separator: "» or «"))» gives it")
            return nil
        }
        return MasqueradeSteps.add(source, leavingBy: interface, in: set)
    }
}

extension NATRule {
    /// Whether it selects by source network and interface alone, as the rules natdeck makes.
    ///
    /// natdeck always names the interface: where the column says `*`, that is its name.
    var isPlainMasquerade: Bool {
        if isOfNFT { return isMasquerade && outputName != nil && IPv4Prefix(source) != nil }
        return target == "MASQUERADE" && (proto == "all" || proto == "0") && options == "--"
            && input == "*" && !output.hasPrefix("!")
            && destination == "0.0.0.0/0" && IPv4Prefix(source) != nil
    }
}
