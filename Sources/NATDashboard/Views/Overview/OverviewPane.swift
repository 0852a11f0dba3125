/// A part of the overview that keys can go to.
enum OverviewPane: Hashable, Sendable {
    /// The interfaces hosts leave by.
    case egress
    /// The hosts.
    case hosts
}

extension DashboardState {
    /// Goes to the next pane, round the end; the overview has two, the interfaces before the hosts.
    mutating func goToPane(by distance: Int) {
        let next = distance > 0 ? OverviewPane.hosts : .egress
        if view == .overview, overviewPane != next {
            overviewPane = next
            return
        }
        view = view.advanced(by: distance)
        overviewPane = distance > 0 ? .egress : .hosts
    }
}
