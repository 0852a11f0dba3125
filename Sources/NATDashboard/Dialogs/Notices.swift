internal import NATModel
internal import NATPlan
internal import NATScreen

extension Notice {
    /// A plan without steps.
    static func nothingToDo(_ plan: Plan) -> Notice {
        Notice(
            title: "Already so",
            lines: [TextLine(plan.title), .blank]
                + plan.warnings.map { TextLine("! \($0)", Style(.warning)) }
                + [TextLine("The box is already as it was wanted: there is nothing to do.")])
    }

    /// No plan was made.
    static func refused(_ refusal: PlanRefusal) -> Notice {
        var lines = [
            TextLine(refusal.object, Style.normal.bold), TextLine(refusal.reason, Style(.bad)),
        ]
        if let fix = refusal.fix { lines += [.blank, TextLine("Mend it: \(fix)")] }
        return Notice(
            title: "Not possible",
            lines: lines + [.blank, TextLine("Nothing was touched.", Style(.dim))])
    }

    /// A plan that did not end well.
    static func ended(_ plan: Plan, _ outcome: Outcome) -> Notice {
        switch outcome {
        case .refused(let refusal): return refused(refusal)
        case .done, .awaitsKeep, .stale: return nothingToDo(plan)
        case .notSaved(let failure):
            return Notice(
                title: "Done, but not written down",
                lines: [
                    TextLine(plan.title), .blank, TextLine(failure.object, Style.normal.bold),
                    TextLine(failure.reason, Style(.bad)), .blank,
                    TextLine("Mend it: \(failure.fix ?? "natdeck save")"),
                ])
        case .notPermitted:
            return Notice(
                title: "Not permitted",
                lines: [
                    TextLine("natdeck lacks the privilege to change the box", Style(.bad)), .blank,
                    TextLine("Mend it: run natdeck as root"), .blank,
                    TextLine("Nothing was touched.", Style(.dim)),
                ])
        case .rolledBack(let failure):
            return Notice(
                title: "Failed, rolled back",
                lines: [
                    TextLine(plan.title), .blank, TextLine("This failed:", Style(.heading)),
                    TextLine(failure.object, indent: 2),
                    TextLine(failure.reason, Style(.bad), indent: 2), .blank,
                    TextLine("✓ The steps taken were taken back: the box is as it was."),
                ])
        case .leftovers(let failure, let leftovers):
            var lines = [
                TextLine(plan.title), .blank, TextLine("This failed:", Style(.heading)),
                TextLine(failure.object, indent: 2),
                TextLine(failure.reason, Style(.bad), indent: 2), .blank,
                TextLine("These steps still stand. Type, to take them back:", Style(.heading)),
            ]
            for leftover in leftovers {
                lines += [
                    TextLine("# \(leftover.summary): \(leftover.reason)", Style(.dim), indent: 2),
                    TextLine(leftover.command, Style.normal.bold, indent: 2),
                ]
            }
            return Notice(title: "Failed, not all taken back", lines: lines)
        }
    }
}
