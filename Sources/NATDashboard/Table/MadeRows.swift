internal import NATModel
internal import NATScreen

/// The rows that are shown. They are made anew when they may change, and not for each drawing: there
/// may be ten thousand.
struct MadeRows: Sendable {
    /// The rows of the open view that the filter lets through.
    fileprivate(set) var shown = Table(columns: [], rows: TableRows())
    /// The interfaces of the overview.
    fileprivate(set) var egress = Table(columns: [], rows: TableRows())
    /// The table before that, whose columns do not become narrower.
    fileprivate var before = Table(columns: [], rows: TableRows())
    fileprivate var key: Key?
    /// The hosts in their order, by their places among all.
    fileprivate(set) var order: [Int] = []
    /// The sources in that order, which is held while something is typed.
    fileprivate var held: [IPv4Prefix] = []
    fileprivate var orderKey: HostOrder.Key?
    /// How often they were made, which is to be seldom.
    fileprivate(set) var makings = 0

    /// What the rows of the open view depend on.
    fileprivate struct Key: Hashable {
        var view: ViewKind
        var filter: String
        var sort: HostSort
        var isSortInverted: Bool
        var marked: Set<IPv4Prefix>
        var generation: Int
        var columns: Int
        var isEgressFocused: Bool
        var showsBytes: Bool
        var showsExceptionsAlone: Bool
        /// How often names were found; 0 where none are shown.
        var names: Int
        /// The log is not made anew with every reading, nor anything else with every entry of it.
        var log: Int
        var question: EgressDecision?
        /// How often flows were read, and how they are put together.
        var flows: Int
        var flowGrouping: FlowGrouping
        var flowSort: ColumnOrder<FlowSort>
        var flowGroupSort: ColumnOrder<FlowGroupSort>
        /// Marks that fade.
        var fading: Int64
    }
}

extension DashboardState {
    /// The rows of the open view that the filter lets through.
    var shownTable: Table { made.shown }

    /// The interfaces of the overview.
    var egressTable: Table { made.egress }

    /// Makes the rows of the open view anew where anything they depend on has changed.
    mutating func refreshTable() {
        let key = MadeRows.Key(
            view: view, filter: filter, sort: sort, isSortInverted: isSortInverted, marked: marked,
            generation: view == .log ? 0 : observed.generation, columns: size.columns,
            isEgressFocused: isEgressFocused, showsBytes: showsBytes,
            showsExceptionsAlone: showsExceptionsAlone,
            names: showsNames ? names.generation : 0,
            log: view == .log ? observed.log.version &+ utcOffsetSeconds : 0,
            question: view == .rules ? question?.decision : nil,
            flows: view == .flows ? flowList.generation : 0, flowGrouping: flowGrouping,
            flowSort: flowSort, flowGroupSort: flowGroupSort,
            fading: view == .nat ? observed.fading(atMilliseconds: shownMilliseconds) : 0)
        guard key != made.key else { return }
        made.key = key
        made.before = Table(
            columns: made.shown.columns, rows: TableRows(), widths: made.shown.widths)
        if view == .overview { orderHosts() }
        made.shown = madeTable()
        if view == .overview { made.egress = madeEgressTable() }
        made.makings += 1
    }

    /// Puts the hosts in order. While something is typed they hold still: a row that goes away under
    /// one's eyes is another row.
    private mutating func orderHosts() {
        let observed = observed
        let key = HostOrder.Key(
            generation: observed.generation, sort: sort, isInverted: isSortInverted,
            names: names.generation, isHeld: isTyping, showsExceptionsAlone: showsExceptionsAlone)
        guard key != made.orderKey else { return }
        made.orderKey = key
        let sources = observed.sources
        if isTyping, !made.held.isEmpty {
            let places = Dictionary(
                zip(made.held, made.held.indices), uniquingKeysWith: { first, _ in first })
            let ranks = sources.map { places[$0] ?? Int.max }
            made.order = ranks.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
        } else {
            made.order = HostOrder(observed, names).places(by: sort, isInverted: isSortInverted)
        }
        made.held = made.order.map { sources[$0] }
        if showsExceptionsAlone {
            let hosts = observed.hosts
            made.order = made.order.filter { hosts[$0].isException }
        }
    }

    private var isTyping: Bool {
        switch mode {
        case .filtering, .finding: true
        default: false
        }
    }

    /// Measures the columns of the open view, where that is not done or other rows are shown.
    mutating func measureTable() {
        let isLong = made.shown.rows.count > Table.measuredRows
        guard made.shown.widths == nil || isLong else { return }
        let top = tables[view]?.top ?? 0
        let before = made.shown.widths == nil ? made.before : made.shown
        made.shown.measure(showing: top..<top + visibleRows, after: before)
    }
}
