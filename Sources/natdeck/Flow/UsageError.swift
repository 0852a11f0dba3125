import ArgumentParser
import NATModel

/// What is said of a command line that is not understood: one line and the fix, as of any error.
enum UsageError {
    /// Ends the process as ArgumentParser does, but for what it says of a wrong command line.
    static func end(_ error: any Error, arguments: [String]) -> Never {
        guard Natdeck.exitCode(for: error) == .validationFailure else {
            Natdeck.exit(withError: error)
        }
        let (what, fix) = explanation(of: Natdeck.message(for: error), arguments: arguments)
        complain(what, fix: fix)
        Natdeck.exit(withError: ExitCode.validationFailure)
    }

    /// What is wrong, and what to type.
    static func explanation(of message: String, arguments: [String]) -> (what: String, fix: String)
    {
        let names = subcommands.map(\.name)
        let first = arguments.first ?? ""
        if !first.hasPrefix("-"), !names.contains(first), !first.isEmpty {
            let shown = subcommands.filter(\.isShown).map(\.name).joined(separator: ", ")
            return ("\(first.strippedOfControls): no such subcommand", "one of \(shown)")
        }
        let command = names.contains(first) ? "natdeck \(first)" : "natdeck"
        var what = message.strippedOfControls
        if what.hasSuffix(".") { what.removeLast() }
        return (
            names.contains(first) ? "\(first): \(what)" : what,
            "\(command) --help shows how it is used"
        )
    }

    private static var subcommands: [(name: String, isShown: Bool)] {
        Natdeck.configuration.subcommands.compactMap { command in
            command.configuration.commandName.map { ($0, command.configuration.shouldDisplay) }
        } + [("help", false)]
    }
}
