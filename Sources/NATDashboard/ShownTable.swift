internal import NATModel

// What the open view shows, and in how much room.
extension DashboardState {
    /// The rows of the open view that the filter lets through, with the width of every column.
    func madeTable() -> Table {
        var table =
            switch view {
            case .overview: HostPanel.table(self)
            case .rules: RulesView.table(self)
            case .routes: RoutesView.table(self)
            case .nat: NATView.table(self)
            case .doctor: DoctorView.table(self)
            }
        table = table.filtered(filter)
        table.measure()
        return table
    }

    /// The parts of the box that the open view's table shows.
    var shownParts: [SnapshotPart] {
        switch view {
        case .overview: HostPanel.parts
        case .rules: RulesView.parts
        case .routes: RoutesView.parts
        case .nat: NATView.parts
        case .doctor: DoctorView.parts
        }
    }

    /// The rows of the screen for the table of the open view, its heading first.
    var tableArea: Range<Int> {
        let body = Layout(size).body
        if view == .doctor {
            return body.dropLast(DoctorView.detailRows(Layout(size)))
        }
        guard view == .overview else { return body }
        return min(body.lowerBound + egressHeight, body.upperBound)..<body.upperBound
    }

    /// The rows the interfaces take in the overview, with their heading and complaints.
    var egressHeight: Int {
        let layout = Layout(size)
        let rows =
            layout.isNarrow
            ? observed.egress.count * 2
            : max(observed.egress.map { EgressPanel.addressPairs($0).count }.reduce(0, +), 1) + 1
        return min(rows, layout.mostEgressRows) + egressComplaints.count + layout.gapBelowEgress
    }

    /// Complaints above the interfaces, as many as there is room for.
    var egressComplaints: [String] {
        var parts = EgressPanel.parts
        // A box outside of a cloud lacks nothing where its public addresses are its own.
        if observed.egress.allSatisfy({ $0.promisedAddress != nil }) {
            parts.removeAll { $0 == .cloud && observed.freshness[$0]?.readAtMilliseconds == nil }
        }
        guard Layout(size).isShort else { return Array(complaints(parts).prefix(2)) }
        let all = complaints(parts + HostPanel.parts)
        return all.prefix(1).map { all.count > 1 ? "(1 of \(all.count)) \($0)" : $0 }
    }

    /// Complaints above the open view's table; a short overview has them with the interfaces.
    var tableComplaints: [String] {
        if view == .overview, Layout(size).isShort { return [] }
        return Array(complaints(shownParts).prefix(2))
    }

    /// How many rows of the open view's table fit on the screen.
    var visibleRows: Int {
        max(tableArea.count - 1 - tableComplaints.count, 0)
    }

    /// Complaints about parts of the box; what is frozen does not age.
    func complaints(_ parts: [SnapshotPart]) -> [String] {
        observed.complaints(parts, atMilliseconds: frozen?.atMilliseconds ?? now)
    }
}
