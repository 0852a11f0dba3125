import NATModel

/// Plans that sources leave by interfaces, several at once, or are released.
///
/// The order is make before break over the whole: NAT for all, then tables, then rules, and only
/// then does anything go.
struct ArrangePlan {
    let box: Box
    let intent: Intent
    let options: AssignOptions

    func plan() throws(PlanRefusal) -> Plan {
        let arrangements = intent.arrangements ?? []
        try refuseContradiction(arrangements)
        // What cannot be read cannot be kept.
        if let failure = box.snapshot.saved.failure, failure != .unread {
            throw PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        var draft = ArrangeDraft(box: box, options: options)
        for egress in arrangements.compactMap(\.egress).uniqued() {
            try draft.assign(
                arrangements.filter { $0.egress == egress }.map(\.source), to: egress)
        }
        for arrangement in arrangements where arrangement.egress == nil {
            try draft.release(arrangement.source)
        }
        let after = draft.after
        let waysAfter = Ways(rules: after.rules.value ?? [], tables: after.tables.value ?? [])
        try refuseDefeat(draft.wanted, waysAfter)
        let ways = draft.released.map { (source: $0, egress: waysAfter.way(of: $0).interface) }
        let moved = ways.filter { $0.egress != box.snapshot.egress(of: $0.source) }
        let cleanUp =
            options.cleansUp ? box.cleanUp(after: after, wanted: draft.wanted) : []
        guard !(draft.steps + cleanUp).isEmpty else {
            return Plan(
                intent: intent, title: titleOfNothing(draft),
                verifications: verifications(draft, ways),
                warnings: draft.warnings)
        }
        return Plan(
            intent: intent, title: title(draft, ways),
            steps: draft.steps + draft.ends + moved.map { ConnectionStep.end($0.source) }
                + cleanUp,
            verifications: verifications(draft, ways),
            warnings: draft.warnings + draft.hazards + warnings(ways))
    }

    /// A released source, and the interface the box's other rules send it to then.
    private typealias Released = (source: IPv4Prefix, egress: String?)

    private func refuseContradiction(_ arrangements: [Arrangement]) throws(PlanRefusal) {
        var seen: [IPv4Prefix: String?] = [:]
        for arrangement in arrangements {
            if seen.updateValue(arrangement.egress, forKey: arrangement.source) != nil {
                throw PlanRefusal(
                    arrangement.source.description, "it is to leave in two ways at once")
            }
        }
    }

    /// Refuses where an earlier rule is sure to decide: the kernel would not confirm the plan.
    private func refuseDefeat(
        _ wanted: [IPv4Prefix: String], _ ways: Ways
    ) throws(PlanRefusal) {
        for source in (intent.arrangements ?? []).map(\.source) {
            guard let egress = wanted[source] else { continue }
            let way = ways.way(of: source)
            guard way.end != .leaves(by: egress), let rule = way.rule else { continue }
            throw PlanRefusal(
                source.description,
                "the rule \(rule.priority) «\(rule.words)» comes first and "
                    + (way.interface.map { "sends it out of \($0)" } ?? "lets nothing out"),
                fix: rule.isOwned || rule.isKernels
                    ? nil
                    : "ip rule del priority \(rule.priority) \(rule.words), if nothing else needs it"
            )
        }
    }

    /// What is verified: all that was named, or of a whole file that which changes.
    private func verifications(_ draft: ArrangeDraft, _ ways: [Released]) -> [Verification] {
        var wanted = intent.arrangements ?? []
        if case .arrange = intent { wanted = wanted.filter { draft.changed.contains($0.source) } }
        let assigned = wanted.flatMap { arrangement -> [Verification] in
            guard let egress = arrangement.egress else { return [] }
            let leaves = Verification.leaves(arrangement.source, by: egress)
            return draft.exempt.contains(arrangement.source)
                ? [leaves] : [leaves, .isMasqueraded(arrangement.source, by: egress)]
        }
        // The kernel tells no way while it forwards nothing.
        guard box.snapshot.sysctl("net.ipv4.ip_forward") != 0 else { return assigned }
        return assigned
            + ways.compactMap { way in way.egress.map { .leaves(way.source, by: $0) } }
    }

    private func titleOfNothing(_ draft: ArrangeDraft) -> String {
        switch intent {
        case .assign(let sources, let egress, _):
            // Where something may defeat it, only the rule is sure.
            list(sources)
                + (draft.warnings.isEmpty ? " already leaves by " : " is already assigned to ")
                + egress
        case .release(let sources): titleOfNothing(toRelease: sources)
        default: "every source already leaves as wanted"
        }
    }

    /// A host in an assigned network is not released by itself, but neither does it leave as others
    /// do.
    private func titleOfNothing(toRelease sources: [IPv4Prefix]) -> String {
        guard sources.count == 1, let source = sources.first,
            case let way = box.snapshot.way(of: source), let rule = way.rule,
            rule.isPlainSourceLookup, rule.table != FIBTable.main, let network = rule.source
        else { return "\(list(sources)) is not assigned" }
        return "\(source) has no rule of its own; rule \(rule.priority) for \(network) "
            + (way.interface.map { "sends it to \($0)" } ?? "lets nothing out")
    }

    private func title(_ draft: ArrangeDraft, _ ways: [Released]) -> String {
        let arrangements = intent.arrangements ?? []
        var parts = arrangements.compactMap(\.egress).uniqued().compactMap { egress -> String? in
            let sources = arrangements.filter { $0.egress == egress }.map(\.source)
            // Of a whole file only that which changes is worth a word.
            let named: [IPv4Prefix] =
                if case .arrange = intent { sources.filter(draft.changed.contains) } else {
                    sources
                }
            return named.isEmpty
                ? nil : "\(list(named)) will leave by \(egress)\(seenAs(named, draft))"
        }
        if !ways.isEmpty {
            let names = Set(ways.map { $0.egress ?? "no interface" }).sorted()
            parts.append(
                "\(list(ways.map(\.source))) will leave by \(names.joined(separator: ", ")) again")
        }
        return parts.isEmpty ? "put natdeck's own rules in order" : parts.joined(separator: "; ")
    }

    /// The public address the sources will have, where it is known and the same for all.
    private func seenAs(_ sources: [IPv4Prefix], _ draft: ArrangeDraft) -> String {
        let addresses = Set(sources.map { draft.seenAs[$0] })
        guard addresses.count == 1, let address = addresses.first ?? nil else { return "" }
        return " and be seen as \(address)"
    }

    private func warnings(_ ways: [Released]) -> [String] {
        ways.compactMap { way in
            guard let egress = way.egress else { return "\(way.source) will have no way out" }
            return box.isMasqueradedWithoutOurs(way.source, leavingBy: egress)
                ? nil : "no MASQUERADE or SNAT rule covers \(way.source) on \(egress)"
        }
    }
}

extension Box {
    /// Whether NAT covers a source once our MASQUERADE of that source alone is gone.
    fileprivate func isMasqueradedWithoutOurs(
        _ source: IPv4Prefix, leavingBy interface: String
    ) -> Bool {
        guard
            let rule = snapshot.natVerdict(ForwardedPacket(source: source, output: interface))?
                .translation
        else { return false }
        return !(rule.isOwned && rule.sourcePrefix == source)
    }
}

/// Sources as a sentence names them; of very many the first.
func list(_ sources: [IPv4Prefix]) -> String {
    let names = sources.uniqued().map(\.description)
    let shown = names.count > 8 ? names.prefix(6) + ["\(names.count - 6) more"] : names[...]
    return shown.joined(separator: ", ")
}

extension Sequence where Element: Hashable {
    /// Every element once, in the order in which it came first.
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
