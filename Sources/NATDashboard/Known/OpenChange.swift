internal import NATModel

/// A change that has not ended yet: of this natdeck with its steps, of another as the journal tells it.
struct OpenChange: Hashable, Sendable {
    /// Its name; `nil` where that is not known yet.
    var name: String?
    /// What it does; `nil` where nobody has told.
    private(set) var deed: String?
    /// Who began it; `nil` where that is not known yet.
    private(set) var author: String?
    /// The same without the number of the process; `nil` where that is not known.
    private(set) var person: String?
    /// The sources it is about; none where it is about the whole box, or that is not known.
    private(set) var sources: [IPv4Prefix] = []
    /// Whether this natdeck began it.
    private(set) var isOwn = false
    /// What flows say of it; `nil` where they say nothing.
    var proof: String?
    /// How far it is.
    private(set) var state = State.underWay
    /// The steps that this natdeck has run for it.
    private(set) var runs: [CommandRun] = []
    /// When it was seen first, in milliseconds since 1970-01-01 UTC.
    private(set) var sinceMilliseconds: Int64 = 0

    /// No more steps than this are remembered one by one.
    private static let mostRuns = 1000

    /// How far a change is.
    enum State: Hashable, Sendable {
        /// Somebody is at it; it waits to be kept; whoever was at it is gone.
        case underWay, awaitsKeep, unfinished
        /// It is over, and the history does not tell how it ended.
        case untold
    }

    /// None.
    init() {}

    /// A change that begins now.
    init(deed: String, atMilliseconds time: Int64) {
        self.deed = deed
        isOwn = true
        sinceMilliseconds = time
    }

    /// Whether there is none.
    var isEmpty: Bool { deed == nil && runs.isEmpty }

    /// The same, of which nobody tells how it ended.
    var over: OpenChange {
        var over = self
        over.state = .untold
        return over
    }

    /// Takes a step that was run for it.
    mutating func add(_ run: CommandRun) {
        if isEmpty { sinceMilliseconds = run.startedAtMilliseconds }
        if runs.count < Self.mostRuns { runs.append(run) }
    }

    /// Takes what the journal tells. Of one that is not pending any more, and of which no step was run
    /// here, nothing is left to tell but its end.
    mutating func take(_ change: PendingChange?, atMilliseconds time: Int64) {
        guard let change else {
            if name != nil, runs.isEmpty { self = OpenChange() }
            return
        }
        if isEmpty { sinceMilliseconds = time }
        name = change.id
        deed = deed ?? change.deed ?? change.title
        author = change.author
        person = change.person
        sources = change.sources ?? []
        state =
            switch change.state {
            case .underWay: .underWay
            case .awaitsKeep: .awaitsKeep
            case .unfinished: .unfinished
            }
    }
}
