internal import NATModel

/// What natdeck ran and what happened on the box, in a bounded number of entries, oldest first.
struct LogBook: Hashable, Sendable {
    /// The entries, oldest first.
    private(set) var entries: [Entry] = []
    /// How often it has changed.
    private(set) var version = 0
    private var nextID = 0
    /// Why changes that ended are not all in it; `nil` where they are.
    private(set) var complaint: String?
    /// How the hosts differed from what was kept when that was noted last.
    private var drift: [String] = []

    /// The most entries it holds; the oldest goes first.
    static let capacity = 500

    /// One row of the log.
    struct Entry: Hashable, Sendable {
        /// A name that stays.
        var id: Int
        /// When it happened, for the last time, in milliseconds since 1970-01-01 UTC.
        var atMilliseconds: Int64
        /// What happened.
        var what: What
    }

    /// What happened to the box, or to whom.
    enum What: Hashable, Sendable {
        /// A program was run.
        case ran(Runs)
        /// A change of the box ended.
        case changed(PastChange)
        /// Hosts leave otherwise than was kept, or none does any more.
        case drifted([String])
        /// Somebody did something to the box.
        case happened(Deed)
    }

    /// Runs of one command that all ended alike.
    struct Runs: Hashable, Sendable {
        /// The last of them.
        var last: CommandRun
        /// How many there were.
        var times = 1
        /// When the first was started.
        var sinceMilliseconds: Int64
        /// How long the longest took, in microseconds.
        var longestMicroseconds: Int64
    }

    /// Takes programs that were run.
    ///
    /// A reading that was repeated with the same result moves to the end with its count, so that a
    /// thousand of them hide nothing.
    mutating func add(_ runs: [CommandRun]) {
        for run in runs {
            if run.command.isReading, let place = place(repeating: run) {
                fold(run, into: place)
            } else {
                append(
                    .ran(
                        Runs(
                            last: run, sinceMilliseconds: run.startedAtMilliseconds,
                            longestMicroseconds: run.microseconds)),
                    at: run.startedAtMilliseconds)
            }
        }
        finish()
    }

    /// Takes changes that ended.
    mutating func add(_ changes: [PastChange]) {
        for change in changes {
            // It ended within the second that is told.
            let end = change.atMilliseconds + 999
            let later = entries.reversed().prefix { $0.atMilliseconds > end }.count
            entries.insert(
                Entry(id: nextID, atMilliseconds: change.atMilliseconds, what: .changed(change)),
                at: entries.count - later)
            nextID += 1
        }
        finish()
    }

    /// Takes what somebody did to the box.
    mutating func add(_ deeds: [Deed], atMilliseconds time: Int64) {
        guard !deeds.isEmpty else { return }
        for deed in deeds { append(.happened(deed), at: time) }
        finish()
    }

    /// Takes why the history is not whole; `nil` where it is.
    mutating func complain(_ failure: ReadFailure?) {
        complaint = failure.map { "history not whole: \($0)".strippedOfControls }
        version += 1
    }

    /// What happened lately, the latest first; what was merely run is left out.
    func deeds(most: Int) -> [Entry] {
        Array(entries.reversed().lazy.filter(\.isDeed).prefix(most))
    }

    /// The same of one source.
    func deeds(of source: IPv4Prefix, most: Int) -> [Entry] {
        Array(entries.reversed().lazy.filter { $0.concerns(source) }.prefix(most))
    }

    /// Takes how hosts differ from what was kept; nothing where that is as it was.
    mutating func noteDrift(_ lines: [String], atMilliseconds time: Int64) {
        guard lines != drift else { return }
        drift = lines
        append(.drifted(lines), at: time)
        finish()
    }

    private mutating func append(_ what: What, at time: Int64) {
        entries.append(Entry(id: nextID, atMilliseconds: time, what: what))
        nextID += 1
    }

    private mutating func finish() {
        version += 1
        if entries.count > Self.capacity { entries.removeFirst(entries.count - Self.capacity) }
    }

    /// Where the same reading with the same result stands; `nil` where it was not read before.
    private func place(repeating run: CommandRun) -> Int? {
        entries.lastIndex { entry in
            guard case .ran(let runs) = entry.what else { return false }
            return runs.last.command.asks(as: run.command) && runs.last.ending == run.ending
        }
    }

    private mutating func fold(_ run: CommandRun, into place: Int) {
        var entry = entries.remove(at: place)
        guard case .ran(var runs) = entry.what else { return }
        runs.last = run
        runs.times += 1
        runs.longestMicroseconds = max(runs.longestMicroseconds, run.microseconds)
        entry.what = .ran(runs)
        entry.atMilliseconds = run.startedAtMilliseconds
        entries.append(entry)
    }
}

extension LogBook.Entry {
    /// Whether something happened to the box, rather than that a program was run.
    var isDeed: Bool {
        if case .ran = what { false } else { true }
    }

    /// Whether it says of this source that it leaves otherwise.
    func concerns(_ source: IPv4Prefix) -> Bool {
        switch what {
        case .ran: false
        case .changed(let change): change.sources.contains(source)
        case .happened(let deed): deed.sources.contains(source)
        case .drifted(let lines): lines.contains { $0.hasPrefix("\(source) ") }
        }
    }
}

extension Command {
    /// Whether it asks the same: names of hosts are asked for one by one, and of forty the last is
    /// enough.
    fileprivate func asks(as other: Command) -> Bool {
        self == other
            || program == "getent" && arguments.prefix(2).elementsEqual(other.arguments.prefix(2))
    }
}
