import NATModel
import NATPlan

// Policy rules that are twice there, never reached, or in our way.
extension Doctor {
    static func duplicateRules(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "duplicate-rules", title: "Duplicate rules",
            reason: "deleting one leaves the other in force, and nothing seems to have changed")
        if let failure = patient.failure(of: .rules) { return topic.unknown(failure) }
        var first: [RoutingPolicyRule: Int] = [:]
        var findings: [String] = []
        var sources: [IPv4Prefix] = []
        var command: String?
        for rule in patient.snapshot.rules.value ?? [] {
            // What it selects and does, whoever made it and wherever it stands.
            var bare = rule
            bare.priority = 0
            bare.protocolNumber = nil
            guard let earlier = first[bare] else {
                first[bare] = rule.priority
                continue
            }
            findings.append(
                "rule \(rule.priority) «\(rule.words)» repeats rule \(earlier)")
            if rule.isPlainSourceLookup, let source = rule.source { sources.append(source) }
            command = command ?? deletion(of: rule)
        }
        return topic.found(
            .warning, findings, else: "no policy rule is there twice",
            patient.takeOver(sources) ?? command.map { .manual($0) })
    }

    static func shadowedRules(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "shadowed-rules", title: "Rules never reached",
            reason: "such a rule promises a way out that an earlier rule takes from its hosts")
        if let failure = patient.failure(of: .rules, .tables) { return topic.unknown(failure) }
        // By prefix length, so that ten thousand rules are looked up and not compared.
        var earlier: [Int: [IPv4Prefix: RoutingPolicyRule]] = [:]
        var findings: [String] = []
        var sources: [IPv4Prefix] = []
        var command: String?
        for rule in patient.snapshot.rules.value ?? [] {
            guard rule.isPlainSourceLookup, let source = rule.source, let table = rule.table else {
                continue
            }
            let winner = earlier.lazy.compactMap { length, rules -> RoutingPolicyRule? in
                guard length <= source.length else { return nil }
                return rules[IPv4Prefix(source.network, length: length)]
            }.min { $0.priority < $1.priority }
            if let winner {
                // A duplicate has a check of its own.
                if winner.source == source, winner.action == rule.action { continue }
                findings.append(
                    "rule \(rule.priority) «\(rule.words)» is never reached: rule"
                        + " \(winner.priority) «\(winner.words)» decides")
                if winner.source == source { sources.append(source) }
                command = command ?? deletion(of: rule)
            } else if patient.decides(table), earlier[source.length]?[source] == nil {
                earlier[source.length, default: [:]][source] = rule
            }
        }
        return topic.found(
            .warning, findings, else: "every rule for a source is reached",
            patient.takeOver(sources) ?? command.map { .manual($0) })
    }

    static func sharedBand(_ patient: Patient) -> Check {
        let band = Ownership.internalPriority...(Ownership.hostPriority + 320)
        let topic = Topic(
            id: "priority-band-shared", title: "Priorities of natdeck",
            reason: "a foreign rule among ours may decide for a host before our rule does")
        if let failure = patient.failure(of: .rules) { return topic.unknown(failure) }
        let foreign = (patient.snapshot.rules.value ?? []).filter {
            !$0.isOwned && band.contains($0.priority)
        }
        return topic.found(
            .warning, foreign.map { "rule \($0.priority) «\($0.words)» is not ours" },
            else: "no foreign rule has a priority in \(band.lowerBound) to \(band.upperBound)",
            .manual("give it a priority outside \(band.lowerBound) to \(band.upperBound)"))
    }

    private static func deletion(of rule: RoutingPolicyRule) -> String {
        "ip rule del priority \(rule.priority) \(rule.words)"
    }
}

extension Patient {
    /// Whether a table always decides: it has a default route, or ends the search.
    func decides(_ table: Int) -> Bool {
        tables[table]?.defaultRoute != nil || isClosed(table)
    }

    /// What makes one rule of ours out of several for the same source.
    func takeOver(_ sources: [IPv4Prefix]) -> Check.Remedy? {
        let wanted = Set(sources)
        let found = assignments.filter { wanted.contains($0.source) && $0.egress != nil }
        return found.isEmpty ? nil : Doctor.takeOver(found.map { ($0.source, $0.egress) })
    }
}
