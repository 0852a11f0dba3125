import NATModel
import NATPlan

// Policy rules that are twice there, never reached, or in our way.
extension Doctor {
    static func duplicateRules(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "duplicate-rules", title: "Duplicate rules",
            reason: "deleting one leaves the other in force, and nothing seems to have changed")
        if let failure = patient.failure(of: .rules) { return topic.unknown(failure) }
        var first: [RoutingPolicyRule: RoutingPolicyRule] = [:]
        var findings: [String] = []
        var sources: [IPv4Prefix] = []
        var command: String?
        for rule in patient.snapshot.rules.value ?? [] {
            // What it selects and does, whoever made it and wherever it stands.
            var bare = rule
            bare.priority = 0
            bare.protocolNumber = nil
            guard let earlier = first[bare] else {
                first[bare] = rule
                continue
            }
            // Without its own rules the kernel finds no way at all: the other one is too many.
            let (spare, other) = rule.isKernels ? (earlier, rule) : (rule, earlier)
            findings.append(
                "rule \(spare.priority) «\(spare.words)» repeats rule \(other.priority)"
                    + (other.isKernels ? ", which is the kernel's" : ""))
            if rule.isPlainSourceLookup, let source = rule.source { sources.append(source) }
            command = command ?? deletion(of: spare)
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
        let ways = patient.ways
        // Where a host was seen tells more than its address alone.
        let assigned = Dictionary(
            patient.assignments.map { ($0.source, $0.way) }, uniquingKeysWith: { first, _ in first }
        )
        let defeated = Set(patient.assignments.filter { $0.defeat != nil }.map(\.source))
        var findings: [String] = []
        var sources: [IPv4Prefix] = []
        var command: String?
        for (place, rule) in (patient.snapshot.rules.value ?? []).enumerated() {
            guard rule.isPlainSourceLookup, let source = rule.source,
                let winner = (assigned[source] ?? ways?.way(of: source))?.rule,
                let first = patient.places[winner],
                first < place
            else { continue }
            // A duplicate has a check of its own.
            if winner.source == source, winner.action == rule.action, winner.isPlainSourceLookup {
                continue
            }
            findings.append(
                "rule \(rule.priority) «\(rule.words)» is never reached: rule"
                    + " \(winner.priority) «\(winner.words)» decides")
            if winner.isKernels || winner.source == source && winner.isPlainSourceLookup {
                sources.append(source)
            }
            // The rule in the way is one too many, and not the one that says what was wanted.
            let isWanted = defeated.contains(source) && !winner.isKernels && !winner.isOwned
            command = command ?? (isWanted ? deletionIfUnneeded(of: winner) : deletion(of: rule))
        }
        return topic.found(
            defeated.isEmpty ? .warning : .error, findings,
            else: "every rule for a source is reached",
            patient.takeOver(sources) ?? command.map { .manual($0) })
    }

    /// Rules that look at more than the source, and so may decide for some packets of a host.
    static func doubtfulRules(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "rules-in-the-way", title: "Rules that may come first",
            reason: "what such a rule matches leaves by another public address than the rest")
        if let failure = patient.failure(of: .rules, .tables) { return topic.unknown(failure) }
        var sources: [RoutingPolicyRule: [IPv4Prefix]] = [:]
        for assignment in patient.assignments {
            for rule in assignment.way.doubts where !rule.isOwned {
                sources[rule, default: []].append(assignment.source)
            }
        }
        let found = sources.sorted { $0.key.priority < $1.key.priority }
        return topic.found(
            .warning,
            found.map { rule, sources in
                "rule \(rule.priority) «\(rule.words)» comes first and may decide for"
                    + " \(sources[0])" + (sources.count > 1 ? " and \(sources.count - 1) more" : "")
            },
            else: patient.assignments.isEmpty
                ? "no host is assigned" : "no rule before those of the hosts may decide for them",
            found.first.map { .manual(deletionIfUnneeded(of: $0.key)) })
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

    private static func deletionIfUnneeded(of rule: RoutingPolicyRule) -> String {
        "\(deletion(of: rule)), if nothing else needs it"
    }

    private static func deletion(of rule: RoutingPolicyRule) -> String {
        "ip rule del priority \(rule.priority) \(rule.words)"
    }
}

extension Patient {
    /// What makes one rule of ours out of several for the same source.
    func takeOver(_ sources: [IPv4Prefix]) -> Check.Remedy? {
        let wanted = Set(sources)
        let found = assignments.filter { wanted.contains($0.source) && $0.egress != nil }
        return found.isEmpty ? nil : Doctor.takeOver(found.map { ($0.source, $0.egress) })
    }
}
