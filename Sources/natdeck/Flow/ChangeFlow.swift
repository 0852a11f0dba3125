import ArgumentParser
import NATHost
import NATModel
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

/// How a change is asked for, the same for every subcommand that makes one.
struct ChangeOptions: ParsableArguments {
    @Flag(help: "Show the plan and touch nothing.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Print the plan and the outcome as JSON.")
    var json = false

    @Flag(
        help: ArgumentHelp(
            "Wait for the first new flow, 30 s at most, and tell as which address it was answered.")
    )
    var prove = false

    @Option(
        help: ArgumentHelp(
            "Take the change back unless natdeck keep comes within so many seconds.",
            valueName: "seconds"))
    var keepWithin: Int?

    @Flag(help: "Agree that SSH sessions from a moved source may be cut, this one perhaps.")
    var yesCutMySession = false

    @Flag(help: "Agree that sources move which were not named: the plan says which.")
    var yesMoveOthers = false

    func validate() throws {
        if let keepWithin, !(1...86_400).contains(keepWithin) {
            throw ValidationError("--keep-within \(keepWithin): from 1 to 86400 seconds")
        }
    }
}

/// Plan, show, ask, apply, tell.
struct ChangeFlow {
    let box: LocalBox
    let options: ChangeOptions
    /// The change that is undone, by its name in the history.
    var undoes: String?
    /// What is said where there is nothing to do; `nil` for what the plan says.
    var titleOfNothing: String?

    /// Carries out what is wanted, or throws the exit code the contract names.
    func run(_ intent: Intent) async throws {
        if options.yes, !options.dryRun, undoes == nil, geteuid() == 0 {
            return try await runAgreed(intent)
        }
        let plan: Plan
        do throws(PlanRefusal) {
            plan = try await box.plan(intent, isShown: !options.yes)
        } catch {
            throw unplanned(error)
        }
        if plan.isEmpty {
            try await tellNothing(plan)
            // So that the next undo goes further back.
            if undoes != nil, !options.dryRun, geteuid() == 0 {
                let outcome = await box.applier.apply(plan, undoing: undoes)
                if case .notSaved(let failure) = outcome { try Self.tell(notSaved: failure) }
                if case .refused(let reason) = outcome { throw refusal(reason) }
            }
            return
        }
        let live = options.yes && !options.dryRun ? nil : await connections(plan)
        if options.dryRun {
            tell(plan, "dry run", live)
            return
        }
        guard geteuid() == 0 else {
            complain("\(plan.title): changing the box needs root", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
        if let missing = Self.missingWord(for: plan, options) { throw refusal(missing) }
        try ask(plan, live)
        let (box, options, undoes, agreed) = (box, options, undoes, plan)
        let outcome = await Self.stoppable {
            await box.applier.apply(
                agreed, keepWithinSeconds: options.keepWithin, undoing: undoes)
        }
        let proof = await proof(of: plan, outcome)
        try report(plan, outcome, proof)
    }

    /// What is alive of the sources a plan is about; `nil` where it cannot be told.
    private func connections(_ plan: Plan) async -> ConnectionsText? {
        let sources = plan.touchedSources
        guard !sources.isEmpty, let live = await box.liveConnections(of: sources) else {
            return nil
        }
        return ConnectionsText(
            fates: ConnectionFates(plan), connections: live, now: Clock.wallMilliseconds)
    }

    /// How long is waited for the first flow after a change.
    private static let patience = Duration.seconds(30)

    /// Waits for the proof of a change, where that is asked for.
    private func proof(of plan: Plan, _ outcome: Outcome) async -> ProofText? {
        guard options.prove, !plan.sources.isEmpty else { return nil }
        switch outcome {
        case .done, .awaitsKeep, .notSaved: break
        default: return nil
        }
        // It must not outlast the time in which the change can be kept.
        let patience = min(Self.patience, .seconds((options.keepWithin ?? 60) / 2))
        let began = Clock.monotonicMilliseconds
        let seen = await box.firstFlow(of: plan.sources, within: patience)
        let waited = Clock.monotonicMilliseconds - began
        let facts = BoxFacts(
            await box.reader.snapshot([.interfaces, .tables, .cloud], over: nil),
            derivesAssignments: false)
        return ProofText(
            outcome: seen,
            publicAddress: { own in facts.owner(of: own)?.promisedAddress(of: own) },
            given: plan.given(to:), waitedMilliseconds: waited)
    }

    /// Plans and carries out at once what nobody is to be asked about any more.
    private func runAgreed(_ intent: Intent) async throws {
        let (box, options) = (box, options)
        let (plan, outcome) = await Self.stoppable {
            await box.applier.apply(intent, keepWithinSeconds: options.keepWithin) {
                Self.missingWord(for: $0, options)
            }
        }
        guard let plan else {
            if case .refused(let reason) = outcome { throw unplanned(reason) }
            complain("the kernel does not permit it", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
        if plan.isEmpty, outcome == .done { return try await tellNothing(plan) }
        try report(plan, outcome, await proof(of: plan, outcome))
    }

    private func unplanned(_ reason: PlanRefusal) -> any Error {
        if reason.reason.contains("Permission denied") || reason.reason.contains("must be root") {
            complain("\(reason)", fix: "run it as root")
            return ExitStatus.notPermitted.code
        }
        return refusal(reason)
    }

    /// Says that there is nothing to do, unless the kernel sees it otherwise.
    private func tellNothing(_ plan: Plan) async throws {
        // A rule that looks at more than the source may decide all the same.
        if let objection = await box.applier.objection(to: plan) {
            throw refusal(PlanRefusal(objection.object, objection.reason, fix: "natdeck doctor"))
        }
        var plan = plan
        if let titleOfNothing { plan.title = titleOfNothing }
        tell(plan, "nothing to do")
    }

    /// What takes a word more than yes: moving sources that were not named, or where the operator's
    /// own session comes from. `nil` where the words were said.
    private static func missingWord(for plan: Plan, _ options: ChangeOptions) -> PlanRefusal? {
        if let other = plan.movesOthers.first, !options.yesMoveOthers {
            let more = plan.movesOthers.count - 1
            return PlanRefusal(
                plan.title, other + (more > 0 ? ", and \(more) more would move too" : ""),
                fix: "look at --dry-run, and add --yes-move-others if that is meant")
        }
        guard let warning = plan.cutWarning, !options.yesCutMySession else { return nil }
        return PlanRefusal(
            plan.title, warning, fix: "add --yes-cut-my-session, best with --keep-within 60")
    }

    private func ask(_ plan: Plan, _ live: ConnectionsText?) throws {
        if options.yes { return }
        guard !options.json else {
            complain(
                "\(plan.title): with --json nobody is asked",
                fix: "add --yes, or --dry-run to see the plan")
            throw ExitStatus.refused.code
        }
        try Self.ask(PlanText(plan: plan, connections: live).text, about: plan.title)
    }

    /// Shows what would be done and asks for a yes.
    static func ask(_ plan: String, about title: String) throws {
        guard isatty(STDIN_FILENO) == 1 else {
            complain(
                "\(title): nobody is here to agree to it",
                fix: "add --yes, or --dry-run to see the plan")
            throw ExitStatus.refused.code
        }
        StandardStream.output.write("\(plan)\nDo it? [y/N] ")
        let answer = readLine(strippingNewline: true) ?? ""
        guard answer == "y" || answer == "yes" else {
            complain("cancelled: nothing was touched")
            throw ExitStatus.refused.code
        }
    }
}

extension Plan {
    /// The own addresses with which it has a host leave; empty where other NAT says it.
    fileprivate func given(to host: IPv4Address) -> [IPv4Address] {
        for case .isGiven(let source, let egress) in verifications where source.contains(host) {
            return AddressPool(egress.addresses).addresses(of: IPv4Prefix(host))
        }
        return []
    }
}
