extension DashboardState {
    /// The screen as it is now.
    package func render() -> Frame {
        var frame = Frame(size: size)
        let layout = Layout(size)
        guard !layout.isTooSmall else {
            drawSentence(on: &frame)
            return frame
        }
        HeaderLine.draw(self, on: &frame)
        if view == .overview {
            TablePanel.draw(
                egressTable, egressPlace, isFocused: isEgressFocused,
                complaints: egressComplaints, rows: egressArea, on: &frame)
        }
        for (row, line) in notes.enumerated() {
            frame.put(
                line.text, row: layout.body.lowerBound + row, column: 1, style: line.style)
        }
        TablePanel.draw(
            shownTable, tables[view] ?? TableState(), isFocused: !isEgressFocused,
            complaints: tableComplaints, rows: tableArea, on: &frame)
        if view == .doctor {
            let area = tableArea.upperBound..<layout.body.upperBound
            DoctorView.drawDetails(self, rows: area, on: &frame)
        }
        let popup = popup(layout)
        // What is below a dialog cannot be clicked on.
        if popup != nil { frame.removeTargets() }
        BottomBar.draw(self, on: &frame)
        popup?.draw(layout, on: &frame)
        return frame
    }

    private func popup(_ layout: Layout) -> Popup? {
        switch mode {
        case .browsing, .filtering, .asking: nil
        case .choosing(let palette): PalettePanel.popup(palette, self)
        case .reading(let panel): popup(panel)
        case .assigning(let dialog): AssignPanel.popup(dialog, self)
        case .confirming(let dialog): ConfirmPanel.popup(dialog, layout)
        case .applying(let applying): ConfirmPanel.popup(applying, layout)
        }
    }

    private func drawSentence(on frame: inout Frame) {
        var sentence = "natdeck needs 40×10 cells; q quits"
        if case .applying = mode { sentence = "applying, wait" }
        for (row, line) in sentence.wrapped(size.columns).prefix(size.rows).enumerated() {
            frame.put(line, row: row, column: 0)
        }
    }
}
