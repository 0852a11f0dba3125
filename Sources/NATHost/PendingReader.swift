import NATModel
import NATPlan

/// Reads which change is pending, from the journal.
struct PendingReader: Sendable {
    let files: any HostFiles

    func pending() -> Reading<PendingChange?> {
        do throws(ReadFailure) {
            guard let record = try Journal(files: files).read() else { return .value(nil) }
            var change = Self.waiting(record)
            if files.isLocked(Applier.lockPath) { change.state = .underWay }
            return .value(change)
        } catch {
            return .failed(error)
        }
    }

    /// What a change waits for that nobody is at.
    static func waiting(_ record: ChangeRecord) -> PendingChange {
        var state = PendingChange.State.unfinished
        if case .awaitingKeep(let deadline) = record.phase {
            let remaining = deadline - BootClock.milliseconds
            // Later its watch should have taken it back: it is gone too.
            if remaining > -5000 { state = .awaitsKeep(remainingMilliseconds: remaining) }
        }
        return PendingChange(
            id: record.id, title: record.plan.title, author: record.author.description,
            state: state)
    }
}
