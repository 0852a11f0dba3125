internal import NATScreen

/// Which rows of the overview hold what; what is left out has none.
struct OverviewAreas: Hashable, Sendable {
    /// The interfaces, their heading first.
    var egress: Range<Int>
    /// The hosts, their heading first.
    var hosts: Range<Int>
    /// What is known of the host under the bar.
    var strip: Range<Int>
    /// What happened on the box.
    var events: Range<Int>
    /// The columns of the side pane; `nil` where the screen has no room for one.
    var side: Range<Int>?

    /// A screen with as many columns has a side pane.
    private static let sideColumns = 200
    /// The least it takes, and its share of a still wider screen.
    private static let sideWidth = 54
    private static let sideShare = 4
    /// The most rows of what happened, its title among them.
    private static let mostEvents = 12

    /// The columns of the side pane; `nil` where the screen has no room for one.
    static func side(_ layout: Layout) -> Range<Int>? {
        let columns = layout.size.columns
        guard columns >= sideColumns, layout.body.count >= 20 else { return nil }
        return columns - max(sideWidth, columns / sideShare)..<columns
    }

    /// The areas of a screen.
    ///
    /// - Parameters:
    ///   - egressRows: the rows that all interfaces would take, with heading, sum and complaints.
    ///   - hostRows: the rows that all hosts would take, with heading and complaints.
    init(_ layout: Layout, egressRows: Int, hostRows: Int) {
        let body = layout.body
        side = Self.side(layout)
        let hasSide = side != nil
        // A title each, and then the lines: what decides and what follows; one deed a line.
        let stripRows = hasSide || body.count < 17 ? 0 : 3
        let leastEvents = body.count >= 34 ? 4 : body.count >= 26 ? 3 : body.count >= 19 ? 2 : 0
        let gap = layout.gapBelowEgress
        let room = body.count - stripRows - leastEvents - gap
        // Half of the screen at most, but for rows that the hosts have no use for.
        let most = layout.isShort ? max(body.count - 3, 2) : max(body.count / 2, room - hostRows)
        let height = min(egressRows, max(most, 2), max(room, 0))
        // What nobody else has a use for tells more of what happened.
        let spare = leastEvents == 0 ? 0 : max(room - height - hostRows, 0)
        let eventRows = leastEvents + min(spare, Self.mostEvents - leastEvents)
        egress = body.lowerBound..<body.lowerBound + height
        let start = min(egress.upperBound + gap, body.upperBound)
        events = body.upperBound - eventRows..<body.upperBound
        strip = events.lowerBound - stripRows..<events.lowerBound
        hosts = start..<max(strip.lowerBound, start)
    }
}

extension DashboardState {
    /// Which rows of the overview hold what. A filter moves nothing: all hosts count.
    var overviewAreas: OverviewAreas {
        OverviewAreas(
            layout, egressRows: max(observed.offered.count, 1) + 2 + egressComplaints.count,
            hostRows: max(observed.hosts.count, 1) + 1 + tableComplaints.count)
    }
}
