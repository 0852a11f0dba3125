internal import NATModel
internal import NATScreen

// What the open view shows, and in how much room.
extension DashboardState {
    /// The rows of the open view that the filter lets through, not measured yet.
    func madeTable() -> Table {
        var table =
            switch view {
            case .overview: HostPanel.table(self, order: made.order)
            case .rules: RulesView.table(self)
            case .routes: RoutesView.table(self)
            case .nat: NATView.table(self)
            case .flows: FlowsView.table(self)
            case .doctor: DoctorView.table(self)
            case .log: LogView.table(self)
            }
        // What is typed is for the pane that keys go to.
        if !isEgressFocused { table = table.filtered(filter) }
        return table
    }

    /// The interfaces of the overview that the filter lets through.
    func madeEgressTable() -> Table {
        var table = EgressPanel.table(self)
        if isEgressFocused { table = table.filtered(filter) }
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
        case .flows: FlowsView.parts
        case .doctor: DoctorView.parts
        case .log: LogView.parts
        }
    }

    /// The rows of the screen for the table of the open view, its heading first.
    var tableArea: Range<Int> {
        let body = layout.body.dropFirst(notes.count)
        if view == .doctor {
            return body.dropLast(DoctorView.detailRows(layout))
        }
        return view == .overview ? overviewAreas.hosts : body
    }

    /// The lines above the open view's table, as wide as the screen.
    var notes: [TextLine] {
        let lines =
            switch view {
            case .rules: RuleAnswer.notes(self)
            case .flows: FlowsView.notes(self)
            case .log: LogView.notes(self)
            default: [TextLine]()
            }
        let wrapped = lines.flatMap { line in
            line.text.wrapped(max(size.columns - 2, 1), indent: 2).map { TextLine($0, line.style) }
        }
        return Array(wrapped.prefix(layout.body.count / 2))
    }

    /// Complaints above the interfaces, as many as there is room for.
    var egressComplaints: [String] {
        // Once: it is a copy of everything that was observed.
        let observed = observed
        var parts = EgressPanel.parts
        // A box outside of a cloud lacks nothing where its public addresses are its own.
        if observed.egress.allSatisfy({ $0.promisedAddress != nil }) {
            parts.removeAll { $0 == .cloud && observed.freshness[$0]?.readAtMilliseconds == nil }
        }
        let remembered = isEgressFocused ? rememberedFilter : []
        guard layout.isShort else { return remembered + complaints(parts).prefix(2) }
        let all = complaints(parts + HostPanel.parts)
        return remembered
            + all.prefix(1).map { all.count > 1 ? "(1 of \(all.count)) \($0)" : $0 }
    }

    /// Complaints above the open view's table; a short overview has them with the interfaces.
    var tableComplaints: [String] {
        let remembered = isEgressFocused ? [] : rememberedFilter
        if view == .overview, layout.isShort { return remembered }
        let flows = view == .overview ? flowComplaints : []
        return remembered + (complaints(shownParts) + flows).prefix(2)
    }

    /// What is not known of flows, or is old, and which key mends it.
    private var flowComplaints: [String] {
        let observed = observed
        if let failure = observed.snapshot?.flows.failure, failure != .unread {
            return ["flows are not known: \(failure)"]
        }
        guard let totals = observed.flows.totals else { return [] }
        // As of the last reading of anything: between two of them nothing on the screen moves.
        let age = observed.readAtMilliseconds - observed.flows.readAtMilliseconds
        // While they are read seldom the line stays: rows that jump up and down are worse than one
        // row less.
        let span = max(age, totals.spanMilliseconds ?? 0)
        if span > max(Int64(intervalMilliseconds) * 3, 5000) {
            return [
                "flows are read every \(Figure.duration(seconds: span / 1000)), for \(totals.flows) of"
                    + " them take \(Figure.oneDecimal(Double(totals.tookMilliseconds) / 1000)) s: these are"
                    + " \(Figure.duration(seconds: age / 1000)) old"
            ]
        }
        guard observed.snapshot?.conntrack.value?.countsTraffic == false else { return [] }
        return ["IN and OUT of hosts are not counted: net.netfilter.nf_conntrack_acct is 0  !"]
    }

    /// Says that an earlier session's filter hides rows of the pane that keys go to.
    private var rememberedFilter: [String] {
        isFilterRemembered ? ["Esc clears last time's filter: \(filter)"] : []
    }

    /// The rows of the screen for the interfaces of the overview, their heading first.
    var egressArea: Range<Int> { overviewAreas.egress }

    /// The cells of the open view's table.
    var tableWidth: Int {
        view == .overview ? overviewAreas.side?.lowerBound ?? size.columns : size.columns
    }

    /// How many rows of the open view's table fit on the screen.
    var visibleRows: Int {
        TablePanel.visibleRows(
            shownTable, complaints: tableComplaints.count, height: tableArea.count)
    }

    /// How many interfaces fit on the screen.
    var visibleEgressRows: Int {
        TablePanel.visibleRows(
            egressTable, complaints: egressComplaints.count, height: egressArea.count)
    }

    /// Complaints about parts of the box; what is frozen does not age.
    func complaints(_ parts: [SnapshotPart]) -> [String] {
        observed.complaints(parts, atMilliseconds: frozen?.atMilliseconds ?? now)
    }
}
