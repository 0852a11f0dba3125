import NATModel

/// Plans that sources leave by interfaces, several at once, or are released.
///
/// The order is make before break over the whole: NAT for all, then tables, then rules, and only
/// then does anything go.
struct ArrangePlan {
    let box: Box
    let intent: Intent
    let options: AssignOptions
    /// Every source once: of a long file they are gathered once.
    let arrangements: [Arrangement]

    init(box: Box, intent: Intent, options: AssignOptions) throws(PlanRefusal) {
        self.box = box
        self.options = options
        let wanted = intent.arrangements ?? []
        guard case .release = intent else {
            self.intent = intent
            arrangements = wanted
            return
        }
        arrangements = try box.named(wanted)
        self.intent = arrangements == wanted ? intent : .arrange(arrangements, options: options)
    }

    func plan() throws(PlanRefusal) -> Plan {
        try refuseContradiction(arrangements)
        try refuseClaimed(arrangements)
        // What cannot be read cannot be kept.
        if options.gated == nil, let failure = box.snapshot.saved.failure, failure != .unread {
            throw PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        let sources = Dictionary(grouping: arrangements) { $0.egress?.interface }
        var draft = ArrangeDraft(box: box, options: options, addresses: addresses)
        for interface in arrangements.compactMap(\.egress?.interface).uniqued() {
            try draft.assign((sources[interface] ?? []).map(\.source), to: interface)
        }
        for arrangement in arrangements where arrangement.egress == nil {
            try draft.release(arrangement.source)
        }
        let arranged = box.snapshot.applying(draft.add + draft.delete)
        let steered =
            arranged.ruleSteered.count
            + max(box.snapshot.map?.entries.count ?? 0, draft.entries.count)
        let isMany = steered >= Steering.many
        let keeping = try keeping(&draft, arrangements, arranged, isMany: isMany)
        let marks = keeping.connections?.marks
        let remembered =
            ((box.snapshot.gate.value ?? nil)?.marks?.sources ?? []) + (marks?.sources ?? [])
        let map = try MapSteps(
            box, draft.entries, others: draft.sources + draft.released,
            cleansUp: options.cleansUp && !box.isSetUp,
            // The guard closes what it keeps, and lets nothing out before it is steered. What began
            // just before tells by its address by which egress that was.
            remembered: options.gated == nil && keeping.keepsAll && !box.marksLate
                ? remembered : nil,
            refusesOpening: options.gated == nil, on: arranged)
        if marks == nil, draft.isMapped {
            throw PlanRefusal(
                "nft table \(Gate.table)", keeping.warnings.first ?? "no bits of marks are free",
                fix: box.method == .map ? "natdeck setup --steering rules" : nil)
        }
        let passes = Passes(
            box: box, arranged: arranged.applying(draft.made + map.table), closed: map.closed,
            free: (marks ?? (box.snapshot.gate.value ?? nil)?.marks)?.free, sparesKernel: isMany
        ).steps
        let changes =
            draft.made + passes.added + passes.deletedFirst + draft.add + draft.delete
            + passes.deletedLast
        let migration = try Migration(box, done: Set(draft.tables.keys)) {
            box.snapshot.applying(changes)
        }
        let gate = try GateSteps(box: box, options: options).steps(
            arrangements, marks: marks, map: map.before)
        var steering =
            gate + map.remembering + draft.made + map.table + (keeping.connections?.steps ?? [])
            + migration.tables
            + passes.added + map.entries + draft.addedInTurn + map.closing + passes.deletedFirst
            + draft.deletedInTurn + map.leaving
            + keeping.removal
        steering += GateSteps(box: box, options: options).after(
            steering, arrangements, marks: marks, forgets: !keeping.removal.isEmpty)
        steering += passes.deletedLast + migration.rule
        let after = box.facts.applying(steering)
        // What is only closed is kept from another way by the gate.
        if !options.closesOnly { try refuseDefeat(draft, after) }
        if !options.closesUnusable, !options.closesOnly {
            for source in draft.sources {
                try draft.wanted[source].map { egress throws(PlanRefusal) in
                    try box.refuseDrop(of: source, leavingBy: egress)
                }
            }
        }
        let ways = draft.released.map { (source: $0, decision: after.decision(for: $0)) }
        let moved = ways.filter { $0.decision.end != box.facts.decision(for: $0.source).end }
        let cleanUp =
            options.cleansUp ? CleanUp(box: box, after: after, wanted: draft.wanted).steps : []
        let doubts = doubts(draft, after)
        guard !(steering + cleanUp).isEmpty else {
            let keeping = options.gated == nil ? box.keeping(arrangements) : nil
            var plan = Plan(
                intent: intent,
                title: keeping?.summary ?? titleOfNothing(draft, doubts),
                steps: keeping.map { [$0] } ?? [],
                verifications: verifications(draft, withAll: keeping != nil),
                warnings: draft.warnings)
            plan.doubts = doubts
            return plan
        }
        var plan = Plan(
            intent: intent, title: title(draft, ways),
            steps: steering + ends(draft, keeping) + keeping.caughtUp
                // What the guard releases is nobody's address any more.
                + (keeping.keepsAll && options.gated == nil
                    ? [] : moved.map { ConnectionStep.end($0.source) }) + cleanUp,
            verifications: verifications(draft),
            warnings: draft.warnings + draft.hazards
                + draft.hazards(without: keeping.connections?.marks)
                + keeping.warnings + migration.warnings + warnings(ways)
                + ipv6Warnings(draft))
        plan.doubts = doubts
        return plan
    }

    /// The addresses that sources are to leave with, for those that are to have one of natdeck.
    private var addresses: [IPv4Prefix: [IPv4Address]] {
        var addresses: [IPv4Prefix: [IPv4Address]] = [:]
        for arrangement in arrangements {
            if let egress = arrangement.egress, !egress.addresses.isEmpty {
                addresses[arrangement.source] = egress.addresses
            }
        }
        return addresses
    }

    /// A released source, and where the box's other rules send it then.
    typealias Released = (source: IPv4Prefix, decision: EgressDecision)

    /// Why it is not sure that the sources leave as wanted: policy rules, nat rules and filters that
    /// look at what is not known of a packet.
    private func doubts(_ draft: ArrangeDraft, _ after: BoxFacts) -> [String] {
        after.doubts(
            draft.sources.compactMap { source in
                guard let egress = draft.wanted[source], !draft.closed.contains(egress) else {
                    return nil
                }
                return (source, egress)
            })
    }

    private func refuseContradiction(_ arrangements: [Arrangement]) throws(PlanRefusal) {
        var seen: [IPv4Prefix: Egress?] = [:]
        for arrangement in arrangements {
            if seen.updateValue(arrangement.egress, forKey: arrangement.source) != nil {
                throw PlanRefusal(
                    arrangement.source.description, "it is to leave in two ways at once")
            }
        }
    }

    /// Refuses a host for a name where it is kept by another: of two names that claim one host one
    /// would move it back.
    private func refuseClaimed(_ arrangements: [Arrangement]) throws(PlanRefusal) {
        guard options.gated == nil else { return }
        for arrangement in arrangements where arrangement.egress != nil {
            guard let name = arrangement.name,
                let (other, host) = box.snapshot.followed(arrangement.source), other != name
            else { continue }
            let who = host.who.isEmpty ? "" : " (\(host.who.strippedOfControls))"
            let words = [name, other].map(\.description.strippedOfControls)
            throw PlanRefusal(
                "\(arrangement.source)\(who)",
                "\(words[1]) claims it already, and \(words[0]) would claim it too",
                fix: "natdeck release \(Command.quoted(words[1])), or a tag that fewer have")
        }
    }

    /// Refuses where an earlier rule is sure to decide: the kernel would not confirm the plan.
    private func refuseDefeat(
        _ draft: ArrangeDraft, _ after: BoxFacts
    ) throws(PlanRefusal) {
        for source in draft.sources {
            guard let egress = draft.wanted[source] else { continue }
            let decision = after.decision(for: source)
            let isBlocked = draft.closed.contains(egress) && decision.end == .nowhere
            guard decision.end != .leaves(by: egress), !isBlocked, let rule = decision.rule else {
                continue
            }
            if let jump = decision.jump, rule.priority > Ownership.landingPriority {
                throw PlanRefusal(
                    source.description,
                    "the rule \(jump.priority) «\(jump.words)» passes over all rules of natdeck",
                    fix: "find out what made rule \(jump.priority): its own settings say which"
                        + " hosts it is for")
            }
            throw PlanRefusal(
                source.description,
                "the rule \(rule.priority) «\(rule.words)» comes first and "
                    + (decision.interfaces.isEmpty
                        ? "lets nothing out"
                        : "sends it out of \(decision.interfaces.joined(separator: " and "))"),
                // Who deleted it would move others, or be undone by the program that made it.
                fix: rule.isOwned || rule.isKernels
                    ? nil
                    : "find out what made rule \(rule.priority): its own settings say which hosts it"
                        + " is for; one made by hand can stand behind natdeck's, after"
                        + " \(Ownership.landingPriority)"
            )
        }
    }

    /// What is verified: all that was named, or of a whole file that which changes.
    private func verifications(
        _ draft: ArrangeDraft, withAll: Bool = false
    ) -> [Verification] {
        // What is only closed is opened by the plan after it, which verifies it.
        if options.closesOnly { return [] }
        var wanted = arrangements
        if case .arrange = intent, !withAll {
            wanted = wanted.filter { draft.changed.contains($0.source) }
        }
        return wanted.flatMap { arrangement -> [Verification] in
            guard let egress = arrangement.egress else { return [] }
            let (source, interface) = (arrangement.source, egress.interface)
            if draft.closed.contains(interface) { return [.blocked(source)] }
            let leaves = Verification.leaves(source, by: interface)
            if !egress.addresses.isEmpty {
                let used = AddressPool(egress.addresses).addresses(of: source)
                return draft.lacking.isDisjoint(with: used)
                    ? [leaves, .isGiven(source, egress)] : [leaves]
            }
            return draft.exempt.contains(source)
                ? [leaves] : [leaves, .isMasqueraded(source, by: interface)]
        } + draft.released.map { .isReleased($0) }
    }
}

extension BoxFacts {
    /// Why it is not sure that sources leave so, one sentence without a full stop for each reason.
    func doubts(_ ways: [(source: IPv4Prefix, egress: String)]) -> [String] {
        var sources: [String: [IPv4Prefix]] = [:]
        var causes: [String] = []
        func note(_ cause: String, _ source: IPv4Prefix) {
            if sources[cause] == nil { causes.append(cause) }
            sources[cause, default: []].append(source)
        }
        for (source, egress) in ways {
            for rule in decision(for: source).doubts {
                note("rule \(rule.priority) «\(rule.words)» may decide for", source)
            }
            let promise = promise(of: source, leavingBy: egress)
            for cause in promise?.answer.doubts ?? [] {
                note("the nat rule \(cause) may decide for", source)
            }
            if let promise, let doubt = promise.strangeness(of: source, leavingBy: egress) {
                note("the nat rule \(doubt) to", source)
            }
            for cause in forwarding(of: source, leavingBy: egress)?.doubts ?? [] {
                note("\(cause) \(cause.mayHarm) \(cause.isOfAnswers ? "to" : "of")", source)
            }
        }
        return causes.map { "\($0) \(list(sources[$0] ?? []))" }
    }
}

/// Sources, or addresses, as a sentence names them; of very many the first.
func list(_ sources: [some CustomStringConvertible & Hashable]) -> String {
    let names = sources.uniqued().map(\.description)
    let shown = names.count > 8 ? names.prefix(6) + ["\(names.count - 6) more"] : names[...]
    return shown.joined(separator: ", ")
}
