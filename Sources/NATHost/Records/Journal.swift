import FoundationEssentials
public import NATModel

/// The one change that is under way on this box, on a file that outlives the process but not a
/// reboot, as the change itself does.
public struct Journal: Sendable {
    /// The folder of the journal and its lock.
    public static let folder = "/run/natdeck"
    /// The journal's file.
    public static let path = folder + "/journal"

    private let files: any HostFiles

    init(files: any HostFiles) { self.files = files }

    /// The change that is under way; `nil` where there is none.
    ///
    /// - Throws: where the file cannot be read, or does not say what a journal says.
    public func read() throws(ReadFailure) -> ChangeRecord? {
        guard let bytes = try files.read(Self.path) else { return nil }
        do {
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .secondsSince1970
            return try decoder.decode(ChangeRecord.self, from: Data(bytes))
        } catch {
            throw ReadFailure(Self.path, "it is corrupt")
        }
    }

    /// Puts the file on disk before it returns.
    func write(_ record: ChangeRecord) throws(ReadFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        encoder.dateEncodingStrategy = .secondsSince1970
        guard let data = try? encoder.encode(record) else {
            throw ReadFailure(Self.path, "the change cannot be written down")
        }
        try files.write(String(decoding: data, as: UTF8.self), to: Self.path, mode: 0o600)
    }

    func remove() throws(ReadFailure) { try files.remove(Self.path) }

    /// Moves a corrupt journal out of the way, so that a person can read it.
    ///
    /// - Returns: where it is now.
    func moveAside() throws(ReadFailure) -> String {
        let aside = "\(Self.path).corrupt-\(BootClock.milliseconds)"
        try files.move(Self.path, to: aside)
        return aside
    }
}
