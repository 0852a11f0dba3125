import ArgumentParser
import NATHost
import NATLab

/// `natdeck lab` and `natdeck demo`: a program of its own, so that what only a lab needs is no part
/// of the one that runs as root on a NAT box.
///
/// `natdeck` becomes this program, so it answers as if it were that one.
@main
struct NatdeckLab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "natdeck", abstract: "The scenario in network namespaces, to try things out.",
        discussion: "Example: natdeck demo", subcommands: [LabCommand.self, DemoCommand.self])

    static func main() { FirstThread.serve(run) }

    private static func run() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as LabError {
            complain("\(error)", fix: error.fix)
            exit(withError: ExitCode(error.status))
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            complain("lab: \(message(for: error))", fix: "natdeck lab --help, natdeck demo --help")
            exit(withError: ExitCode.validationFailure)
        }
    }
}
