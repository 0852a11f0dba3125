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
        for rule in patient.snapshot.rules.value ?? [] {
            // What it selects and does, whoever made it and wherever it stands.
            var bare = rule
            bare.priority = 0
            bare.protocolNumber = nil
            guard let earlier = first[bare] else {
                first[bare] = rule
                continue
            }
            findings.append(
                "rule \(rule.priority) «\(rule.words)» repeats rule \(earlier.priority)")
            if rule.isPlainSourceLookup, let source = rule.source { sources.append(source) }
        }
        return topic.found(
            .warning, findings, else: "no policy rule is there twice",
            patient.takeOver(sources)
                ?? .manual("if both were made by hand, one of them is too many: ip rule show"))
    }

    static func shadowedRules(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "shadowed-rules", title: "Rules never reached",
            reason: "such a rule promises a way out that an earlier rule takes from its hosts")
        if let failure = patient.failure(of: .rules, .tables) { return topic.unknown(failure) }
        let defeated = Set(patient.assignments.filter { $0.defeat != nil }.map(\.source))
        var findings: [String] = []
        var sources: [IPv4Prefix] = []
        var ofOthers: RoutingPolicyRule?
        var behindOurs: IPv4Prefix?
        for (place, rule) in (patient.snapshot.rules.value ?? []).enumerated() {
            guard rule.isPlainSourceLookup, let source = rule.source,
                case let decision = patient.facts.decision(
                    for: source, sentBy: patient.sender(of: source)),
                let winner = decision.rule, let first = decision.place, first < place
            else { continue }
            // A duplicate has a check of its own.
            if winner.source == source, winner.action == rule.action, winner.isPlainSourceLookup {
                continue
            }
            let way =
                decision.interfaces.isEmpty
                ? "lets nothing out"
                : "sends it out of \(decision.interfaces.joined(separator: "+"))"
            findings.append(
                "\(source) does not go by rule \(rule.priority) «\(rule.words)»: rule"
                    + " \(winner.priority) «\(winner.words)» comes first and \(way)")
            if winner.source == source && winner.isPlainSourceLookup { sources.append(source) }
            if winner.isOwned || winner.isKernels {
                behindOurs = behindOurs ?? source
            } else {
                ofOthers = ofOthers ?? winner
            }
        }
        return topic.found(
            defeated.isEmpty ? .warning : .error, findings,
            else: "every rule for a source is reached",
            patient.takeOver(sources) ?? ofOthers.map(Self.askWhoMade)
                ?? behindOurs.map { source in
                    .assign(source, egress: patient.facts.assignment(of: source)?.egress)
                })
    }

    /// Rules that look at more than the source, and so may decide for some packets of a host.
    static func doubtfulRules(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "rules-in-the-way", title: "Rules that may come first",
            reason: "what such a rule matches leaves by another public address than the rest")
        if let failure = patient.failure(of: .rules, .tables) { return topic.unknown(failure) }
        var sources: [RoutingPolicyRule: [IPv4Prefix]] = [:]
        for assignment in patient.assignments {
            for rule in assignment.decision.doubts {
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
            found.first.map { Self.askWhoMade($0.key) })
    }

    /// A rule of another program is that program's to change, so nothing here says to delete it.
    private static func askWhoMade(_ rule: RoutingPolicyRule) -> Check.Remedy {
        .manual(
            "find out what made rule \(rule.priority): its own settings say which hosts it is for")
    }

    /// The networks on which the box itself cannot answer: what it sends from its own address there
    /// leaves by another interface.
    static func ownNetworks(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "own-network-mute", title: "The box on its own networks",
            reason: "no host of that network gets an answer from the box, SSH and DHCP included")
        if let failure = patient.failure(of: .interfaces, .rules, .tables) {
            return topic.unknown(failure)
        }
        var findings: [String] = []
        for interface in patient.snapshot.interfaces.value ?? []
        where !interface.isLoopback && interface.state != .down {
            for own in interface.addresses where own.network.length < 31 {
                let first = own.network.representative
                let other =
                    first == own.address ? IPv4Address(rawValue: first.rawValue &+ 1) : first
                guard
                    let decision = patient.facts.rules?.decision(
                        for: IPv4Prefix(own.address), to: other, input: "lo"),
                    !decision.interfaces.contains(interface.name), let rule = decision.rule,
                    !patient.isOnLink(own.network, decision)
                else { continue }
                let way =
                    decision.interfaces.isEmpty
                    ? "nowhere" : "out of \(decision.interfaces.joined(separator: "+"))"
                findings.append(
                    "what the box sends from \(own.address) to its network \(own.network) on"
                        + " \(interface.name) goes \(way): rule \(rule.priority) «\(rule.words)»"
                        + " decides")
            }
        }
        return topic.found(
            .error, findings, else: "the box answers on every network it is in",
            .manual("let that rule leave out the box's own address, or what is internal"))
    }

    static func sharedBand(_ patient: Patient) -> Check {
        // What the map marks is led by rules that come before those for hosts.
        let first =
            patient.snapshot.steeringMethod == .map
            ? Ownership.markPriority(of: 1) : Ownership.hostPriority
        let band = first...Ownership.landingPriority
        let topic = Topic(
            id: "priority-band-shared", title: "Priorities of natdeck",
            reason: "a foreign rule among ours may decide for a host before our rule does")
        if let failure = patient.failure(of: .rules) { return topic.unknown(failure) }
        let foreign = (patient.snapshot.rules.value ?? []).filter {
            !$0.isOwned && band.contains($0.priority)
        }
        return topic.found(
            .info, foreign.map { "rule \($0.priority) «\($0.words)» is not ours" },
            else: "no foreign rule has a priority in \(band.lowerBound) to \(band.upperBound)",
            nil)
    }
}

extension Patient {
    /// The interface by which what a source sends comes in: the loopback for the box itself, `nil`
    /// for the one that is known.
    fileprivate func sender(of source: IPv4Prefix) -> String? {
        source.length == 32 && facts.owner(of: source.network) != nil ? "lo" : nil
    }

    /// Whether what goes so is on the link of another interface in that network: two NICs in one
    /// subnet answer for each other.
    fileprivate func isOnLink(_ network: IPv4Prefix, _ decision: EgressDecision) -> Bool {
        guard let name = decision.interface, decision.nextHop == nil else { return false }
        return snapshot.interface(name)?.addresses.contains { $0.network == network } ?? false
    }

    /// What makes one rule of ours out of several for the same source.
    func takeOver(_ sources: [IPv4Prefix]) -> Check.Remedy? {
        let wanted = Set(sources)
        let found = assignments.filter { wanted.contains($0.source) && $0.egress != nil }
        return found.isEmpty ? nil : Doctor.takeOver(found.map { ($0.source, $0.wanted) })
    }
}
