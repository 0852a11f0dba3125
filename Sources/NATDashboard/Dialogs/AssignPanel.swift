internal import NATModel
internal import NATScreen

/// The choice of an egress for a source.
enum AssignPanel {
    /// The dialog as a popup.
    static func popup(_ dialog: AssignDialog, _ state: DashboardState) -> Popup {
        let layout = state.layout
        let isTyping = dialog.focus == .source
        // What is wrong with the text is told below it, when it is entered.
        let sources = (try? state.parsed(dialog)) ?? []
        let cursor = isTyping ? "_" : ""
        // The end of a long input is where it is typed.
        let room = max(layout.dialogTextWidth - 10, 4)
        let text = dialog.text
        let shown = text.cellWidth > room ? "…" + text.suffix(room - 1) : text
        let hint = shown.isEmpty && !isTyping ? "no source: Tab edits" : shown + cursor
        var lines = [TextLine("Source  \(hint)", isTyping ? Style(.accent) : Style.normal.bold)]
        if let hosts = dialog.followedHosts {
            lines.append(TextLine(hosts, Style(.dim), indent: 8))
        }
        if let complaint = dialog.complaint {
            lines += DialogText.wrapped(
                [TextLine("! \(complaint)", Style(.bad), indent: 8)], layout)
        }
        lines.append(.blank)
        lines += choices(dialog, sources, state, width: layout.dialogTextWidth)
        let rows = max(layout.dialogTextRows, 1)
        let chosen = lines.lastIndex { $0.text.hasPrefix("▸") } ?? 0
        let what = sources.count > 1 ? "Assign \(Figure.count(sources.count, "source"))" : "Assign"
        var popup = Popup(
            title: "\(what): which egress?", lines: lines,
            offset: isTyping ? 0 : max(chosen - rows + 1, 0))
        // A digit is a digit while a source is typed.
        if !isTyping {
            let count = state.live.offered.count
            for index in 0..<min(count, 9) {
                let digit = Unicode.Scalar(UInt8(49 + index))
                popup.lineClicks[lines.count - count + index] = .key(.character(digit))
            }
        }
        return popup
    }

    private static func choices(
        _ dialog: AssignDialog, _ sources: [IPv4Prefix], _ state: DashboardState, width: Int
    ) -> [TextLine] {
        let offered = state.live.offered
        guard !offered.isEmpty else {
            let text = state.live.nothing(
                .interfaces, .tables, is: "no interface to leave by was found")
            return [TextLine(text, Style(.warning))]
        }
        let current = state.currentEgress(of: sources)
        var table = Table(
            columns: [
                Column(title: "  NIC", minimum: 6), Column(title: "PUBLIC", minimum: 15),
                Column(title: "PRIVATE", minimum: 12, rank: 2),
                Column(title: "HOSTS", alignment: .right, rank: 3), Column(title: "", minimum: 3),
            ], rows: TableRows())
        var rows: [TableRow] = []
        let several = Set(offered.filter { !$0.isFirst }.map(\.nic.interface.index))
        for (index, egress) in offered.enumerated() {
            let nic = egress.nic.interface
            let word = nic.state == .down ? "down" : ""
            let hosts =
                several.contains(nic.index)
                ? egress.own.flatMap { state.live.addressLoads[$0]?.hosts } ?? 0
                : state.live.hostCounts(of: nic.name).all
            rows.append(
                TableRow(
                    id: egress.id,
                    cells: [
                        TableCell("\(index + 1) \(nic.name)"),
                        TableCell(egress.outside?.description ?? Figure.missing),
                        TableCell(egress.own?.description ?? "–"),
                        TableCell("\(hosts)"),
                        TableCell(egress.isSo(current) ? "now" : word),
                    ]))
        }
        table.rows = TableRows(rows)
        let slots = table.slots(in: max(width - 2, 1))
        let heading = slots.map {
            table.columns[$0.index].title.fitted($0.width, table.columns[$0.index].alignment)
        }
        return [TextLine("  " + heading.joined(separator: "  "), Style(.heading))]
            + zip(offered, table.rows).map { egress, row in
                let texts = slots.map {
                    row.cells[$0.index].text.fitted($0.width, table.columns[$0.index].alignment)
                }
                let isChosen = egress.egress == dialog.choice
                let style = Style(
                    .normal, isBold: isChosen, isReversed: isChosen && dialog.focus == .interface)
                return TextLine((isChosen ? "▸ " : "  ") + texts.joined(separator: "  "), style)
            }
    }
}
