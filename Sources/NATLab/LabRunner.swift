import NATHost
import NATModel

/// Runs programs inside one machine of a lab.
package struct LabRunner: CommandRunner {
    /// How its programs get in.
    package let entrance: Entrance
    private let runner = SystemRunner()

    init(entrance: Entrance) {
        self.entrance = entrance
    }

    /// Whether the machines of the lab, which share the files of this one, have a program.
    package func isInstalled(_ program: String) -> Bool { runner.isInstalled(program) }

    /// Runs `command` inside the machine.
    package func run(
        _ command: Command, input: String?, deadline: Duration
    ) async throws(CommandFailure) -> CommandReply {
        // nsenter itself answers 127 for a missing program: find out first.
        guard runner.path(of: command.program) != nil else { throw .missing(command) }
        return try await runner.run(entrance.wrap(command), input: input, deadline: deadline)
    }
}
