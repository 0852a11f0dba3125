import ArgumentParser
import NATModel
import NATPlan

/// One line on standard error, `natdeck: what: why`, and the fix where there is one.
func complain(_ what: String, fix: String? = nil) {
    StandardStream.error.write("natdeck: \(what.strippedOfControls)\n")
    if let fix { StandardStream.error.write("  fix: \(fix.strippedOfControls)\n") }
}

/// Says why and gives the error to throw.
func refusal(_ refusal: PlanRefusal) -> ExitCode {
    complain(refusal.description, fix: refusal.fix)
    return ExitStatus.refused.code
}
