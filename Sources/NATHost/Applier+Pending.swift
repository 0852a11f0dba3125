import NATModel
import NATParse
public import NATPlan

/// What became of a pending change.
public struct Settlement: Sendable {
    /// How the attempt ended.
    public var outcome: Outcome
    /// What was done, where it ended well.
    public var ending: Ending

    /// What can be done to a pending change.
    public enum Ending: String, Sendable {
        /// It stands.
        case kept
        /// The steps that were missing were taken.
        case finished
        /// The box is as it was before.
        case takenBack = "taken back"
    }

    init(_ outcome: Outcome, _ ending: Ending) {
        self.outcome = outcome
        self.ending = ending
    }
}

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
        try? journal.write(record)
        var failure: ReadFailure?
        do throws(SavedAssignments.Failure) {
            // The guard goes by the file, which somebody may have edited meanwhile.
            if cause != "guard" { try saved.record(record.plan) }
        } catch {
            failure = error.readFailure
        }
        end(record, .kept, by: cause, reason: failure.map { "not saved: \($0)" })
        return failure.map(Outcome.notSaved) ?? .done
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

    /// Watches over the change of this name until it is kept, or takes it back when its time is
    /// up or when the process that was applying it is gone.
    public func watch(_ id: String) async {
        guard let lock = await watchLock(id) else { return }
        defer { withExtendedLifetime(lock) {} }
        var pause = RevertTimer.pace
        while true {
            do throws(ReadFailure) {
                guard let record = try journal.read(), record.id == id else { return }
                // Without the lock this is a guess; under it the answer is made sure of.
                if isDue(record), !files.isLocked(Self.lockPath) {
                    let outcome = await settled(id) { record in
                        guard isDue(record) else { return Settlement(.done, .takenBack) }
                        return await recover(record, finishes: false, by: "timer")
                    }.outcome
                    // What cannot be taken back now is tried again, and not four times a second.
                    if case .leftovers = outcome {
                        pause = min(pause * 2, RevertTimer.longestPause)
                    }
                }
            } catch {
                // A journal that cannot be read may be readable in a moment.
            }
            try? await Task.sleep(for: pause)
        }
    }

    /// The watch of an earlier change may still be on its way out.
    private func watchLock(_ id: String) async -> FileLock? {
        for _ in 0..<100 {
            if let lock = try? files.lock(RevertTimer.lockPath, holder: id) { return lock }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    /// Whether a change that nobody is at is to be settled now.
    private func isDue(_ record: ChangeRecord) -> Bool {
        guard case .awaitingKeep(let deadline) = record.phase,
            PendingReader(files: files).isOfThisBoot(record)
        else { return true }
        return BootClock.milliseconds >= deadline
    }

    /// Settles a change whose watch should have done so, but is gone.
    ///
    /// - Returns: what became of it; `nil` where there is none.
    public func settleOverdue(by cause: String) async -> Settlement? {
        guard let record = try? journal.read(), isOverdue(record) else { return nil }
        return await settled(record.id) { record in
            guard isOverdue(record) else { return Settlement(.done, .takenBack) }
            return await recover(record, finishes: false, by: cause)
        }
    }

    private func isOverdue(_ record: ChangeRecord) -> Bool {
        guard !timer.isWatching(record.id) else { return false }
        switch record.phase {
        case .keeping: return true
        // Without a time to keep it within, finishing it or not is for a person to say.
        case .applying, .takingBack: return record.keepWithinSeconds != nil
        case .awaitingKeep(let deadline):
            return BootClock.milliseconds >= deadline + PendingReader.graceMilliseconds
        }
    }

    private func recover(
        _ record: ChangeRecord, finishes: Bool, by cause: String
    ) async -> Settlement {
        var record = record
        let count: Int
        switch record.phase {
        case .keeping(let cause): return Settlement(keep(record, by: cause), .kept)
        case .applying(let number):
            if finishes {
                record.keepWithinSeconds = nil
                return Settlement(
                    await carryOut(&record, by: cause, from: number, isRepeated: true), .finished)
            }
            count = min(number + 1, record.plan.steps.count)
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
        let leftovers = await takeBack(&record, count)
        guard leftovers.isEmpty else {
            leave(&record, by: cause)
            return Settlement(
                .leftovers(.init(record.plan.title, "not all could be taken back"), leftovers),
                .takenBack)
        }
        end(record, .reverted, by: cause)
        return Settlement(.done, .takenBack)
    }

    /// Does something to the pending change, under the lock.
    private func settled(
        _ id: String?, _ body: (ChangeRecord) async -> Settlement
    ) async -> Settlement {
        var ending = Settlement.Ending.takenBack
        let outcome = await locked {
            do throws(ReadFailure) {
                guard let record = try journal.read() else {
                    return .refused(PlanRefusal("natdeck", "no change is waiting"))
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

    func corrupt(_ failure: ReadFailure) -> PlanRefusal {
        guard let aside = try? journal.moveAside() else {
            return PlanRefusal(failure.object, "\(failure.reason), and cannot be moved aside")
        }
        return PlanRefusal(
            failure.object, "\(failure.reason): it is now \(aside), and nothing was applied",
            fix: "read it, look at natdeck status, and repeat the command")
    }

    func locked(_ body: () async -> Outcome) async -> Outcome {
        do throws(FileLock.Refusal) {
            let lock = try await takeLock()
            let outcome = await body()
            withExtendedLifetime(lock) {}
            return outcome
        } catch {
            if case .failed(let failure) = error, Self.isPermission(failure.reason) {
                return .notPermitted
            }
            return .refused(refusal(error))
        }
    }

    /// The lock, for whoever writes down how the box is: nothing changes while it is held.
    ///
    /// - Throws: where a change is under way, or is neither kept nor taken back.
    public func lockedWhileSettled() async throws(PlanRefusal) -> FileLock {
        let lock: FileLock
        do throws(FileLock.Refusal) { lock = try await takeLock() } catch { throw refusal(error) }
        let record: ChangeRecord?
        do throws(ReadFailure) { record = try journal.read() } catch { throw corrupt(error) }
        if let record { throw Planner.refusal(of: PendingReader(files: files).waiting(record)) }
        return lock
    }

    private func refusal(_ refusal: FileLock.Refusal) -> PlanRefusal {
        switch refusal {
        case .held(let holder):
            PlanRefusal(
                "another natdeck is changing this box", holder,
                fix: stopped(holder) ?? "wait for it, and repeat the command")
        case .failed(let failure):
            PlanRefusal(failure.object, "\(failure.reason): nothing was applied")
        }
    }

    /// What lets a holder of the lock go on that a signal has stopped; `nil` where it is running.
    private func stopped(_ holder: String) -> String? {
        guard let words = holder.split(separator: "(process ").last,
            let process = Int(words.prefix { $0.isNumber }),
            case .some(.some(let bytes)) = try? files.read("/proc/\(process)/stat"),
            let file = try? ProcessFile.parse(bytes), file.isStopped
        else { return nil }
        return "it is stopped: kill -CONT \(process)"
    }

    /// Asks a few times: whoever only looks whether the lock is held has it for a moment.
    private func takeLock() async throws(FileLock.Refusal) -> FileLock {
        let holder = Operator(files: files).current.description
        for _ in 0..<4 {
            if let lock = try? files.lock(Self.lockPath, holder: holder) { return lock }
            try? await Task.sleep(for: .milliseconds(40))
        }
        return try files.lock(Self.lockPath, holder: holder)
    }
}
