internal import NATModel

/// The interfaces on a narrow screen: two lines each, name and public address, then in and out.
enum NarrowOverview {
    /// Draws them into these rows of the screen.
    static func draw(_ state: DashboardState, rows area: Range<Int>, on frame: inout Frame) {
        var row = area.lowerBound
        let width = frame.size.columns - 2
        for complaint in state.egressComplaints where row < area.upperBound {
            frame.put("! \(complaint)".fitted(width), row: row, column: 1, style: Style(.warning))
            row += 1
        }
        let traffic = state.observed.egress
        if traffic.isEmpty, row < area.upperBound {
            let text = EgressPanel.table(state).emptyText
            frame.put(text.fitted(width), row: row, column: 1, style: Style(.dim))
        }
        // All names and addresses matter more than the figures of some.
        let hasFigures = area.upperBound - row >= traffic.count * 2
        for nic in traffic where row < area.upperBound {
            let name = EgressPanel.name(nic.interface)
            let address = nic.promisedAddress?.description ?? Figure.missing
            frame.put(name.text.fitted(20), row: row, column: 1, style: name.style)
            frame.put(address.fitted(16, .right), row: row, column: width - 15)
            row += 1
            guard hasFigures else { continue }
            let figures = EgressPanel.traffic(nic, state)
            var column = 3
            for (label, meter) in [("in", figures.received), ("out", figures.sent)] {
                let cell = EgressPanel.figure(meter, state)
                column = frame.put(label, row: row, column: column, style: Style(.dim)) + 1
                column = frame.put(
                    cell.text.fitted(11, .right), row: row, column: column, style: cell.style)
                column += 3
            }
            row += 1
        }
    }
}
