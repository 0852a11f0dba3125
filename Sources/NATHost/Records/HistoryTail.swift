import FoundationEssentials
import NATModel

/// What is added to the history, and whether a guard is running, as somebody who watches sees it.
///
/// The history may be long: only its end is read, and then only what grew, after a look at its size.
public struct HistoryTail: Sendable {
    private let files: any HostFiles
    private var offset: Int?
    private var lastName: String?
    private var guardSeen: Bool?
    private var looks = 0

    /// The end of the history that is read at first, in bytes.
    private static let firstRead = 256 << 10
    /// The most entries that are given at first.
    private static let firstEntries = 100
    /// The guard is looked for every so many times.
    private static let guardPace = 3

    /// A tail of the history among these files.
    public init(files: any HostFiles) { self.files = files }

    /// What is new in the history.
    public struct News: Sendable {
        /// The entries that were added, oldest first.
        public var entries: [History.Entry] = []
        /// How many lines were added that cannot be understood.
        public var unread = 0
    }

    /// What was added since the last time; the last entries at first.
    ///
    /// - Throws: why the history cannot be read: it may hold something.
    public mutating func news() throws(ReadFailure) -> News {
        let size = try files.size(History.path) ?? 0
        guard size != offset else { return News() }
        let isFirst = offset == nil
        // A file that has shrunk was begun anew, as logrotate does.
        var start = offset.flatMap { $0 > size ? 0 : $0 } ?? max(size - Self.firstRead, 0)
        var bytes = size == 0 ? [] : try files.read(History.path, after: start)[...]
        if isFirst, start > 0 {
            let cut = bytes.prefix { $0 != .lineEnd }.count + 1
            bytes = bytes.dropFirst(cut)
            start += cut
        }
        // The last line may not be whole yet.
        let whole = bytes.lastIndex(of: .lineEnd).map { bytes[...$0] } ?? []
        offset = start + whole.count
        var news = News()
        for line in whole.split(separator: .lineEnd) {
            guard let entry = History.entry(line) else {
                news.unread += 1
                continue
            }
            // Written twice where natdeck was killed before its journal was gone.
            let name = "\(entry.id) \(entry.outcome)"
            if name != lastName { news.entries.append(entry) }
            lastName = name
        }
        if isFirst { news.entries = news.entries.suffix(Self.firstEntries) }
        return news
    }

    /// Whether a guard is running, where that is new; `nil` where nothing new was seen.
    public mutating func newsOfGuard() -> Bool? {
        defer { looks += 1 }
        guard looks % Self.guardPace == 0 else { return nil }
        // Where it cannot be told there is no news.
        guard let isRunning = try? files.isLocked(Guard.lockPath), isRunning != guardSeen else {
            return nil
        }
        guardSeen = isRunning
        return isRunning
    }
}

extension UInt8 {
    fileprivate static let lineEnd = UInt8(ascii: "\n")
}
