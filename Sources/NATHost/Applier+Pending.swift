import NATModel
public import NATPlan

// What becomes of a change that was begun.
extension Applier {
    /// Keeps the change that awaits it.
    public func keep(by cause: String = "operator") async -> Outcome {
        await locked {
            await withPending { record in
                guard case .awaitingKeep = record.phase else { return Self.unfinished(record) }
                keep(record, by: cause)
                return .done
            }
        }
    }

    /// Lets a change stand, and remembers what it arranged for the next boot.
    ///
    /// A file that cannot be written does not undo the change; the history and the doctor say so.
    func keep(_ record: ChangeRecord, by cause: String) {
        var reason: String?
        do throws(SavedAssignments.Failure) {
            // The guard goes by the file, which somebody may have edited meanwhile.
            if cause != "guard" { try saved.record(record.plan) }
        } catch {
            reason = "not saved: \(error.readFailure)"
        }
        end(record, .kept, by: cause, reason: reason)
    }

    /// Takes back the change that awaits its keep.
    public func revert(by cause: String = "operator") async -> Outcome {
        await locked {
            await withPending { record in
                guard case .awaitingKeep = record.phase else { return Self.unfinished(record) }
                return await recover(record, finishes: false, by: cause)
            }
        }
    }

    /// Finishes a change whose process is gone, or takes it back.
    public func recover(finishes: Bool, by cause: String = "recover") async -> Outcome {
        await locked {
            await withPending { record in
                await recover(record, finishes: finishes, by: cause)
            }
        }
    }

    /// Watches over the change of this name until it is kept, or takes it back when its time is
    /// up or when the process that was applying it is gone.
    public func watch(_ id: String) async {
        while let record = try? journal.read(), record.id == id {
            // Without the lock this is a guess; under it the answer is made sure of.
            if Self.isDue(record) && !files.isLocked(Self.lockPath) {
                _ = await locked {
                    await withPending { record in
                        guard record.id == id, Self.isDue(record) else { return .done }
                        return await recover(record, finishes: false, by: "timer")
                    }
                }
            }
            try? await Task.sleep(for: RevertTimer.pace)
        }
    }

    /// Whether a change that nobody is at is to be taken back now.
    private static func isDue(_ record: ChangeRecord) -> Bool {
        guard case .awaitingKeep(let deadline) = record.phase else { return true }
        return BootClock.milliseconds >= deadline
    }

    func recover(
        _ record: ChangeRecord, finishes: Bool, by cause: String
    ) async -> Outcome {
        var record = record
        let count: Int
        switch record.phase {
        case .applying(let number):
            if finishes {
                record.keepWithinSeconds = nil
                return await carryOut(&record, by: cause, from: number, isRepeated: true)
            }
            count = min(number + 1, record.plan.steps.count)
        case .awaitingKeep: count = record.plan.steps.count
        case .takingBack(let number): count = number
        }
        let leftovers = await takeBack(&record, count)
        end(
            record, leftovers.isEmpty ? .reverted : .leftovers, by: cause,
            isComplete: leftovers.isEmpty)
        return leftovers.isEmpty
            ? .done : .leftovers(.init(record.plan.title, "not all could be taken back"), leftovers)
    }

    func withPending(_ body: (ChangeRecord) async -> Outcome) async -> Outcome {
        do throws(ReadFailure) {
            guard let record = try journal.read() else {
                return .refused(PlanRefusal("natdeck", "no change is waiting"))
            }
            return await body(record)
        } catch {
            return .refused(corrupt(error))
        }
    }

    static func unfinished(_ record: ChangeRecord) -> Outcome {
        .refused(
            PlanRefusal(
                record.plan.title, "it was not finished, begun by \(record.author.description)",
                fix: "natdeck recover"))
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
        let author = Operator.current
        do throws(FileLock.Refusal) {
            let lock = try await takeLock(author.description)
            let outcome = await body()
            withExtendedLifetime(lock) {}
            return outcome
        } catch {
            switch error {
            case .held(let holder):
                return .refused(
                    PlanRefusal(
                        "another natdeck is changing this box", holder,
                        fix: "wait for it, and repeat the command"))
            case .failed(let failure):
                return Self.isPermission(failure.reason)
                    ? .notPermitted
                    : .refused(
                        PlanRefusal(failure.object, "\(failure.reason): nothing was applied"))
            }
        }
    }

    /// Asks a few times: whoever only looks whether the lock is held has it for a moment.
    private func takeLock(_ holder: String) async throws(FileLock.Refusal) -> FileLock {
        for _ in 0..<4 {
            if let lock = try? files.lock(Self.lockPath, holder: holder) { return lock }
            try? await Task.sleep(for: .milliseconds(40))
        }
        return try files.lock(Self.lockPath, holder: holder)
    }
}
