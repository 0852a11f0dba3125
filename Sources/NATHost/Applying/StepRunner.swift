import NATModel
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

/// Takes rows of steps and takes them back.
struct StepRunner: Sendable {
    let runner: any CommandRunner
    let files: any HostFiles
    let changer: any RoutingChanger
    let gate: GateKeeper
    let conntrack: any ConntrackSource

    /// How a row of actions went.
    struct Report: Hashable {
        /// How many of them, from the first one on, are done.
        var done: Int
        /// What went wrong with the next one; `nil` where all are done.
        var failure: Failure?

        static func all(_ count: Int) -> Report { Report(done: count) }
    }

    /// Why an action was not done.
    struct Failure: Hashable {
        /// What the kernel or a program said.
        var reason: String
        /// How many of the actions, from this one on, may have been done all the same: none where
        /// it was refused; some where its answer was lost or a signal ended its program.
        var perhapsDone = 0
        /// Whether the privilege was missing.
        var isPermission = false
    }

    /// Why a plan cannot be carried out to its end: a program it needs is not there.
    func missingProgram(for plan: Plan) -> PlanRefusal? {
        var seen: Set<String> = []
        let asksCloud = plan.steps.contains { if case .cloud = $0.action { true } else { false } }
        if asksCloud, !runner.isInstalled("aws") {
            let failure = CommandFailure.missing(Command("aws")).readFailure
            return PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        for step in plan.steps where !step.mayFail {
            guard case .nat(let program)? = StepBatch(step.action), seen.insert(program).inserted,
                !runner.isInstalled(program)
            else { continue }
            let failure = CommandFailure.missing(Command(program)).readFailure
            return PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        return nil
    }

    /// Takes one row.
    ///
    /// - Parameter again: whether an action may have been done already, and then changes nothing.
    func take(_ actions: [Step.Action], again: Bool = false) async -> Report {
        guard let first = actions.first else { return .all(0) }
        switch StepBatch(first) {
        case .additions: return await change(actions, tolerating: again ? [EEXIST] : [])
        case .deletions:
            // The table may be gone as a whole, or the interface took its routes along.
            return await change(actions, tolerating: again ? [ENOENT, ESRCH, ENODEV] : [])
        case .nat(let program):
            let report = await NATWriter(runner: runner, program: program)
                .take(actions, again: again)
            if actions.contains(where: \.deletesByIPTables) { await gate.table.removeEmptyNAT() }
            return report
        case .connections: return await endFlows(actions)
        case .map: return await steer(actions)
        case nil:
            switch first {
            case .setGate(let gate): return await set(gate)
            // What the steps before it have made does it.
            case .markConnections(let marks) where marks.isByTable: return .all(1)
            case .markConnections(let marks):
                return await mark(of: marks.onlyHost, marks.choice)
            case .forgetMarks(let mask):
                return await mark(of: nil) { $0.mark & mask == 0 ? nil : PacketMark(0, mask: mask) }
            case .cloud(let change): return await make(change, again: again)
            default: return alone(first)
            }
        }
    }

    private func change(
        _ actions: [Step.Action], tolerating: Set<Int32>
    ) async -> Report {
        let changes = actions.compactMap { action in
            if case .routing(let change) = action { change } else { nil }
        }
        let report = await changer.change(changes, tolerating: tolerating)
        return Report(
            done: report.done,
            failure: report.failure.map {
                Failure(
                    reason: $0.reason, perhapsDone: $0.isUncertain ? 1 : 0,
                    isPermission: $0.number == EPERM || $0.number == EACCES)
            })
    }

    /// Ends all these flows in one look at what there is.
    private func endFlows(_ actions: [Step.Action]) async -> Report {
        let selections = actions.compactMap { action in
            if case .endFlows(let selection) = action { selection } else { nil }
        }
        switch await conntrack.endFlows(selections) {
        case .value: return .all(actions.count)
        case .failed(let failure):
            return Report(done: 0, failure: Failure(reason: failure.reason))
        }
    }

    /// Marks the flows that are there.
    private func mark(
        of host: IPv4Address?, _ choose: @escaping @Sendable (ConntrackFlow) -> PacketMark?
    ) async -> Report {
        switch await conntrack.mark(of: host, choose) {
        case .value: return .all(1)
        case .failed(let failure):
            return Report(done: 0, failure: Failure(reason: failure.reason))
        }
    }

    private func set(_ gate: Gate?) async -> Report {
        report(await self.gate.set(gate), of: 1)
    }

    /// Changes the map, all at once.
    private func steer(_ actions: [Step.Action]) async -> Report {
        let changes = actions.compactMap { action in
            if case .steer(let change) = action { change } else { nil }
        }
        return report(await gate.change(changes), of: actions.count)
    }

    /// What became of so many actions that the kernel carries out together, or not at all.
    private func report(_ failure: RoutingChangeReport.Failure?, of count: Int) -> Report {
        guard let failure else { return .all(count) }
        return Report(
            done: 0,
            failure: Failure(
                reason: failure.reason, perhapsDone: failure.isUncertain ? count : 0,
                isPermission: failure.number == EPERM || failure.number == EACCES))
    }

    /// What AWS says of a change that is made already.
    private static let doneAlready: Set = [
        "InvalidPermission.Duplicate", "InvalidPermission.NotFound", "RouteAlreadyExists",
        "InvalidRoute.NotFound",
    ]

    private func make(_ change: CloudChange, again: Bool) async -> Report {
        let program = AWSProgram(runner: runner, region: nil)
        do throws(AWSProgram.Failure) {
            _ = try await program.answer(to: change.command)
            return .all(1)
        } catch {
            if again, let code = error.code, Self.doneAlready.contains(code) { return .all(1) }
            return Report(
                done: 0,
                failure: Failure(
                    reason: error.failure.reason, perhapsDone: error.mayHaveRun ? 1 : 0))
        }
    }

    private func keep(_ change: KeptChange) throws(ReadFailure) {
        do throws(SavedAssignments.Failure) {
            try SavedAssignments(files: files).keep(change.lines.map { ($0.source, $0.after) })
        } catch {
            throw error.readFailure
        }
    }

    /// What concerns a file is either done or not when it returns.
    private func alone(_ action: Step.Action) -> Report {
        do throws(ReadFailure) {
            switch action {
            case .write(let path, let contents): try files.write(contents, to: path)
            case .remove(let path): try files.remove(path)
            case .keep(let change): try keep(change)
            case .setParameter(let name, let value):
                try files.overwrite(
                    SysctlsReader.path(ofParameter: name), with: "\(value)\n")
            case .routing, .addMasquerade, .deleteMasquerade, .endFlows, .markConnections,
                .forgetMarks, .setGate, .steer, .cloud:
                break
            }
            return .all(1)
        } catch {
            return Report(
                done: 0,
                failure: Failure(
                    reason: error.reason, isPermission: Applier.isPermission(error.reason)))
        }
    }
}

extension Step.Action {
    /// Whether it takes a rule of ours out of a table that iptables has made in nf_tables.
    fileprivate var deletesByIPTables: Bool {
        if case .deleteMasquerade(let rule) = self {
            rule.backend == .nfTables && rule.program != NATRuleSet.nft
        } else {
            false
        }
    }
}
