internal import NATModel
internal import NATScreen

// The texts that are read over a view.
extension DashboardState {
    /// The lines of a text, before they are wrapped.
    func lines(of panel: TextPanel) -> [TextLine] {
        switch panel.kind {
        case .help: HelpText.lines(view, viewContext, memory: memory)
        case .details: detailLines
        case .interface(let index): InterfacePanel.lines(index, self)
        case .notice(let notice): notice.lines
        }
    }

    /// The panel as a popup.
    func popup(_ panel: TextPanel) -> Popup {
        if case .interface(let index) = panel.kind {
            return InterfacePanel.popup(panel, index, self)
        }
        let title =
            switch panel.kind {
            case .help: "Help: \(isEgressFocused ? "interfaces" : view.title)"
            case .details, .interface: "Details"
            case .notice(let notice): notice.title
            }
        let wrapped = DialogText.wrapped(lines(of: panel), layout)
        return Popup(title: title, lines: wrapped, offset: panel.offset)
    }

    private var detailLines: [TextLine] {
        if view == .doctor, let check = selectedCheck { return DoctorView.lines(check) }
        if view == .log, let entry = selectedEntry {
            return LogDetails(utcOffsetSeconds: utcOffsetSeconds).lines(entry)
        }
        if view == .overview, let source = tables[.overview]?.selected?.host {
            return HostDetails.lines(source, self)
        }
        if view == .flows, let id = table.selected { return FlowsView.lines(id, self) }
        if view == .rules, let id = table.selected { return RulesView.lines(id, self) }
        let table = shownTable
        guard let row = table.rows.row(self.table.selected) else {
            return [TextLine("that row is gone", Style(.dim))]
        }
        if row.isSpanning { return row.cells.map { TextLine($0.text, $0.style) } }
        // Without the sign of the column that rows are ordered by.
        let titles = table.columns.map { String($0.title.prefix { $0 != "▴" && $0 != "▾" }) }
        let width = titles.map(\.cellWidth).max() ?? 0
        return zip(titles, row.cells).filter { !$1.text.isEmpty }.map { title, cell in
            TextLine(
                "\(title.fitted(width))  \(cell.text)", cell.style, hanging: width + 2)
        }
    }
}
