internal import NATModel
internal import NATScreen

/// Five minutes of an interface's traffic, a graph for each direction, both to the same scale.
enum InterfaceGraph {
    /// Cells left of a graph: the scale and the axis.
    private static let labelWidth = 11

    /// The lines of both, in so many cells, each graph of so many rows.
    ///
    /// Where a graph has a single row, or hardly any width, its heading tells the scale.
    static func lines(
        _ traffic: Traffic, _ state: DashboardState, width: Int, height: Int
    ) -> [TextLine] {
        let hasAxis = height > 1 && width >= 60
        let time = GraphTime.fiveMinutes(in: hasAxis ? width - labelWidth : width)
        let until = state.observed.readAtMilliseconds
        let values = Traffic.Direction.allCases.map {
            time.peaks(traffic.history, $0, until: until)
        }
        let peak = values.joined().compactMap(\.self).max() ?? 0
        let scale = GraphScale(holding: peak, inBytes: state.showsBytes)
        var lines: [TextLine] = []
        for (direction, values) in zip(Traffic.Direction.allCases, values) {
            let shown = hasAxis ? "" : "   █ = \(scale.label)"
            lines.append(heading(traffic, direction, state, shown, width: width))
            let rows = Sparkline.rows(values, peak: scale.top, height: height)
            for (row, text) in rows.enumerated() {
                guard hasAxis else {
                    lines.append(TextLine(text, Style(.accent)))
                    continue
                }
                let label = label(row, of: height, scale, state)
                var line = TextLine(
                    "\(label.fitted(labelWidth - 2, .right)) │\(text)", Style(.accent))
                line.heading = labelWidth
                lines.append(line)
            }
        }
        if hasAxis {
            let axis = "5 min ago".fitted(time.cells - 3) + "now"
            lines.append(TextLine("".fitted(labelWidth) + axis, Style(.heading)))
        }
        return lines
    }

    private static func label(
        _ row: Int, of height: Int, _ scale: GraphScale, _ state: DashboardState
    ) -> String {
        if row == 0 { return scale.label }
        if row == height - 1 { return "0" }
        // The upper edge of this row is the middle.
        guard height >= 6, height.isMultiple(of: 2), row == height / 2 else { return "" }
        return Figure.traffic(scale.top / 2, inBytes: state.showsBytes)
    }

    /// What it is now, and what it was at most and on average.
    private static func heading(
        _ traffic: Traffic, _ direction: Traffic.Direction, _ state: DashboardState,
        _ scale: String, width: Int
    ) -> TextLine {
        let name = direction == .received ? "IN " : "OUT"
        let now = EgressPanel.figure(traffic[direction], state)
        var text = "\(name) \(now.text.fitted(10, .right))\(scale)"
        let figures = traffic.history.map { $0[direction] }
        if let most = figures.max(), width >= 60 {
            let average = figures.reduce(0, +) / Double(figures.count)
            let shown = [("average", average), ("most", most)].map {
                "\($0) \(Figure.traffic($1, inBytes: state.showsBytes).fitted(10, .right))"
            }
            text += "   " + shown.joined(separator: "   ")
        }
        return TextLine(text, Style(now.style.role, isBold: true))
    }
}
