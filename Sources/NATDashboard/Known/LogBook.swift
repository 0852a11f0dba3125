internal import NATModel

/// What happened on the box, one entry a deed, in a bounded number, oldest first; and what natdeck
/// ran: its readings for themselves, the steps of a change with the change.
struct LogBook: Hashable, Sendable {
    /// What happened, oldest first.
    private(set) var entries: [Entry] = []
    /// What natdeck has run to read the box.
    private(set) var readings = Readings()
    /// The change that has not ended yet.
    private var open = OpenChange()
    /// How often it has changed.
    private(set) var version = 0
    private var nextID = 0
    /// Why changes that ended are not all in it; `nil` where they are.
    private(set) var complaint: String?
    /// How the hosts differed from what was kept when that was noted last.
    private var drift: Set<Drifted> = []
    /// Whether an entry tells of it, which then is taken back too.
    private var isDriftTold = false
    /// The entry of the last change of this natdeck, once it stands.
    private var proven: Int?

    /// The most entries it holds; the oldest goes first.
    static let capacity = 500

    /// One row of the log.
    struct Entry: Hashable, Sendable {
        /// A name that stays.
        var id: Int
        /// When it happened, in milliseconds since 1970-01-01 UTC.
        var atMilliseconds: Int64
        /// What happened.
        var what: What

        /// The names of the two that there is only one of.
        fileprivate static let readings = -1
        fileprivate static let open = -2
    }

    /// What happened to the box, or to whom.
    enum What: Hashable, Sendable {
        /// A change of the box ended.
        case changed(Change)
        /// A change of the box has not ended yet.
        case open(OpenChange)
        /// Hosts leave otherwise than was kept, or none does any more.
        case drifted([String])
        /// Somebody did something to the box.
        case happened(Deed)
        /// natdeck reads the box.
        case read(Readings)
    }

    /// A change that ended, with what came of it as far as this natdeck saw that.
    struct Change: Hashable, Sendable {
        /// The change, as the history tells it.
        var past: PastChange
        /// Its steps as they were run here; none of a change of another process.
        var runs: [CommandRun] = []
        /// What flows say of it; `nil` where they say nothing.
        var proof: String?
    }

    /// A host that leaves otherwise than was kept.
    struct Drifted: Hashable, Sendable {
        /// The host.
        var source: IPv4Prefix
        /// How it leaves, and how it was kept.
        var text: String
    }

    /// All rows, oldest first: what happened, among it since when the box is read, and at the end what
    /// has not ended yet.
    var rows: [Entry] {
        var rows = entries
        if let since = readings.sinceMilliseconds {
            let place = rows.firstIndex { $0.atMilliseconds > since } ?? rows.count
            rows.insert(
                Entry(id: Entry.readings, atMilliseconds: since, what: .read(readings)), at: place)
        }
        if !open.isEmpty { rows.append(openEntry) }
        return rows
    }

    private var openEntry: Entry {
        Entry(id: Entry.open, atMilliseconds: open.sinceMilliseconds, what: .open(open))
    }

    /// Takes programs that were run: what reads the box is counted, what changes it belongs to the
    /// change that is open.
    mutating func add(_ runs: [CommandRun]) {
        for run in runs {
            if run.command.isReading { readings.add(run) } else { open.add(run) }
        }
        version += 1
    }

    /// Takes changes that ended.
    mutating func add(_ changes: [PastChange]) {
        for past in changes {
            var change = Change(past: past)
            if past.isOwn || past.id == open.name {
                change.runs = open.runs
                if past.isOwn, past.ending == .kept, !open.isEmpty {
                    change.proof = open.proof
                    proven = nextID
                }
                open = OpenChange()
            }
            // It ended within the second that is told.
            let end = past.atMilliseconds + 999
            let later = entries.reversed().prefix { $0.atMilliseconds > end }.count
            insert(.changed(change), at: past.atMilliseconds, before: later)
        }
        finish()
    }

    /// Takes what somebody did to the box.
    mutating func add(_ deeds: [Deed], atMilliseconds time: Int64) {
        guard !deeds.isEmpty else { return }
        for deed in deeds { insert(.happened(deed), at: time) }
        finish()
    }

    /// Takes why the history is not whole; `nil` where it is.
    mutating func complain(_ failure: ReadFailure?) {
        complaint = failure.map { "history not whole: \($0)".strippedOfControls }
        version += 1
    }

    /// What happened lately, the latest first; among it a change that waits, when it was made. Of one
    /// that is under way the screen tells anyway.
    func deeds(most: Int) -> [Entry] { Array(happened.prefix(most)) }

    /// The same of one source.
    func deeds(of source: IPv4Prefix, most: Int) -> [Entry] {
        Array(happened.lazy.filter { $0.concerns(source) }.prefix(most))
    }

    private var happened: [Entry] {
        var happened = Array(entries.reversed())
        if open.deed != nil, open.state != .underWay {
            let place = happened.firstIndex { $0.atMilliseconds <= open.sinceMilliseconds }
            happened.insert(openEntry, at: place ?? happened.count)
        }
        return happened
    }

    private mutating func insert(_ what: What, at time: Int64, before later: Int = 0) {
        entries.insert(
            Entry(id: nextID, atMilliseconds: time, what: what), at: entries.count - later)
        nextID += 1
    }

    private mutating func finish() {
        version += 1
        if entries.count > Self.capacity { entries.removeFirst(entries.count - Self.capacity) }
    }
}

// The change that has not ended yet.
extension LogBook {
    /// Takes notice that this natdeck begins a change.
    mutating func begin(_ deed: String, atMilliseconds time: Int64) {
        if !open.runs.isEmpty { insert(.open(open.over), at: open.sinceMilliseconds) }
        open = OpenChange(deed: deed, atMilliseconds: time)
        proven = nil
        finish()
    }

    /// Takes notice that the change was not made after all.
    mutating func cancel() {
        guard open.runs.isEmpty else { return }
        open = OpenChange()
        version += 1
    }

    /// Takes notice that this natdeck is to end a pending change, whoever began it.
    mutating func settle(_ change: PendingChange) { open.name = change.id }

    /// Takes the pending change as it is now; `nil` where there is none.
    mutating func take(pending change: PendingChange?, atMilliseconds time: Int64) {
        var taken = open
        taken.take(change, atMilliseconds: time)
        guard taken != open else { return }
        open = taken
        version += 1
    }

    /// Takes what flows say of the last change of this natdeck.
    mutating func prove(_ text: String) {
        if open.isOwn {
            guard text != open.proof else { return }
            open.proof = text
        } else {
            guard let place = entries.lastIndex(where: { $0.id == proven }),
                case .changed(var change) = entries[place].what, text != change.proof
            else { return }
            change.proof = text
            entries[place].what = .changed(change)
        }
        version += 1
    }
}

// How hosts differ from what was kept.
extension LogBook {
    /// Takes how hosts differ from what was kept; nothing where that is as it was. What somebody did
    /// in the same reading has told it already.
    mutating func noteDrift(_ new: [Drifted], atMilliseconds time: Int64) {
        let now = Set(new)
        guard now != drift else { return }
        let news = new.filter { !drift.contains($0) }
        drift = now
        if now.isEmpty {
            guard isDriftTold else { return }
            isDriftTold = false
            insert(.drifted([]), at: time)
            return finish()
        }
        let told = Set(
            entries.reversed().prefix { $0.atMilliseconds == time }.flatMap(\.sources))
        let untold = news.filter { !told.contains($0.source) }
        guard !untold.isEmpty else { return }
        isDriftTold = true
        insert(.drifted(untold.map(\.text)), at: time)
        finish()
    }
}

extension LogBook.Entry {
    /// The sources that leave otherwise since.
    fileprivate var sources: [IPv4Prefix] {
        switch what {
        case .read, .drifted: []
        case .open(let change): change.sources
        case .changed(let change): change.past.sources
        case .happened(let deed): deed.sources
        }
    }

    /// Whether it says of this source that it leaves otherwise.
    func concerns(_ source: IPv4Prefix) -> Bool {
        if case .drifted(let lines) = what { return lines.contains { $0.hasPrefix("\(source) ") } }
        return sources.contains(source)
    }
}
