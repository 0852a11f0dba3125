internal import NATDoctor
internal import NATModel
internal import NATScreen

/// The view of the doctor: every check, the worst first, and below them the selected one in full.
enum DoctorView {
    /// The parts of the box it shows. A part that fails is a check of its own.
    static let parts: [SnapshotPart] = []

    /// The checks, before any filter.
    static func table(_ state: DashboardState) -> Table {
        let columns = [
            Column(title: "STATUS", minimum: 9), Column(title: "CHECK", minimum: 24),
            Column(title: "MEND", minimum: 7), Column(title: "WHAT WAS READ"),
        ]
        let observed = state.observed
        let checks = observed.checks
        let rows = TableRows(count: checks.count, id: { .check(checks[$0].id) }) { place in
            let check = checks[place]
            // One change that asks for its keep is one thing, and no heap of problems.
            let status =
                observed.waitsForKeep(check)
                ? TableCell("… waits", Style(.dim))
                : TableCell("\(check.status.sign) \(check.status.rawValue)", check.status.style)
            return TableRow(
                id: .check(check.id),
                cells: [
                    status,
                    TableCell(check.id, check.status == .ok ? Style(.dim) : Style.normal),
                    mend(check), TableCell(check.summary),
                ])
        }
        return Table(
            columns: columns, rows: rows, emptyText: "reading…", scrollsSideways: true)
    }

    private static func mend(_ check: Check) -> TableCell {
        switch check.remedy {
        case .plan where check.status != .ok, .assign where check.status != .ok:
            TableCell("Enter", Style(.accent))
        case .manual where check.status != .ok:
            switch check.id {
            case "change-awaits-keep": TableCell("K R", Style(.accent))
            case "change-unfinished": TableCell("F R", Style(.accent))
            default: TableCell("by hand", Style(.dim))
            }
        default: TableCell("")
        }
    }

    /// The rows below the table for the selected check; none where there is hardly any room.
    static func detailRows(_ layout: Layout) -> Int {
        layout.body.count < 14 ? 0 : min(max(layout.body.count / 3, 6), 9)
    }

    /// A check in full.
    static func lines(_ check: Check) -> [TextLine] {
        let heading = TextLine(
            "\(check.status.sign) \(check.title)", Style(.heading, isBold: true))
        let rows = check.findings.map { ("Read", $0) } + [("Why", check.reason)]
        let mend = check.keys.map { [("Mend", $0)] }
        return [heading]
            + (rows + (mend ?? [])).map { name, text in
                TextLine("\(name.fitted(5)) \(text)", hanging: 6)
            }
    }

    /// Draws the selected check below the table.
    static func drawDetails(_ state: DashboardState, rows: Range<Int>, on canvas: inout Canvas) {
        guard rows.count > 1, let check = state.selectedCheck else { return }
        let width = canvas.size.columns - 2
        var shown = lines(check)
        // What mends it must be seen, however much was found.
        if check.findings.count > 1 {
            let rest = TextLine("Read  \(check.summary)", hanging: 6)
            shown = [shown[0], rest] + shown.dropFirst(1 + check.findings.count)
        }
        let wrapped = shown.flatMap { line in
            line.text.wrapped(width, indent: line.hanging).map { TextLine($0, line.style) }
        }
        for (row, line) in zip(rows.dropFirst(), wrapped) {
            canvas.put(line.text.fitted(width), row: row, column: 1, style: line.style)
        }
    }
}

extension DashboardState {
    /// The check that is selected in the doctor's view; `nil` where there is none.
    var selectedCheck: Check? {
        guard case .check(let id) = tables[.doctor]?.selected else { return nil }
        return observed.checks.first { $0.id == id }
    }

    /// Opens the plan that mends the selected check, or says why there is none.
    mutating func mendSelected() -> [Effect] {
        guard let check = selectedCheck else { return [] }
        guard check.status != .ok, let intent = check.intent else {
            remark =
                check.status == .ok
                ? TextLine("✓ nothing to mend: \(check.summary)", Style(.good))
                : TextLine("natdeck makes no plan for this: Enter tells more", Style(.warning))
            return []
        }
        return plan(
            intent, undoes: nil, because: "\(check.summary): \(check.reason)")
    }

    /// Opens the plan of the selected check where it has one, else all that is known of it.
    mutating func openSelected() -> [Effect] {
        if readOnlyReason == nil, let check = selectedCheck, check.status != .ok {
            if check.intent != nil { return mendSelected() }
            if case .assign(let source, _) = check.remedy {
                openAssign([source])
                return []
            }
        }
        if table.selected != nil { mode = .reading(TextPanel(kind: .details)) }
        return []
    }
}
