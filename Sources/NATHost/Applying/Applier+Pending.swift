import NATModel
import NATPlan

// What becomes of a change that was begun. Whoever was shown a change names it: another one may
// have taken its place meanwhile.
extension Applier {
    /// Keeps the change that awaits it, of this name where one is given.
    public func keep(_ id: String? = nil, by cause: String = "operator") async -> Settlement {
        await settled(id) { record in
            switch record.phase {
            case .awaitingKeep: Settlement(keep(record, by: cause), .kept)
            case .keeping(let cause): Settlement(keep(record, by: cause), .kept)
            case .applying, .takingBack: Settlement(unfinished(record), .kept)
            }
        }
    }

    /// Lets a change stand, and remembers what it arranged for the next boot.
    ///
    /// That it is kept is in the journal first: whoever ends it, it is not taken back any more.
    func keep(_ record: ChangeRecord, by cause: String) -> Outcome {
        var record = record
        record.phase = .keeping(by: cause)
        // On a full disk the change is kept all the same: once its journal is removed below nobody
        // takes it back, and where that fails it is told.
        try? journal.keep(record)
        var failure: ReadFailure?
        do throws(SavedAssignments.Failure) {
            // The guard goes by the file, which somebody may have edited meanwhile.
            try saved.record(record.plan, keepsSources: cause != "guard")
        } catch {
            failure = error.readFailure
        }
        let untold = end(record, .kept, by: cause, reason: failure.map { "not saved: \($0)" })
        if let failure {
            return .notSaved(
                ReadFailure(
                    failure.object,
                    "\(failure.reason): the change stands, but is not written down for the next boot",
                    fix: failure.fix ?? "natdeck save"))
        }
        return untold.map(Outcome.notSaved) ?? .done
    }

    /// Takes back the change that awaits its keep, of this name where one is given.
    public func revert(_ id: String? = nil, by cause: String = "operator") async -> Settlement {
        await settled(id) { record in
            guard case .awaitingKeep = record.phase else {
                return Settlement(unfinished(record), .takenBack)
            }
            return await recover(record, finishes: false, by: cause)
        }
    }

    /// Finishes a change whose process is gone, or takes it back.
    ///
    /// One that awaits its keep under a watch is refused: it is not unfinished.
    public func recover(
        _ id: String? = nil, finishes: Bool, by cause: String = "recover"
    ) async -> Settlement {
        await settled(id) { record in
            let change = PendingReader(files: files).waiting(record)
            if case .awaitsKeep = change.state, timer.isWatching(record.id) {
                return Settlement(.refused(Planner.refusal(of: change)), .takenBack)
            }
            return await recover(record, finishes: finishes, by: cause)
        }
    }

    func recover(
        _ record: ChangeRecord, finishes: Bool, by cause: String
    ) async -> Settlement {
        var record = record
        let count: Int
        switch record.phase {
        case .keeping(let cause): return Settlement(keep(record, by: cause), .kept)
        case .applying(let steps):
            if finishes {
                record.keepWithinSeconds = nil
                return Settlement(
                    await carryOut(&record, by: cause, from: steps.lowerBound, isRepeated: true),
                    .finished)
            }
            // Each of those that were under way may have been taken.
            count = min(steps.upperBound, record.plan.steps.count)
        case .awaitingKeep:
            if finishes { return Settlement(keep(record, by: cause), .kept) }
            count = record.plan.steps.count
        case .takingBack(let number):
            if finishes {
                return Settlement(
                    .refused(
                        PlanRefusal(
                            record.plan.title, "it is being taken back, and cannot be finished",
                            fix: "natdeck recover --yes")), .finished)
            }
            count = number
        }
        let isOfThisBoot = PendingReader(files: files).isOfThisBoot(record)
        // What it did to the kernel went with the boot; to delete or make it again would be a change
        // of what the box has been given since.
        if !isOfThisBoot { record.plan.steps.removeAll { !$0.outlivesBoot } }
        let remains = await takeBack(&record, isOfThisBoot ? count : record.plan.steps.count)
        if remains.isInterrupted {
            return Settlement(
                .leftovers(
                    .init(record.plan.title, "told to stop: natdeck recover takes back the rest"),
                    remains.steps),
                .takenBack)
        }
        let leftovers = remains.steps
        guard leftovers.isEmpty else {
            let untold = leave(&record, by: cause)
            let failure = Outcome.Failure(record.plan.title, "not all could be taken back")
            return Settlement(.leftovers(failure.and(untold), leftovers), .takenBack)
        }
        let untold = end(
            record, .reverted, by: cause,
            reason: isOfThisBoot ? nil : "the box was started anew before it was kept")
        return Settlement(untold.map(Outcome.notSaved) ?? .done, .takenBack)
    }

    /// Does something to the pending change, under the lock.
    func settled(
        _ id: String?, _ body: (ChangeRecord) async -> Settlement
    ) async -> Settlement {
        var ending = Settlement.Ending.takenBack
        let outcome = await locked {
            do throws(ReadFailure) {
                guard let record = try journal.read() else {
                    return .refused(
                        PlanRefusal(
                            "this box", "no change is waiting to be kept or taken back",
                            fix: "natdeck history shows how the last one ended"))
                }
                if let id, record.id != id {
                    return .refused(
                        PlanRefusal(
                            record.plan.title, "that is another change than the one that was shown",
                            fix: "natdeck status tells what waits"))
                }
                let settlement = await body(record)
                ending = settlement.ending
                return settlement.outcome
            } catch {
                return .refused(corrupt(error))
            }
        }
        return Settlement(outcome, ending)
    }

    private func unfinished(_ record: ChangeRecord) -> Outcome {
        .refused(Planner.refusal(of: PendingReader(files: files).waiting(record)))
    }
}
