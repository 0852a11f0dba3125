import NATModel
public import NATPlan

// One change at a time, and what is said to whoever comes second.
extension Applier {
    func corrupt(_ failure: ReadFailure) -> PlanRefusal {
        let aside: String
        do throws(ReadFailure) { aside = try journal.moveAside() } catch {
            // One that others may have written stays as it is, for a person to look at.
            return PlanRefusal(
                failure.object, "\(failure.reason), and it stays where it is: nothing was touched",
                fix: error.fix ?? failure.fix)
        }
        return PlanRefusal(
            failure.object, "\(failure.reason): it is now \(aside), and nothing was applied",
            fix: "read it, look at natdeck status, and repeat the command")
    }

    func locked(_ body: () async -> Outcome) async -> Outcome {
        do throws(FileLock.Refusal) {
            let lock = try await awaitLock()
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

    /// How long an operator's change waits for another, such as what the guard puts back just then.
    private static let lockPatience = Duration.seconds(2)

    /// The lock, as soon as its holder is done; the guard waits for nobody, because it looks again.
    private func awaitLock() async throws(FileLock.Refusal) -> FileLock {
        let begun = ContinuousClock.now
        while true {
            do throws(FileLock.Refusal) { return try takeLock() } catch {
                guard case .held(let holder) = error, journal.owner != .guardian,
                    stopped(holder) == nil, ContinuousClock.now - begun < Self.lockPatience
                else { throw error }
            }
            try? await Task.sleep(for: .milliseconds(20))
            // Whoever is told to end does not wait.
            if Task.isCancelled { return try takeLock() }
        }
    }

    /// The lock, for whoever writes down how the box is: nothing changes while it is held.
    ///
    /// - Throws: where a change is under way, or is neither kept nor taken back.
    public func lockedWhileSettled() throws(PlanRefusal) -> FileLock {
        let lock: FileLock
        do throws(FileLock.Refusal) { lock = try takeLock() } catch { throw refusal(error) }
        try refuseUnfinished()
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
        guard let holder = LockHolder(holder, files: files), holder.isStopped else { return nil }
        return "it is stopped: kill -CONT \(holder.process)"
    }

    /// Ends a natdeck that holds the lock, is stopped by a signal, and whose change should have been
    /// kept or taken back by now.
    func endStoppedHolder(of record: ChangeRecord) throws(ReadFailure) {
        guard let seconds = record.keepWithinSeconds, let begun = record.begunBootMilliseconds,
            PendingReader(files: files).isOfThisBoot(record),
            BootClock.milliseconds >= begun + Int64(seconds) * 1000,
            try files.isLocked(Self.lockPath), let bytes = try files.read(Self.lockPath)
        else { return }
        LockHolder(String(decoding: bytes, as: UTF8.self), files: files)?
            .endIfStopped(lock: Self.lockPath)
    }

    private func takeLock() throws(FileLock.Refusal) -> FileLock {
        try files.lock(Self.lockPath, holder: Operator(files: files).current.description)
    }
}
