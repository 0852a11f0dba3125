import NATModel
import NATPlan

// Changes that nobody is at any more are settled when their time is up.
extension Applier {
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
                if isDue(record), try !files.isLocked(Self.lockPath) {
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
}
