import NATPlan

/// A plan and how it ended, for programs.
struct PlanJSON {
    let plan: Plan
    let outcome: String

    /// Writes it, a line.
    func write(to stream: StandardStream) {
        var writer = JSONWriter { stream.write($0) }
        writer.object { writer in
            writer.member("outcome", outcome)
            writer.member("title", plan.title)
            writer.key("steps")
            writer.array(plan.steps) { writer, step in
                writer.object {
                    $0.member("summary", step.summary)
                    $0.member("command", step.action.description)
                    $0.member("undo", step.inverse?.description)
                }
            }
            writer.key("verifications")
            writer.array(plan.verifications) { $0.value($1.description) }
            writer.key("warnings")
            writer.array(plan.warnings) { $0.value($1) }
            writer.key("doubts")
            writer.array(plan.doubts) { $0.value($1) }
            writer.key("movesOthers")
            writer.array(plan.movesOthers) { $0.value($1) }
        }
        writer.endLine()
    }
}
