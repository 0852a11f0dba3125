import NATModel

// What a plan says of itself.
extension ArrangePlan {
    func titleOfNothing(_ draft: ArrangeDraft, _ doubts: [String]) -> String {
        switch intent {
        case .assign(let sources, let egress, _):
            // Where something may defeat it, only the rule is sure.
            list(sources)
                + (doubts.isEmpty ? " already leaves by " : " is already assigned to ")
                + egress.words
        case .release(let sources, _): titleOfNothing(toRelease: sources)
        default: "every source already leaves as wanted"
        }
    }

    /// A host in an assigned network is not released by itself, but neither does it leave as others
    /// do.
    private func titleOfNothing(toRelease sources: [IPv4Prefix]) -> String {
        if sources.count == 1, let source = sources.first,
            let entry = box.snapshot.map?.entry(for: source), entry.number != SourceMap.free
        {
            let way = box.facts.decision(for: source)
            return "\(source) has no entry of its own; that of \(entry.source) "
                + (way.interface.map { "sends it to \($0)" } ?? "lets nothing out")
        }
        guard sources.count == 1, let source = sources.first,
            case let way = box.facts.decision(for: source), let rule = way.rule,
            rule.isPlainSourceLookup, rule.table != FIBTable.main, let network = rule.source
        else { return "\(list(sources)) is not assigned" }
        return "\(source) has no rule of its own; rule \(rule.priority) for \(network) "
            + (way.interface.map { "sends it to \($0)" } ?? "lets nothing out")
    }

    func title(_ draft: ArrangeDraft, _ ways: [Released]) -> String {
        var parts = arrangements.compactMap(\.egress).uniqued().compactMap { egress -> String? in
            let sources = arrangements.filter { $0.egress == egress }.map(\.source)
            // Of a whole file only that which changes is worth a word.
            let named: [IPv4Prefix] =
                if case .arrange = intent { sources.filter(draft.changed.contains) } else {
                    sources
                }
            return named.isEmpty
                ? nil : "\(list(named)) will leave by \(egress.words)\(seenAs(named, draft))"
        }
        if !ways.isEmpty {
            let names = Set(ways.map { Self.way($0.decision) }).sorted()
            let again = names == [Self.nowhere] ? "" : " again"
            parts.append(
                "\(list(ways.map(\.source))) will \(names.joined(separator: " and "))\(again)")
        }
        if parts.isEmpty, intent == .openGate {
            return "let nothing keep hosts from an interface any more"
        }
        return parts.isEmpty ? "put natdeck's own rules in order" : parts.joined(separator: "; ")
    }

    /// The public address the sources will have, where it is known and the same for all.
    private func seenAs(_ sources: [IPv4Prefix], _ draft: ArrangeDraft) -> String {
        let addresses = Set(sources.map { draft.seenAs[$0] })
        guard addresses.count == 1, let address = addresses.first ?? nil else { return "" }
        return " and be seen as \(address)"
    }

    func ipv6Warnings(_ draft: ArrangeDraft) -> [String] {
        guard !draft.sources.isEmpty, options.gated == nil,
            box.snapshot.environment.ipv6.value??.letsHostsOut == true
        else { return [] }
        return ["what hosts send by IPv6 leaves past every rule of natdeck"]
    }

    private static let nowhere = "have no way out"

    /// What becomes of what a source sends, in the words of a title.
    private static func way(_ decision: EgressDecision) -> String {
        decision.interfaces.isEmpty
            ? nowhere : "leave by \(decision.interfaces.joined(separator: " or "))"
    }

    func warnings(_ ways: [Released]) -> [String] {
        let lost = ways.filter { $0.decision.interfaces.isEmpty }.map(\.source)
        var uncovered: [String: [IPv4Prefix]] = [:]
        for way in ways {
            for name in way.decision.interfaces
            where !box.isMasqueradedWithoutOurs(way.source, leavingBy: name) {
                uncovered[name, default: []].append(way.source)
            }
        }
        return (lost.isEmpty ? [] : ["\(list(lost)) will have no way out"])
            + uncovered.sorted { $0.key < $1.key }.map { name, sources in
                "no MASQUERADE or SNAT rule covers \(list(sources)) on \(name)"
            }
    }
}

extension Box {
    /// Whether NAT covers a source once our MASQUERADE of that source alone is gone.
    fileprivate func isMasqueradedWithoutOurs(
        _ source: IPv4Prefix, leavingBy interface: String
    ) -> Bool {
        guard
            let rule = facts.filters.nat(ForwardedPacket(source: source, output: interface))?
                .translation
        else { return false }
        return !(rule.isOwned && rule.sourcePrefix == source)
    }
}
