internal import NATModel
internal import NATPlan
internal import NATScreen

/// The review of a plan, and the wait while it is carried out.
enum ConfirmPanel {
    /// The dialog as a popup.
    static func popup(_ dialog: ConfirmDialog, _ layout: Layout) -> Popup {
        let lines = dialog.wrapped
        let isCancelFocused = dialog.focus == .cancel
        let cancel = Style(.normal, isBold: isCancelFocused, isReversed: isCancelFocused)
        var apply = Style(.normal, isBold: !isCancelFocused, isReversed: !isCancelFocused)
        if !dialog.wasReadToEnd { apply.role = .dim }
        if let word = dialog.word {
            return Popup(
                title: "Apply this plan?", lines: lines, offset: dialog.offset,
                footer: [
                    TableCell("Type "), TableCell(word, Style.normal.bold),
                    TableCell(" and Enter, or Esc: "),
                    TableCell("\(dialog.typed)_", Style(.accent)),
                ])
        }
        return Popup(
            title: "Apply this plan?", lines: lines, offset: dialog.offset,
            footer: [
                TableCell("[ Cancel ]", cancel), TableCell("  "), TableCell("[ y Apply ]", apply),
                TableCell(
                    dialog.wasReadToEnd ? "" : "  read to the end first: ↓ PgDn",
                    Style(.warning)),
            ],
            footerClicks: [0: .key(.escape), 2: .key(.character("y"))])
    }

    /// The steps, those that have been taken with a tick.
    static func popup(_ applying: Applying, _ layout: Layout) -> Popup {
        let steps = applying.plan.steps.enumerated().map { index, step in
            index < applying.stepsTaken
                ? TextLine("✓ \(step.summary)", Style(.good)) : TextLine("· \(step.summary)")
        }
        let lines = DialogText.wrapped(
            [TextLine(applying.plan.title, Style.normal.bold), .blank] + steps, layout)
        // Keep the step that is being taken in sight.
        let offset = max(min(applying.stepsTaken + 3, lines.count) - layout.dialogTextRows, 0)
        return Popup(title: "Applying…", lines: lines, offset: offset)
    }
}
