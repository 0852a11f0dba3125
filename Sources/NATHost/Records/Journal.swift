import FoundationEssentials
public import NATModel

/// The one change that is under way on this box, on a file that outlives the process but not a
/// reboot, as the change itself does. What a reboot must not take along has a copy.
public struct Journal: Sendable {
    /// The folder of the journal and its lock.
    public static let folder = "/run/natdeck"
    /// The journal's file.
    public static let path = folder + "/journal"

    private let files: any HostFiles
    private var copy: PendingCopy { PendingCopy(files: files) }

    init(files: any HostFiles) { self.files = files }

    /// The change that is under way; `nil` where there is none.
    ///
    /// - Throws: where the file cannot be read, or does not say what a journal says.
    public func read() throws(ReadFailure) -> ChangeRecord? {
        guard let bytes = try files.read(Self.path) else { return try copy.read() }
        guard let record = ChangeRecord(json: bytes) else {
            throw ReadFailure(Self.path, "it is corrupt")
        }
        return record
    }

    /// Writes a change down before its first step, or that it is kept: also where a reboot does not
    /// take it along.
    func begin(_ record: ChangeRecord) throws(ReadFailure) {
        try write(record)
        try copy.write(record)
    }

    /// Puts the file on disk before it returns.
    func write(_ record: ChangeRecord) throws(ReadFailure) {
        try files.write(try record.json, to: Self.path, mode: 0o600)
    }

    /// Forgets a change that is settled.
    func remove() throws(ReadFailure) {
        // The copy first: alone it would be a change that is not settled.
        try copy.remove()
        try files.remove(Self.path)
    }

    /// Moves a corrupt journal out of the way, so that a person can read it.
    ///
    /// - Returns: where it is now.
    func moveAside() throws(ReadFailure) -> String {
        let aside = "\(Self.path).corrupt-\(BootClock.milliseconds)"
        try files.move(Self.path, to: aside)
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
