package import NATScreen

extension DashboardState {
    /// The screen as it is now.
    package func render() -> Frame { drawn().frame }

    /// The same with what can be clicked on.
    func drawn() -> Canvas {
        var canvas = Canvas(size: size)
        let layout = self.layout
        guard !layout.isTooSmall else {
            drawSentence(on: &canvas)
            return canvas
        }
        HeaderLine.draw(self, on: &canvas)
        if view == .overview {
            TablePanel.draw(
                egressTable, egressPlace, isFocused: isEgressFocused,
                complaints: egressComplaints, rows: egressArea, width: size.columns,
                sought: isEgressFocused ? sought : [], on: &canvas)
        }
        for (row, line) in notes.enumerated() {
            canvas.put(
                line.text, row: layout.body.lowerBound + row, column: 1, style: line.style)
        }
        let position = TablePanel.draw(
            shownTable, tables[view] ?? TableState<RowID>(), isFocused: !isEgressFocused,
            complaints: tableComplaints, rows: tableArea, width: tableWidth,
            sought: isEgressFocused ? [] : sought, on: &canvas)
        if view == .overview { drawBelowHosts(on: &canvas) }
        if view == .doctor {
            let area = tableArea.upperBound..<layout.body.upperBound
            DoctorView.drawDetails(self, rows: area, on: &canvas)
        }
        let popup = popup(layout)
        // What is below a dialog cannot be clicked on.
        if popup != nil { canvas.removeTargets() }
        BottomBar.draw(self, position: position, on: &canvas)
        popup?.draw(layout, on: &canvas)
        return canvas
    }

    /// What is being looked for while it is typed.
    private var sought: [String] {
        switch mode {
        case .filtering: RowFilter(filter).texts
        case .finding(let line): RowFilter(line.text).texts
        default: []
        }
    }

    private func drawBelowHosts(on canvas: inout Canvas) {
        let areas = overviewAreas
        HostStrip.draw(self, rows: areas.strip, width: size.columns, on: &canvas)
        EventLines.draw(self, rows: areas.events, width: tableWidth, on: &canvas)
        if let side = areas.side {
            SidePane.draw(
                self, columns: side, rows: areas.hosts.lowerBound..<areas.events.upperBound,
                on: &canvas)
        }
    }

    private func popup(_ layout: Layout) -> Popup? {
        switch mode {
        case .browsing, .filtering, .asking, .finding: nil
        case .sorting(let menu): popup(menu)
        case .picking(let picker): InstancePanel.popup(picker, self)
        case .choosing(let palette): PalettePanel.popup(palette, self)
        case .reading(let panel): popup(panel)
        case .assigning(let dialog): AssignPanel.popup(dialog, self)
        case .confirming(let dialog): ConfirmPanel.popup(dialog, layout)
        case .applying(let applying): ConfirmPanel.popup(applying, layout)
        }
    }

    private func drawSentence(on canvas: inout Canvas) {
        var sentence = "natdeck needs 40×10 cells; q quits"
        if case .applying = mode { sentence = "applying, wait" }
        for (row, line) in sentence.wrapped(size.columns).prefix(size.rows).enumerated() {
            canvas.put(line, row: row, column: 0)
        }
    }
}
