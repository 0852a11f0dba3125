import NATModel
public import NATPlan

/// Carries out plans: check again, write down, take the steps, verify, and take back what did not
/// hold or was not kept.
public struct Applier: Sendable {
    let files: any HostFiles
    let reader: SnapshotReader
    let verifier: Verifier
    let steps: StepRunner
    let timer: RevertTimer
    /// The change that is under way.
    public let journal: Journal
    /// The changes that were.
    public let history: History
    /// The assignments as they were kept.
    public let saved: SavedAssignments

    /// The file whose lock makes changes come one after the other.
    static let lockPath = Journal.folder + "/lock"

    /// An applier for the box that these see and change.
    ///
    /// - Parameter executable: the natdeck program, which watches over changes that await a keep.
    public init(
        runner: any CommandRunner, files: any HostFiles, reader: SnapshotReader, executable: String
    ) {
        self.files = files
        self.reader = reader
        verifier = Verifier(reader: reader)
        steps = StepRunner(runner: runner, files: files)
        timer = RevertTimer(runner: runner, files: files, executable: executable)
        journal = Journal(files: files)
        history = History(files: files)
        saved = SavedAssignments(files: files)
    }

    /// Carries out `plan`, unless the box has changed since it was made.
    ///
    /// The plan is made again from the box as it is now: where that gives another plan, something
    /// this one depends on has changed.
    ///
    /// - Parameter keepWithinSeconds: how long the change waits for its keep before it is taken
    ///   back, counted from its verification; `nil` keeps it at once.
    /// - Parameter undoes: the change it undoes, by name, so that the next undo goes further back.
    /// - Parameter occasion: why it is made, for the history; `nil` where the plan says it all.
    public func apply(
        _ plan: Plan, keepWithinSeconds: Int? = nil, undoing undoes: String? = nil,
        by cause: String = "operator", because occasion: String? = nil
    ) async -> Outcome {
        await locked { () async in
            do throws(ReadFailure) {
                // The lock is ours: whoever wrote a journal that is still there is gone.
                if let record = try journal.read() {
                    return .refused(
                        Planner.refusal(of: PendingReader(files: files).waiting(record)))
                }
            } catch {
                return .refused(corrupt(error))
            }
            var now = await reader.snapshot()
            now.pending = .value(nil)
            do throws(PlanRefusal) {
                let fresh = try Planner.plan(plan.intent, on: now)
                guard fresh.keepsPromise(of: plan) else { return .stale(fresh) }
            } catch {
                return .refused(error)
            }
            guard !plan.isEmpty else { return .done }
            if let refusal = steps.missingProgram(for: plan) { return .refused(refusal) }
            var record = ChangeRecord(
                plan, on: now, by: Operator(files: files).current, undoes: undoes,
                keepWithinSeconds: keepWithinSeconds)
            record.occasion = occasion
            record.boot = BootClock.boot(files)
            do throws(ReadFailure) {
                // What the guard puts back is in the file already.
                if cause != "guard" { try saved.checkRecordable(plan) }
                try journal.begin(record)
                if keepWithinSeconds != nil { try await timer.start(record.id) }
            } catch {
                try? journal.remove()
                return .refused(
                    PlanRefusal(
                        error.object, "\(error.reason): nothing was applied", fix: error.fix))
            }
            return await carryOut(&record, by: cause)
        }
    }

    /// What the kernel says against a plan that found nothing to do; `nil` where it agrees.
    public func objection(to plan: Plan) async -> Outcome.Failure? {
        await verifier.failure(of: plan)
    }

    func carryOut(
        _ record: inout ChangeRecord, by cause: String, from first: Int = 0,
        isRepeated: Bool = false
    ) async -> Outcome {
        let plan = record.plan
        for (number, step) in plan.steps.enumerated().dropFirst(first) {
            record.phase = .applying(step: number)
            if number > 0 {
                do throws(ReadFailure) { try journal.write(record) } catch {
                    return await takeBack(
                        &record, number, failure: .init(error.object, error.reason))
                }
            }
            let result =
                isRepeated
                ? await steps.performOnce(step.action) : await steps.perform(step.action)
            switch result {
            case .done: continue
            case .failed where step.mayFail, .unknown where step.mayFail: continue
            case .failed(let reason):
                if number == 0, Self.isPermission(reason) {
                    try? journal.remove()
                    return .notPermitted
                }
                return await takeBack(
                    &record, number, failure: .init(step.action.description, reason))
            case .unknown(let reason):
                // It may have been taken all the same, so its inverse is tried too. After a
                // refusal such as «File exists» it is not: that object is somebody else's.
                return await takeBack(
                    &record, number + 1, failure: .init(step.action.description, reason),
                    isLastUncertain: true)
            }
        }
        if let failure = await verifier.failure(of: plan) {
            return await takeBack(&record, plan.steps.count, failure: failure)
        }
        guard let seconds = record.keepWithinSeconds else { return keep(record, by: cause) }
        guard timer.isWatching(record.id) else {
            return await takeBack(
                &record, plan.steps.count,
                failure: .init("natdeck revert-timer", "the watch over the change is gone"))
        }
        record.phase = .awaitingKeep(
            untilBootMilliseconds: BootClock.milliseconds + Int64(seconds) * 1000)
        do throws(ReadFailure) { try journal.write(record) } catch {
            return await takeBack(
                &record, plan.steps.count, failure: .init(error.object, error.reason))
        }
        return .awaitsKeep(seconds: seconds)
    }

    /// Takes back the steps before `count`, the last first, and says what could not be.
    func takeBack(
        _ record: inout ChangeRecord, _ count: Int, failure: Outcome.Failure,
        isLastUncertain: Bool = false
    ) async -> Outcome {
        let leftovers = await takeBack(&record, count, isLastUncertain: isLastUncertain)
        guard leftovers.isEmpty else {
            leave(&record, by: "failure", reason: failure.description)
            return .leftovers(failure, leftovers)
        }
        end(record, .rolledBack, by: "failure", reason: failure.description)
        return .rolledBack(failure)
    }

    /// What somebody else has taken back meanwhile is no leftover.
    func takeBack(
        _ record: inout ChangeRecord, _ count: Int, isLastUncertain: Bool = false
    ) async -> [Outcome.Leftover] {
        var leftovers: [Outcome.Leftover] = []
        var highest = 0
        for (number, step) in record.plan.steps.enumerated().prefix(count).reversed() {
            guard let inverse = step.inverse else { continue }
            // What could not be taken back is tried again, so the journal stays at it.
            record.phase = .takingBack(step: max(number + 1, highest))
            // A full disk must not keep the box from being mended.
            try? journal.write(record)
            let result = await steps.performOnce(inverse)
            guard let reason = result.reason else { continue }
            // What most likely was never done is no leftover when its inverse is refused.
            if isLastUncertain, number == count - 1, case .failed = result { continue }
            highest = max(highest, number + 1)
            leftovers.append(
                .init(summary: step.summary, command: inverse.description, reason: reason))
        }
        if highest > 0 {
            record.phase = .takingBack(step: highest)
            try? journal.write(record)
        }
        return leftovers
    }

    /// Closes a change: it is in the history before its journal goes, so that it is never in
    /// neither.
    func end(
        _ record: ChangeRecord, _ outcome: History.Entry.Outcome, by cause: String,
        reason: String? = nil
    ) {
        history.add(record, outcome, by: cause, reason: reason)
        try? journal.remove()
    }

    /// Leaves a change of which something is left over. It keeps its journal, so that taking it
    /// back can be tried again; the history is told once, however often that is.
    func leave(_ record: inout ChangeRecord, by cause: String, reason: String? = nil) {
        guard record.isToldOfLeftovers != true else { return }
        history.add(record, .leftovers, by: cause, reason: reason)
        record.isToldOfLeftovers = true
        try? journal.write(record)
    }

    static func isPermission(_ reason: String) -> Bool {
        reason.contains("Operation not permitted") || reason.contains("Permission denied")
            || reason.contains("must be root")
    }
}
