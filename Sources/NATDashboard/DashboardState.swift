package import NATModel
package import NATPlan
package import NATScreen

/// All the dashboard knows: what was read of the box, and what the operator is doing.
///
/// `update` takes what has happened and answers with what is wished for; `render` draws it.
package struct DashboardState: Sendable {
    /// Makes a plan, or refuses.
    package typealias MakePlan = @Sendable (Intent, Snapshot) throws(PlanRefusal) -> Plan

    /// The size of the screen.
    package internal(set) var size: Size
    /// How often the box is read, in milliseconds.
    package internal(set) var intervalMilliseconds: Int
    /// The look of the screen.
    package internal(set) var theme: ThemeName
    /// Whether the terminal reports what the mouse does.
    package internal(set) var isMouseOn: Bool
    /// Why the box cannot be changed from here; `nil` where it can.
    let readOnlyReason: String?
    /// The box's name; `nil` until it is known.
    var hostName: String?
    /// The time of day to show; empty until it is known.
    var wallClock = ""
    /// The latest time of the monotonic clock that a message told, in milliseconds.
    var now: Int64 = 0

    /// The last snapshot, with its failures: what plans are made from.
    var latest: Snapshot?
    /// What is known now.
    var live = Observed()
    /// What was known when the operator froze the screen; `nil` where it is not frozen.
    var frozen: Frozen?

    /// The view that is open.
    var view = ViewKind.overview
    /// Which part of the overview the keys go to.
    var overviewPane = OverviewPane.hosts
    /// Where the operator is in each view; in the overview, among the hosts.
    var tables: [ViewKind: TableState<RowID>] = [:]
    /// Where the operator is among the interfaces of the overview.
    var egressPlace = TableState<RowID>()
    /// How far clocks of the box are ahead of UTC, in seconds.
    var utcOffsetSeconds = 0
    /// Whether a guard is running; `nil` until that is known.
    var isGuardRunning: Bool?
    /// The host whose deciding rule the Rules view shows; `nil` for none.
    var question: RuleQuestion?
    /// The question for the host under the bar, which the side pane asks by itself; `nil` before.
    var aside: Aside?
    /// The flows of that host, which the side pane lists.
    var asideFlows = AsideFlows()
    /// What the operator is doing.
    var mode = Mode.browsing
    /// What rows are shown; empty for all.
    var filter: String {
        didSet { isFilterRemembered = false }
    }
    /// Whether the filter was typed just now, so that the bar goes to what it names.
    var seeksMatch = false
    /// Whether the filter is one of an earlier session, and so has to be pointed out.
    var isFilterRemembered: Bool
    /// What hosts are ordered by.
    var sort: HostSort
    /// Whether that order is inverted.
    var isSortInverted: Bool
    /// Whether traffic is shown in bytes.
    var showsBytes: Bool
    /// Whether hosts are shown by name too.
    var showsNames: Bool
    /// The names of hosts, as far as they were looked up.
    var names = HostNames()
    /// The instances of the cloud, as far as they were listed.
    var instances = InstanceBook()
    /// The hosts that `assign` and `release` mean.
    var marked: Set<IPv4Prefix> = []
    /// Where a range of marks began; `nil` where none is being marked.
    var rangeStart: IPv4Prefix?
    /// The flows that the Flows view shows, and of whom.
    var flowList = FlowList()
    /// What flows are put together by.
    var flowGrouping = FlowGrouping.flow
    /// What flows are ordered by.
    var flowSort = ColumnOrder(column: FlowSort.traffic)
    /// What groups of flows are ordered by.
    var flowGroupSort = ColumnOrder(column: FlowGroupSort.flows)
    /// What was looked for last; empty for nothing.
    var lastFind = ""
    /// Whether a pending change is being kept or taken back, which must end as a plan must.
    var isSettling = false
    /// The row of the screen of the last click; `nil` where a key came after it.
    var clickRow: Int?
    /// One line about what just happened; it goes with the next key, and by itself.
    var remark: TextLine? {
        didSet { remarkedAtMilliseconds = now }
    }
    private var remarkedAtMilliseconds: Int64 = 0
    /// The last pending change that is known to have ended, by name: a reading that began before that
    /// tells of it as pending still.
    var endedChange: String?
    /// How the last pending change ended; it stays until a key. `nil` where that was seen.
    var pendingEnd: PendingEnd?
    /// The proof of the last change, as far as it is there; `nil` where none is waited for.
    var firstFlow: FirstFlow?
    /// The plan that opens as soon as enough of the box is read; `nil` for none.
    var awaited: AwaitedPlan?
    /// The key that accepted a plan, while it is still held down.
    var heldKey: HeldKey?
    /// The rows that are shown, as they were made last.
    var made = MadeRows()
    /// Whether only hosts are shown that are otherwise than they should be.
    var showsExceptionsAlone = false
    let makePlan: MakePlan
    /// Where settings are remembered, or why they are not, for the help; `nil` for neither.
    let memory: String?

    /// What was known at one moment.
    struct Frozen: Sendable {
        /// What was known.
        var observed: Observed
        /// When, in milliseconds of the monotonic clock.
        var atMilliseconds: Int64
    }

    /// A dashboard that knows nothing yet.
    ///
    /// - Parameters:
    ///   - readOnlyReason: why the box cannot be changed, such as `--readonly`; `nil` if it can.
    ///   - settings: how the operator wants it.
    ///   - memory: where settings are remembered, or why they are not, for the help.
    ///   - makePlan: the planner, which a test may replace.
    package init(
        size: Size, hostName: String? = nil, readOnlyReason: String? = nil,
        settings: Settings = Settings(), memory: String? = nil,
        makePlan: @escaping MakePlan = Planner.plan
    ) {
        self.size = size
        self.hostName = hostName?.strippedOfControls
        self.readOnlyReason = readOnlyReason
        self.memory = memory?.strippedOfControls
        intervalMilliseconds = settings.intervalMilliseconds
        theme = settings.theme
        isMouseOn = settings.isMouseOn
        filter = settings.filter
        isFilterRemembered = !settings.filter.isEmpty
        sort = settings.sort
        isSortInverted = settings.isSortInverted
        showsBytes = settings.showsBytes
        showsNames = settings.showsNames
        self.makePlan = makePlan
        refreshTable()
    }

    /// The remark while it is fresh: what goes on must not be hidden by what is over.
    var freshRemark: TextLine? {
        now - remarkedAtMilliseconds < Self.remarkMilliseconds ? remark : nil
    }
    private static let remarkMilliseconds: Int64 = 8000

    /// Which rows of the screen hold what.
    var layout: Layout { Layout(size, hasPendingLine: pendingLine != nil) }

    /// The moment the screen shows, in milliseconds of the monotonic clock.
    var shownMilliseconds: Int64 { frozen?.atMilliseconds ?? now }

    /// What the screen shows: the present, or what was frozen.
    var observed: Observed { frozen?.observed ?? live }

    /// Whether keys go to the interfaces of the overview.
    var isEgressFocused: Bool { view == .overview && overviewPane == .egress }

    /// Where the operator is in the pane that keys go to.
    var table: TableState<RowID> {
        get { isEgressFocused ? egressPlace : tables[view] ?? TableState() }
        set {
            if isEgressFocused { egressPlace = newValue } else { tables[view] = newValue }
        }
    }

    /// Whether something is half-way into the kernel.
    var isBusy: Bool {
        if case .applying = mode { return true }
        return isSettling
    }

    /// The rows of the pane that keys go to.
    var focusedTable: Table { isEgressFocused ? egressTable : shownTable }

    /// Where a key is pressed while nothing is open over the view.
    var viewContext: KeyContext { isEgressFocused ? .egress : KeyContext(view) }

    /// Where a key is pressed now.
    var keyContext: KeyContext {
        if isBusy { return .applying }
        if layout.isTooSmall { return .tooSmall }
        switch mode {
        case .browsing: return viewContext
        case .filtering: return .filter
        case .finding: return .finding
        case .sorting: return .sorting
        case .choosing: return .palette
        case .asking: return .asking
        case .picking: return .picking
        case .reading(let panel):
            switch panel.kind {
            case .interface: return .interface
            case .details: return .details
            case .help, .notice: return .reading
            }
        case .assigning(let dialog):
            return dialog.focus == .source ? .assignSource : .assignInterface
        case .confirming(let dialog): return dialog.word == nil ? .confirm : .confirmTyped
        case .applying: return .applying
        }
    }

    /// The sources that `assign` and `release` mean: the marked ones, else the selected one.
    var chosenSources: [IPv4Prefix] {
        if !marked.isEmpty { return marked.sorted() }
        return (tables[.overview]?.selected?.host).map { [$0] } ?? []
    }
}
