public import FoundationEssentials
public import NATModel
public import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

/// Every change that was tried on this box, one JSON object a line.
public struct History: Sendable {
    /// The file.
    public static let path = "/var/log/natdeck/history.jsonl"

    private let files: any HostFiles

    init(files: any HostFiles) { self.files = files }

    /// One change and how it ended.
    public struct Entry: Codable, Hashable, Sendable {
        /// When it ended.
        public var at: Date
        /// The change's name.
        public var id: String
        /// Who began it.
        public var author: ChangeRecord.Author
        /// What was done.
        public var plan: Plan
        /// How it ended.
        public var outcome: Outcome
        /// By what it ended so: `operator`, `timer`, `recover`, `failure`, `guard`.
        public var by: String
        /// What went wrong, or why it was made; `nil` where the plan says it all.
        public var reason: String?
        /// How each source of the plan left before; one not assigned is absent.
        public var before: [IPv4Prefix: Egress]

        /// What the file of assignments kept of each source before; one it did not name is absent.
        /// `nil` where that was not written down.
        public var keptBefore: [IPv4Prefix: Egress]?

        /// The change it undid, by name; `nil` for a change in its own right.
        public var undoes: String?

        /// How a change ended.
        public enum Outcome: String, Codable, Sendable {
            /// It stands.
            case kept
            /// It was taken back by wish or by time.
            case reverted
            /// It failed and was taken back.
            case rolledBack
            /// It failed, and not all of it could be taken back.
            case leftovers
        }
    }

    /// Makes sure, before the first step of a change, that its end can be written down.
    ///
    /// - Parameter text: the change as its journal holds it, which says all that an entry does.
    func checkRecordable(_ text: String) throws(ReadFailure) {
        try files.checkAppendable(text.utf8.count + Self.longestReason, to: Self.path)
    }

    /// Adds an entry, here and in the system's log.
    ///
    /// - Returns: why it is in the system's log alone; `nil` where it is in both. A full disk does not
    ///   undo a change, but whoever made it must know.
    func add(
        _ record: ChangeRecord, _ outcome: Entry.Outcome, by cause: String, reason: String? = nil
    ) -> ReadFailure? {
        let entry = entry(record, outcome, by: cause, reason: reason)
        Self.tellSystem(
            "\(outcome.rawValue) by \(cause): \(record.plan.title) (\(record.author.description))"
                + (entry.reason.map { ": \($0)" } ?? ""))
        do throws(ReadFailure) {
            let line = try line(of: entry)
            try makeRoom()
            try files.append(line, to: Self.path)
            return nil
        } catch {
            return ReadFailure(
                error.object,
                "\(error.reason): this change is not in the history, and natdeck undo does not know"
                    + " of it", fix: error.fix ?? "make room, or mend the disk")
        }
    }

    private func entry(
        _ record: ChangeRecord, _ outcome: Entry.Outcome, by cause: String, reason: String?
    ) -> Entry {
        Entry(
            at: Date(), id: record.id, author: record.author, plan: record.plan, outcome: outcome,
            by: cause, reason: reason ?? record.occasion, before: record.before,
            keptBefore: record.keptBefore, undoes: record.undoes)
    }

    private func line(of entry: Entry) throws(ReadFailure) -> String {
        do { return try entry.line } catch {
            throw ReadFailure(Self.path, "the change cannot be written down: \(error)")
        }
    }

    /// Room for a reason that is not known beforehand, in bytes.
    private static let longestReason = 2000

    /// What the file holds.
    public struct Contents: Sendable {
        /// The entries, oldest first.
        public var entries: [Entry] = []
        /// How many lines cannot be read.
        public var unread = 0
        /// Whether one of those comes after the last entry that stands.
        var endsUnread = false
    }

    /// The entries, oldest first; a line that cannot be read is counted and not lost.
    ///
    /// - Parameter withOlder: whether those in the file before this one come first.
    public func contents(withOlder: Bool = false) throws(ReadFailure) -> Contents {
        var contents = Contents()
        var seen: Set<String> = []
        let older = withOlder ? try files.read(Self.olderPath) ?? [] : []
        let bytes = older + (try files.read(Self.path) ?? [])
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let entry = Self.entry(line) else {
                contents.unread += 1
                contents.endsUnread = true
                continue
            }
            // Written twice where natdeck was killed before its journal was gone.
            guard seen.insert("\(entry.id) \(entry.outcome)").inserted else { continue }
            contents.entries.append(entry)
            if entry.outcome == .kept { contents.endsUnread = false }
        }
        return contents
    }

    /// The file before this one is all that is kept of what is older.
    private func makeRoom() throws(ReadFailure) {
        guard let size = try files.size(Self.path), size > Self.longestBytes else { return }
        try files.move(Self.path, to: Self.olderPath)
    }

    /// Where the file goes when it has become too long.
    static let olderPath = path + ".1"
    /// How many bytes are too long.
    static let longestBytes = 8 << 20

    /// The entry of a line; `nil` where it cannot be read.
    static func entry(_ line: ArraySlice<UInt8>) -> Entry? {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        // Whoever asks counts the lines that are none.
        guard var entry = try? decoder.decode(Entry.self, from: Data(line)) else { return nil }
        // What is shown of it ends on terminals.
        entry.id = entry.id.strippedOfControls
        entry.by = entry.by.strippedOfControls
        entry.plan.title = entry.plan.title.strippedOfControls
        entry.author.login = entry.author.login.strippedOfControls
        entry.reason = entry.reason?.strippedOfControls
        return entry
    }

    /// Source: syslog(3), facility authpriv, as sudo does.
    private static func tellSystem(_ message: String) {
        message.withCString { text in
            withVaList([text]) { vsyslog(LOG_NOTICE | LOG_AUTHPRIV, "natdeck: %s", $0) }
        }
    }
}

extension History.Entry {
    /// The entry as a line of the history.
    public var line: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
