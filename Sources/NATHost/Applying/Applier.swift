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
        runner: any CommandRunner, files: any HostFiles, changer: any RoutingChanger,
        reader: SnapshotReader, executable: String
    ) {
        self.init(
            runner: runner, files: files, changer: changer, reader: reader,
            executable: executable, of: .anybody)
    }

    init(
        runner: any CommandRunner, files: any HostFiles, changer: any RoutingChanger,
        reader: SnapshotReader, executable: String, of owner: Journal.Owner
    ) {
        self.files = files
        self.reader = reader
        verifier = Verifier(reader: reader)
        steps = StepRunner(
            runner: runner, files: files, changer: changer,
            gate: reader.gate, conntrack: reader.conntrack)
        timer = RevertTimer(runner: runner, files: files, executable: executable)
        journal = Journal(files: files, of: owner)
        history = History(files: files)
        saved = reader.saved
    }

    /// Carries out `plan`, unless the box has changed since it was made.
    ///
    /// The plan is made again from the box as it is now: where that gives another plan, something
    /// this one depends on has changed. A task that is cancelled stops, and what was done is taken
    /// back.
    ///
    /// - Parameter keepWithinSeconds: how long the change waits for its keep before it is taken
    ///   back, counted from its verification; `nil` keeps it at once.
    /// - Parameter undoes: the change it undoes, by name, so that the next undo goes further back.
    /// - Parameter occasion: why it is made, for the history; `nil` where the plan says it all.
    /// - Parameter progress: told how many steps are taken, as they are.
    public func apply(
        _ plan: Plan, keepWithinSeconds: Int? = nil, undoing undoes: String? = nil,
        by cause: String = "operator", because occasion: String? = nil,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async -> Outcome {
        await locked { () async in
            do throws(PlanRefusal) {
                try refuseUnfinished()
                // A long table of flows takes a second: those who agreed were shown whom it moves.
                let fresh = try await reader.plan(
                    plan.intent, without: [.flows], isUnderLock: true)
                guard fresh.plan.keepsPromise(of: plan) else { return .stale(fresh.plan) }
                return await begin(
                    plan, on: fresh.snapshot, keepWithinSeconds, undoing: undoes, by: cause,
                    because: occasion, progress: progress)
            } catch {
                return .refused(error)
            }
        }
    }

    /// Plans what is wanted and carries it out, for whoever has agreed beforehand: the box is read
    /// once, and nobody else changes it meanwhile.
    ///
    /// - Parameters:
    ///   - keepWithinSeconds: as for a plan that was shown.
    ///   - refusal: why the plan is not what was agreed to; `nil` where it is.
    /// - Returns: the plan, `nil` where none could be made, and what became of it.
    public func apply(
        _ intent: Intent, keepWithinSeconds: Int? = nil,
        unless refusal: @Sendable (Plan) -> PlanRefusal?
    ) async -> (plan: Plan?, outcome: Outcome) {
        var made: Plan?
        let outcome = await locked { () async in
            do throws(PlanRefusal) {
                try refuseUnfinished()
                let fresh = try await reader.plan(intent, isUnderLock: true)
                made = fresh.plan
                if let refusal = refusal(fresh.plan) { return .refused(refusal) }
                return await begin(
                    fresh.plan, on: fresh.snapshot, keepWithinSeconds, undoing: nil,
                    by: "operator", because: nil, progress: { _ in })
            } catch {
                return .refused(error)
            }
        }
        return (made, outcome)
    }

    /// The lock is ours: whoever wrote a journal that is still there is gone.
    func refuseUnfinished() throws(PlanRefusal) {
        let record: ChangeRecord?
        do throws(ReadFailure) { record = try journal.read() } catch { throw corrupt(error) }
        if let record { throw Planner.refusal(of: PendingReader(files: files).waiting(record)) }
    }

    /// Writes a change down, then carries it out.
    private func begin(
        _ plan: Plan, on now: Snapshot, _ keepWithinSeconds: Int?, undoing undoes: String?,
        by cause: String, because occasion: String?, progress: @Sendable (Int) -> Void
    ) async -> Outcome {
        guard !plan.isEmpty || undoes != nil else { return .done }
        if let refusal = steps.missingProgram(for: plan) { return .refused(refusal) }
        var record = ChangeRecord(
            plan, on: now, by: Operator(files: files).current, undoes: undoes,
            keepWithinSeconds: keepWithinSeconds)
        record.occasion = occasion
        record.boot = BootClock.boot(files)
        do throws(ReadFailure) {
            let text = try record.json
            // What the guard puts back is in the file already.
            if cause != "guard" {
                try saved.checkRecordable(plan)
                try history.checkRecordable(text)
            }
            do throws(ReadFailure) { try journal.begin(record, as: text) } catch {
                // A full disk must not keep the guard from mending: what it does it would do again.
                guard journal.owner == .guardian else { throw error }
            }
            if keepWithinSeconds != nil { try await timer.start(record.id) }
        } catch {
            // Where it stays, the next one says that a change was not finished, and taking it back
            // changes nothing.
            try? journal.remove()
            return .refused(
                PlanRefusal(
                    error.object, "\(error.reason): nothing was applied", fix: error.fix))
        }
        return await carryOut(&record, on: now, by: cause, progress: progress)
    }

    /// What the kernel says against a plan that found nothing to do; `nil` where it agrees.
    public func objection(to plan: Plan) async -> Outcome.Failure? {
        await verifier.failure(of: plan)
    }

    func carryOut(
        _ record: inout ChangeRecord, on before: Snapshot? = nil, by cause: String,
        from first: Int = 0, isRepeated: Bool = false,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async -> Outcome {
        let plan = record.plan
        let actions = plan.steps.dropFirst(first).map(\.action)
        for row in StepBatch.rows(of: actions) {
            let row = row.lowerBound + first..<row.upperBound + first
            if Task.isCancelled {
                return await takeBack(&record, row.lowerBound, Self.interruption)
            }
            record.phase = .applying(steps: row)
            do throws(ReadFailure) { try journal.advance(record) } catch {
                guard journal.owner == .guardian else {
                    return await takeBack(
                        &record, row.lowerBound, .init(error.object, error.reason))
                }
            }
            let report = await steps.take(plan.steps[row].map(\.action), again: isRepeated)
            progress(row.lowerBound + report.done)
            guard let failure = report.failure, !plan.steps[row.lowerBound].mayFail else {
                continue
            }
            let failed = row.lowerBound + report.done
            if failed == 0, failure.isPermission, failure.perhapsDone == 0 {
                // Nothing was done, so a journal that stays says nothing worse than that.
                try? journal.remove()
                return .notPermitted
            }
            let object = plan.steps[failed].action.description
            return await takeBack(
                &record, failed + failure.perhapsDone,
                Task.isCancelled ? Self.interruption : .init(object, failure.reason),
                uncertainFrom: failed)
        }
        if let failure = await verifier.failure(of: plan, on: before) {
            return await takeBack(&record, plan.steps.count, failure)
        }
        if Task.isCancelled { return await takeBack(&record, plan.steps.count, Self.interruption) }
        guard let seconds = record.keepWithinSeconds else { return keep(record, by: cause) }
        guard timer.isWatching(record.id) else {
            return await takeBack(
                &record, plan.steps.count,
                .init("natdeck revert-timer", "the watch over the change is gone"))
        }
        record.phase = .awaitingKeep(
            untilBootMilliseconds: BootClock.milliseconds + Int64(seconds) * 1000)
        do throws(ReadFailure) { try journal.advance(record) } catch {
            return await takeBack(
                &record, plan.steps.count, .init(error.object, error.reason))
        }
        return .awaitsKeep(seconds: seconds)
    }

    private static let interruption = Outcome.Failure("natdeck", "it was told to stop")

    /// Closes a change: it is in the history before its journal goes, so that it is never in
    /// neither.
    ///
    /// - Returns: what could not be written down; `nil` where all was.
    func end(
        _ record: ChangeRecord, _ outcome: History.Entry.Outcome, by cause: String,
        reason: String? = nil
    ) -> ReadFailure? {
        let untold = history.add(record, outcome, by: cause, reason: reason)
        do throws(ReadFailure) { try journal.remove() } catch {
            // Whoever looks next ends it once more, which changes nothing of the box.
            return untold
                ?? ReadFailure(
                    error.object, "\(error.reason): the change is settled, but seems to wait still",
                    fix: error.fix ?? "natdeck recover")
        }
        return untold
    }

    /// Leaves a change of which something is left over. It keeps its journal, so that taking it
    /// back can be tried again; the history is told once, however often that is.
    ///
    /// - Returns: why the history was not told; `nil` where it was, now or before.
    func leave(
        _ record: inout ChangeRecord, by cause: String, reason: String? = nil
    ) -> ReadFailure? {
        guard record.isToldOfLeftovers != true else { return nil }
        if let failure = history.add(record, .leftovers, by: cause, reason: reason) {
            return failure
        }
        record.isToldOfLeftovers = true
        // Where it cannot be written down the history is told once more, which does no harm.
        try? journal.advance(record)
        return nil
    }

    static func isPermission(_ reason: String) -> Bool {
        reason.contains("Operation not permitted") || reason.contains("Permission denied")
            || reason.contains("must be root")
    }
}
