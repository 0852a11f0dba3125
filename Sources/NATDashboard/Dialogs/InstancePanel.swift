internal import NATModel
internal import NATScreen

/// The instances of the cloud as a popup: what is typed, and those that match.
enum InstancePanel {
    /// How many instances there is room for below the line that is typed and the heading.
    static func rows(_ layout: Layout) -> Int { max(layout.dialogTextRows - 2, 1) }

    /// The list as a popup. It keeps its height, so that it holds still while typing.
    static func popup(_ picker: TypedSearch, _ state: DashboardState) -> Popup {
        let layout = state.layout
        let all = state.instances.instances
        let shown = state.picked(picker)
        var popup = Popup(
            title: "Assign which instance? \(shown.count) of \(all.count)",
            lines: [TextLine("Filter  \(picker.text)_", Style(.accent))])
        guard !shown.isEmpty else {
            popup.lines += DialogText.wrapped([nothing(state)], layout)
            return popup
        }
        let rows = rows(layout)
        let visible = shown.dropFirst(picker.place.top).prefix(rows)
        var table = Table(columns: columns, rows: TableRows(visible.map { row($0, state) }))
        table.measure()
        let slots = table.slots(in: max(layout.dialogTextWidth - 2, 1))
        popup.lines.append(
            TextLine(
                "  "
                    + slots.map { table.columns[$0.index].title.fitted($0.width) }
                    .joined(separator: "  "),
                Style(.heading)))
        for (instance, row) in zip(visible, table.rows) {
            let isSelected = instance.number == picker.place.selected
            let text = slots.map { row.cells[$0.index].text.fitted($0.width) }
            popup.lines.append(
                TextLine(
                    (isSelected ? "▸ " : "  ") + text.joined(separator: "  "),
                    Style(
                        instance.isStopped ? .dim : .normal, isBold: isSelected,
                        isReversed: isSelected)))
        }
        let missing = max(min(all.count, rows) + 2 - popup.lines.count, 0)
        popup.lines += Array(repeating: .blank, count: missing)
        return popup
    }

    private static let columns = [
        Column(title: "NAME", minimum: 10, isFlexible: true),
        Column(title: "INSTANCE", minimum: 10, rank: 1),
        Column(title: "STATE", minimum: 7, rank: 2),
        Column(title: "ADDRESS", minimum: 13),
        Column(title: "SUBNET", minimum: 10, rank: 4),
        Column(title: "EGRESS", minimum: 6, rank: 3),
    ]

    /// An instance as a row.
    static func row(_ instance: CloudInstance, _ state: DashboardState) -> TableRow {
        let first = instance.addresses.first
        let more = instance.addresses.count > 1 ? " +\(instance.addresses.count - 1)" : ""
        let entry = first.flatMap { state.observed.host(IPv4Prefix($0)) }
        let sign = entry?.assignment.map { $0.isOwned ? " ●" : " ○" } ?? ""
        let texts = [
            instance.label, instance.number, instance.state, first.map { "\($0)\(more)" },
            instance.subnet, entry?.wanted.map { $0 + sign },
        ]
        return TableRow(
            id: .instance(instance.number),
            cells: texts.map { TableCell($0?.strippedOfControls ?? Figure.missing) })
    }

    private static func nothing(_ state: DashboardState) -> TextLine {
        guard state.ownCloud != nil else {
            let isTold = state.live.isKnown(.cloud)
            return TextLine(
                isTold
                    ? "this box is in no AWS: A assigns a source that is typed"
                    : state.live.nothing(.cloud, is: "the cloud tells nothing of this box"),
                Style(.warning))
        }
        if state.instances.isAsked { return TextLine("asking aws…", Style(.dim)) }
        switch state.instances.reading {
        case nil: return TextLine("asking aws…", Style(.dim))
        case .failed(let failure)?:
            let fix = failure.fix.map { ". Mend it: \($0)" } ?? ""
            return TextLine("not listed: \(failure)\(fix)".strippedOfControls, Style(.bad))
        case .value(let instances)?:
            return TextLine(
                instances.isEmpty ? "the VPC of this box has no instance" : "nothing matches",
                Style(.dim))
        }
    }
}
