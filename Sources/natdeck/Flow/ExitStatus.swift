import ArgumentParser

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
