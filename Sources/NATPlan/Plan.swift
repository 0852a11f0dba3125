public import NATModel

/// A change of the box, step by step, with everything a person needs to agree to it.
///
/// The confirm dialog, `--dry-run`, the command log and the tests print the same plan. Two plans
/// are equal where they do the same for the same reasons, so a plan made again from a later
/// snapshot tells whether the box has changed under the first.
public struct Plan: Hashable, Codable, Sendable {
    /// What was wanted.
    public var intent: Intent
    /// What changes, in one sentence without a full stop.
    public var title: String
    /// The steps, in the order in which they are taken.
    @Lines public var steps: [Step]
    /// What is asked of the kernel after the last step.
    @Lines public var verifications: [Verification]
    /// What the operator should know before agreeing: rules that could defeat the plan, hazards.
    public var warnings: [String]
    /// The SSH sessions whose way out moves, the operator's own perhaps: where they come from.
    public var movesSessionsFrom: [IPv4Address] = []
    /// Why it is not known where SSH sessions come from; `nil` where it is, or nothing moves.
    public var unknownSessions: String?

    /// The address that stands for the outside where the kernel is asked; `nil` for the usual one.
    public var outside: IPv4Address?

    /// Why it cannot be verified that it does all that its title says, one sentence for each reason:
    /// what natdeck cannot know of a packet decides. Empty where it can.
    public var doubts: [String] {
        get { undecided ?? [] }
        set { undecided = newValue.isEmpty ? nil : newValue }
    }
    /// Absent from most plans, and from those that an earlier natdeck wrote down.
    private var undecided: [String]?

    /// What it moves besides the sources it names, one sentence for each: that takes a word more than
    /// yes. Empty for nearly every plan.
    public var movesOthers: [String] {
        get { bystanders ?? [] }
        set { bystanders = newValue.isEmpty ? nil : newValue }
    }
    private var bystanders: [String]?

    /// Whether it may cut an SSH session, the operator's own perhaps: that takes a word more than
    /// yes. What is not known counts as yes.
    public var mayCutSessions: Bool { !movesSessionsFrom.isEmpty || unknownSessions != nil }

    /// What may be cut, in one sentence without a full stop; `nil` where nothing may.
    public var cutWarning: String? {
        if let unknownSessions {
            return
                "where SSH sessions of this box come from cannot be told (\(unknownSessions)): this"
                + " may cut them"
        }
        guard !movesSessionsFrom.isEmpty else { return nil }
        let peers = movesSessionsFrom.map(\.description).joined(separator: ", ")
        return "SSH sessions of this box come from \(peers): this may cut them"
    }

    /// A plan of these steps.
    public init(
        intent: Intent, title: String, steps: [Step] = [], verifications: [Verification] = [],
        warnings: [String] = []
    ) {
        self.intent = intent
        self.title = title
        self.steps = steps
        self.verifications = verifications
        self.warnings = warnings
    }

    /// The subcommand whose plan it is: `assign`, `release`, `apply`, `setup`, `setup --remove`.
    public var subcommand: String {
        switch intent {
        case .assign: "assign"
        case .release: "release"
        case .arrange: "apply"
        case .setup: "setup"
        case .mend: "doctor --fix"
        case .undo: "undo"
        case .cut: "cut"
        case .removeAll: "setup --remove"
        }
    }

    /// Whether it does what somebody agreed to when they were shown `earlier`.
    ///
    /// The title may say more by now or less: which public address the hosts get, as long as the
    /// cloud tells it.
    public func keepsPromise(of earlier: Plan) -> Bool {
        var plain = self
        plain.title = earlier.title
        // Under the lock fewer hosts are known: those of flows are not asked for again.
        guard Set(movesOthers).isSubset(of: earlier.movesOthers) else { return false }
        plain.movesOthers = earlier.movesOthers
        return plain == earlier
    }

    /// Whether it can be taken back: connections that have ended cannot.
    public var hasUndo: Bool {
        if case .cut = intent { false } else { true }
    }

    /// Whether the box is already as it was wanted.
    public var isEmpty: Bool { steps.isEmpty }

    /// The host rules of others that it deletes, because it takes them over, and those it brings
    /// back.
    public var foreignRules: (deleted: [RoutingPolicyRule], added: [RoutingPolicyRule]) {
        var rules: (deleted: [RoutingPolicyRule], added: [RoutingPolicyRule]) = ([], [])
        for step in steps {
            switch step.action {
            case .routing(.deleteRule(let rule)) where !rule.isOwned: rules.deleted.append(rule)
            case .routing(.addRule(let rule)) where !rule.isOwned: rules.added.append(rule)
            default: continue
            }
        }
        return rules
    }

    /// The sources that it is about: it moves them, or ends connections of theirs.
    public var touchedSources: [IPv4Prefix] {
        if case .cut(let cut) = intent { cut.sources } else { sources }
    }

    /// The sources whose way out it changes.
    public var sources: [IPv4Prefix] { (intent.arrangements ?? []).map(\.source).uniqued() }
}
