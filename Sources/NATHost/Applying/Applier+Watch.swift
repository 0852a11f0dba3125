import NATModel
import NATPlan

// Changes that nobody is at any more are settled when their time is up.
extension Applier {
    /// Watches over the change of this name until it is kept, or takes it back when its time is
    /// up, when the process that was applying it is gone, or when the watch is told to end.
    ///
    /// - Parameter isToldToEnd: whether somebody wants the watch to end. It does not leave a change
    ///   behind that nobody watches over.
    /// - Returns: whether the change is settled; `false` where another watch is there.
    public func watch(
        _ id: String, isToldToEnd: @escaping @Sendable () -> Bool = { false }
    ) async -> Bool {
        guard let lock = await watchLock(id) else { return false }
        defer { withExtendedLifetime(lock) {} }
        var pause = RevertTimer.pace
        var nextAttempt = ContinuousClock.now
        while true {
            do throws(ReadFailure) {
                guard let record = try journal.read(), record.id == id else { return true }
                try endStoppedHolder(of: record)
                // Without the lock this is a guess; under it the answer is made sure of.
                if isToldToEnd() || isDue(record), nextAttempt <= .now,
                    try !files.isLocked(Self.lockPath)
                {
                    let outcome = await settled(id) { record in
                        guard isToldToEnd() || isDue(record) else {
                            return Settlement(.done, .takenBack)
                        }
                        return await recover(record, finishes: false, by: "timer")
                    }.outcome
                    // What cannot be taken back now is tried again, and not four times a second.
                    if case .leftovers = outcome {
                        pause = min(pause * 2, RevertTimer.longestPause)
                        nextAttempt = .now + pause
                    }
                }
            } catch {
                // A journal that cannot be read may be readable in a moment.
            }
            // The journal is looked at as often as ever: somebody else may settle the change, and the
            // watch of the next one waits for this one's end. Nobody cancels this task.
            try? await Task.sleep(for: RevertTimer.pace)
        }
    }

    /// The watch of an earlier change may still be on its way out.
    private func watchLock(_ id: String) async -> FileLock? {
        for _ in 0..<100 {
            // Whoever has it, or whatever is wrong with it: whoever started this watch sees that it
            // is not there.
            if let lock = try? files.lock(RevertTimer.lockPath, holder: id) { return lock }
            // Nobody cancels this task.
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

    /// Settles a change that nobody is at any more, where its watch is gone too.
    ///
    /// - Returns: what became of it; `nil` where there is none.
    public func settleOverdue(by cause: String) async -> Settlement? {
        let record: ChangeRecord
        do throws(ReadFailure) {
            guard let found = try journal.read(), isOverdue(found) else { return nil }
            record = found
            try endStoppedHolder(of: record)
            // A natdeck is still at it.
            guard try !files.isLocked(Self.lockPath) else { return nil }
        } catch {
            // The snapshot tells what is wrong with the journal.
            return nil
        }
        return await settled(record.id) { record in
            guard isOverdue(record) else { return Settlement(.done, .takenBack) }
            return await recover(record, finishes: false, by: cause)
        }
    }

    private func isOverdue(_ record: ChangeRecord) -> Bool {
        guard !timer.isWatching(record.id) else { return false }
        guard case .awaitingKeep(let deadline) = record.phase,
            PendingReader(files: files).isOfThisBoot(record)
        else { return true }
        return BootClock.milliseconds >= deadline + PendingReader.graceMilliseconds
    }
}
