internal import NATModel
internal import NATPlan
internal import NATScreen

/// A plan under review. It is carried out only after it was shown whole and accepted.
struct ConfirmDialog: Hashable, Sendable {
    /// The plan.
    var plan: Plan
    /// The change it undoes, by name; `nil` where it undoes none.
    var undoes: String?
    /// Where each source leaves now, and where it will; absent where neither is known.
    var ways: [IPv4Prefix: Ways]
    /// Live connections by source; absent until they are counted, `nil` where they cannot be.
    var connections: [IPv4Prefix: LiveConnections?] = [:]
    /// When they were counted, in milliseconds since 1970-01-01 UTC.
    private(set) var countedAtMilliseconds: Int64 = 0
    /// Why it is asked again; `nil` the first time.
    var reason: String?
    /// Keys are dropped for a moment after it opens.
    var guardTime: GuardTime
    /// The row of the screen of the click that opened it; `nil` where a key did.
    var openedInRow: Int?
    /// What Enter does. Cancel until the operator moves it.
    var focus = Focus.cancel
    /// The first line on the screen.
    var offset = 0
    /// Whether its last line has been on the screen, and of a long one every line before it.
    private(set) var wasReadToEnd = false
    /// Up to which line it was read without a gap.
    private var readLines = 0
    /// What it says, wrapped to the room there was; made anew where either changes.
    private(set) var wrapped: [TextLine] = []
    private var wrappedFor: Int?
    /// What has been typed, where a word is asked for.
    var typed = ""

    /// Where a source leaves.
    struct Ways: Hashable, Sendable {
        /// Now: the interface and the public address; `nil` where it leaves by none or nobody knows.
        var now: String?
        /// After the plan, likewise; `nil` where the box's other rules decide.
        var then: String?
        /// Whether it is there already.
        var isThere: Bool
    }

    /// A review of this plan.
    init(
        plan: Plan, undoes: String?, ways: [IPv4Prefix: Ways], reason: String?,
        guardTime: GuardTime, openedInRow: Int?
    ) {
        self.plan = plan
        self.undoes = undoes
        self.ways = ways
        self.reason = reason
        self.guardTime = guardTime
        self.openedInRow = openedInRow
    }

    /// A plan of more lines is read page by page: a jump to its end is none.
    private static let longLines = 100

    /// Wraps it to the room there is, and notes what of it has been on the screen.
    mutating func layOut(_ layout: Layout) {
        if wrappedFor != layout.dialogTextWidth {
            wrappedFor = layout.dialogTextWidth
            wrapped = DialogText.wrapped(lines, layout)
        }
        let rows = layout.dialogTextRows
        offset = min(offset, max(wrapped.count - rows, 0))
        guard rows > 0 else { return }
        if offset <= readLines { readLines = max(readLines, offset + rows) }
        let end = wrapped.count > Self.longLines ? readLines : offset + rows
        if end >= wrapped.count { wasReadToEnd = true }
    }

    /// Takes how many live connections sources have; `nil` where that cannot be told.
    mutating func count(
        _ counts: [IPv4Prefix: LiveConnections], of sources: [IPv4Prefix],
        atMilliseconds now: Int64
    ) {
        for source in sources { connections[source] = .some(counts[source]) }
        countedAtMilliseconds = now
        wrappedFor = nil
    }

    /// The word to be typed before it is carried out; `nil` where `y` is enough.
    ///
    /// A plan that can cut the operator's own session asks for the interface's name: a finger that
    /// slips types no name.
    var word: String? {
        guard plan.mayCutSessions || !plan.movesOthers.isEmpty else { return nil }
        for case .leaves(_, let interface) in plan.verifications { return interface }
        return "cut"
    }

    /// What Enter does.
    enum Focus: Hashable, Sendable {
        case cancel, apply
    }
}
