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
        let ways = draft.released.map { (source: $0, egress: after.egress(of: $0)) }
        let moved = ways.filter { $0.egress != box.snapshot.egress(of: $0.source) }
        let cleanUp =
            options.cleansUp ? box.cleanUp(after: after, wanted: draft.wanted) : []
        guard !(draft.steps + cleanUp).isEmpty else {
            return Plan(
                intent: intent, title: titleOfNothing, verifications: verifications(draft, ways),
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
    private typealias Way = (source: IPv4Prefix, egress: String?)

    private func refuseContradiction(_ arrangements: [Arrangement]) throws(PlanRefusal) {
        var seen: [IPv4Prefix: String?] = [:]
        for arrangement in arrangements {
            if seen.updateValue(arrangement.egress, forKey: arrangement.source) != nil {
                throw PlanRefusal(
                    arrangement.source.description, "it is to leave in two ways at once")
            }
        }
    }

    /// What is verified: all that was named, or of a whole file that which changes.
    private func verifications(_ draft: ArrangeDraft, _ ways: [Way]) -> [Verification] {
        var wanted = intent.arrangements ?? []
        if case .arrange = intent { wanted = wanted.filter { draft.changed.contains($0.source) } }
        let assigned = wanted.flatMap { arrangement -> [Verification] in
            guard let egress = arrangement.egress else { return [] }
            return [
                .leaves(arrangement.source, by: egress),
                .isMasqueraded(arrangement.source, by: egress),
            ]
        }
        // The kernel tells no way while it forwards nothing.
        guard box.snapshot.sysctl("net.ipv4.ip_forward") != 0 else { return assigned }
        return assigned
            + ways.compactMap { way in way.egress.map { .leaves(way.source, by: $0) } }
    }

    private var titleOfNothing: String {
        switch intent {
        case .assign(let sources, let egress, _): "\(list(sources)) already leaves by \(egress)"
        case .release(let sources): "\(list(sources)) is not assigned"
        default: "every source already leaves as wanted"
        }
    }

    private func title(_ draft: ArrangeDraft, _ ways: [Way]) -> String {
        let arrangements = intent.arrangements ?? []
        var parts = arrangements.compactMap(\.egress).uniqued().compactMap { egress -> String? in
            let sources = arrangements.filter { $0.egress == egress }.map(\.source)
            // Of a whole file only that which changes is worth a word.
            let named: [IPv4Prefix] =
                if case .arrange = intent { sources.filter(draft.changed.contains) } else {
                    sources
                }
            return named.isEmpty ? nil : "\(list(named)) will leave by \(egress)\(seenAs(egress))"
        }
        if !ways.isEmpty {
            let names = Set(ways.map { $0.egress ?? "no interface" }).sorted()
            parts.append(
                "\(list(ways.map(\.source))) will leave by \(names.joined(separator: ", ")) again")
        }
        return parts.isEmpty ? "put natdeck's own rules in order" : parts.joined(separator: "; ")
    }

    /// The public address the sources will have, where it is known.
    private func seenAs(_ egress: String) -> String {
        guard let interface = box.snapshot.interface(egress),
            let address = box.snapshot.publicAddresses(of: interface)?.first?.address
        else { return "" }
        return " and be seen as \(address)"
    }

    private func warnings(_ ways: [Way]) -> [String] {
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
        nat.contains { set in
            guard case .translated(let rule) = set.verdict(on: source, leavingBy: interface) else {
                return false
            }
            return !(rule.isOwned && rule.source == source.description)
        }
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
