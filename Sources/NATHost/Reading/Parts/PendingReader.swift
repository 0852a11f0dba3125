import NATModel
import NATPlan

/// Reads which change is pending, from the journal.
struct PendingReader: PartReader {
    let part = SnapshotPart.pending
    private let files: any HostFiles
    private let journal: Journal

    /// Whoever looks every second keeps the reader: its journal decodes a change once.
    init(files: any HostFiles) {
        self.files = files
        journal = Journal(files: files)
    }

    /// How long after its time a change may still be in the hands of its watch.
    static let graceMilliseconds: Int64 = 2000

    /// Whether a change's time and steps are of the boot that is now.
    func isOfThisBoot(_ record: ChangeRecord) -> Bool {
        record.boot == nil || record.boot == BootClock.boot(files)
    }

    func read(into snapshot: inout Snapshot) async { snapshot.pending = pending() }

    private func pending() -> Reading<PendingChange?> {
        do throws(ReadFailure) {
            guard let record = try journal.read() else { return .value(nil) }
            var change = waiting(record)
            if try files.isLocked(Applier.lockPath) { change.state = .underWay }
            return .value(change)
        } catch {
            return .failed(error)
        }
    }

    /// What a change waits for that nobody is at.
    func waiting(_ record: ChangeRecord) -> PendingChange {
        var canFinish = true
        if case .takingBack = record.phase { canFinish = false }
        var state = PendingChange.State.unfinished(canFinish: canFinish)
        if case .awaitingKeep(let deadline) = record.phase, isOfThisBoot(record) {
            let remaining = deadline - BootClock.milliseconds
            // Later its watch should have taken it back: it is gone too.
            if remaining > -Self.graceMilliseconds {
                state = .awaitsKeep(remainingMilliseconds: remaining)
            }
        }
        var change = PendingChange(
            id: record.id, title: record.plan.title.strippedOfControls,
            author: record.author.description.strippedOfControls,
            state: state)
        change.deed = record.plan.deed.strippedOfControls
        change.person = record.author.person.strippedOfControls
        change.sources = record.plan.intent.arrangements?.map(\.source)
        return change
    }
}
