import ArgumentParser
import NATModel
import NATPlan

/// How a subcommand ends, as the command-line contract numbers it.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case refused = 2
    case leftovers = 3
    case stale = 4
    case notPermitted = 77

    /// The error that ends the process with this status.
    var code: ExitCode { ExitCode(rawValue) }
}

/// One line on standard error, `natdeck: what: why`, and the fix where there is one.
func complain(_ what: String, fix: String? = nil) {
    StandardStream.error.write("natdeck: \(what)\n")
    if let fix { StandardStream.error.write("  fix: \(fix)\n") }
}

/// Says why and gives the error to throw.
func refusal(_ refusal: PlanRefusal) -> ExitCode {
    complain(refusal.description, fix: refusal.fix)
    return ExitStatus.refused.code
}
