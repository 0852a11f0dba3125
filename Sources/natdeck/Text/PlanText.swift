import NATPlan

/// A plan as the terminal shows it: what changes, each step with its command, what is verified and
/// how it is undone.
struct PlanText {
    let plan: Plan
    /// What is alive of the sources it is about; `nil` where nobody has counted.
    var connections: ConnectionsText?

    var text: String {
        var lines = [plan.title]
        let warnings =
            plan.movesOthers + plan.warnings
            + plan.doubts.map { "\($0): that cannot be verified" }
        if !warnings.isEmpty { lines += ["", "Mind"] + warnings.map { "  ! \($0)" } }
        if let live = connections?.lines, !live.isEmpty {
            lines += ["", "Live connections"] + live.map { "  \($0)" }
        }
        if !plan.steps.isEmpty {
            lines += ["", "Commands"]
            for (number, step) in zip(1..., plan.steps) {
                lines += ["  \(number). \(step.summary)", "     \(step.action)"]
            }
        }
        if !plan.verifications.isEmpty, !plan.isEmpty {
            lines += ["", "Verified afterwards"] + plan.verifications.map { "  \($0)" }
        }
        let inverses = plan.steps.reversed().compactMap(\.inverse)
        if !inverses.isEmpty {
            lines += ["", "To undo"] + inverses.map { "  \($0)" }
        }
        return lines.map(\.onOneLine).joined(separator: "\n") + "\n"
    }
}
