import FoundationEssentials
public import NATModel
import NATPlan
import Synchronization

/// The one change that is under way on this box, in files that outlive the process but not a
/// reboot, as the change itself does.
///
/// The plan with all its inverses is written once, before the first step. How far the change has
/// come stands in a small file beside it. What a reboot must not take along has a copy.
public struct Journal: Sendable {
    /// The folder of the journal and its lock.
    public static let folder = "/run/natdeck"
    /// The journal's file.
    public static let path = folder + "/journal"

    private let files: any HostFiles
    /// Whose changes it holds.
    let owner: Owner
    private let known = Known()

    /// Whose changes a journal holds. What the guard puts back is none of anybody's pending change,
    /// and is written down beside it.
    enum Owner: Sendable {
        case anybody
        case guardian
    }

    init(files: any HostFiles, of owner: Owner = .anybody) {
        self.files = files
        self.owner = owner
    }

    private var path: String { owner == .anybody ? Self.path : Self.folder + "/guard-journal" }
    private var progressPath: String {
        owner == .anybody ? Progress.path : Self.folder + "/guard-progress"
    }

    /// What a reboot must not take along; of what the guard puts back it takes all.
    private var copy: PendingCopy? { owner == .anybody ? PendingCopy(files: files) : nil }

    /// The record that was decoded last. A long one is not decoded again at each look.
    private final class Known: Sendable {
        let last = Mutex<(record: ChangeRecord, bytes: Int)?>(nil)
    }

    /// The change that is under way; `nil` where there is none.
    ///
    /// - Throws: where the file cannot be read, or does not say what a journal says.
    public func read() throws(ReadFailure) -> ChangeRecord? {
        let written = try files.read(progressPath)
        let progress = written.flatMap { Progress($0) }
        guard let size = try files.size(path) else {
            guard var record = try copy?.read() else { return nil }
            if let progress, progress.id == record.id, progress.isToldOfLeftovers {
                record.isToldOfLeftovers = true
            }
            return record
        }
        // The journal of a change never changes, and no two changes have one name.
        let known = known.last.withLock { last in
            last.flatMap { $0.bytes == size && $0.record.id == progress?.id ? $0.record : nil }
        }
        var present = known
        if present == nil { present = try decoded() }
        guard var record = present else { return nil }
        self.known.last.withLock { $0 = (record, size) }
        if let progress, progress.id == record.id,
            progress.phase.isOf(stepCount: record.plan.steps.count)
        {
            record.phase = progress.phase
            record.isToldOfLeftovers = progress.isToldOfLeftovers ? true : nil
        } else {
            // Nothing tells how far it came, so any of its steps may stand: taking back one that
            // was never taken changes nothing.
            record.phase = .applying(steps: record.plan.steps.indices)
        }
        return record
    }

    private func decoded() throws(ReadFailure) -> ChangeRecord? {
        guard let bytes = try files.read(path) else { return nil }
        guard let record = ChangeRecord(json: bytes) else {
            throw ReadFailure(path, "it is corrupt")
        }
        return record
    }

    /// Writes a change down that is about to begin; it is on disk when this returns.
    ///
    /// - Parameter text: the record as JSON.
    func begin(_ record: ChangeRecord, as text: String) throws(ReadFailure) {
        // First how far it is: a journal without it would count as done to an unknown part.
        try files.write(Progress(of: record).line, to: progressPath, mode: 0o600)
        try files.write(text, to: path, mode: 0o600)
        try copy?.write(record, as: text)
    }

    /// Writes down how far a change has come; it is on disk when this returns.
    func advance(_ record: ChangeRecord) throws(ReadFailure) {
        let line = Progress(of: record).line
        // Somebody may have taken the file away, and it is better made again than missed.
        guard try files.size(progressPath) == Progress.size else {
            return try files.write(line, to: progressPath, mode: 0o600)
        }
        try files.overwrite(progressPath, with: line)
    }

    /// Writes down that a change is kept: also where a reboot does not take it along.
    func keep(_ record: ChangeRecord) throws(ReadFailure) {
        do throws(ReadFailure) { try advance(record) } catch {
            try copy?.write(record)
            throw error
        }
        try copy?.write(record)
    }

    /// Forgets a change that is settled.
    func remove() throws(ReadFailure) {
        // The copy first: alone it would be a change that is not settled.
        try copy?.remove()
        try files.remove(path)
        try files.remove(progressPath)
    }

    /// Moves a corrupt journal out of the way, so that a person can read it.
    ///
    /// - Returns: where it is now.
    func moveAside() throws(ReadFailure) -> String {
        let aside = "\(path).corrupt-\(BootClock.milliseconds)"
        try files.move(path, to: aside)
        return aside
    }
}

extension ChangeRecord {
    /// The record as the journal holds it.
    var json: String {
        get throws(ReadFailure) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            encoder.dateEncodingStrategy = .secondsSince1970
            do { return String(decoding: try encoder.encode(self), as: UTF8.self) } catch {
                throw ReadFailure(Journal.path, "the change cannot be written down: \(error)")
            }
        }
    }

    /// The record in these bytes; `nil` where they hold none.
    init?(json bytes: [UInt8]) {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        // Whoever asks says which file it was.
        guard let record = try? decoder.decode(ChangeRecord.self, from: Data(bytes)) else {
            return nil
        }
        self = record
    }
}

extension ChangeRecord.Phase {
    /// Whether a change of so many steps can be there.
    fileprivate func isOf(stepCount: Int) -> Bool {
        switch self {
        case .applying(let steps): steps.upperBound <= stepCount
        case .takingBack(let step): step <= stepCount
        case .awaitingKeep, .keeping: true
        }
    }
}
