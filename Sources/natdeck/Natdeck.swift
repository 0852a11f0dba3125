import ArgumentParser
import CHost
import NATHost

@main
struct Natdeck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "natdeck",
        abstract: "Shows which host behind this NAT box leaves by which public IP, and moves it.",
        discussion: """
            Without a subcommand it is the dashboard, whose options are those of natdeck dashboard.

            Examples:
              natdeck
              natdeck --readonly --interval 2
              natdeck assign 172.31.26.176 eth1 --dry-run
            """,
        version: Version.text,
        subcommands: [
            DashboardCommand.self, StatusCommand.self, AssignCommand.self,
            ReleaseCommand.self, FlowsCommand.self, CutCommand.self, ProbeCommand.self,
            SetupCommand.self, DoctorCommand.self, KeepCommand.self, RevertCommand.self,
            RecoverCommand.self, RevertTimerCommand.self, HistoryCommand.self, UndoCommand.self,
            ApplyCommand.self, SaveCommand.self, GuardCommand.self, ServiceCommand.self,
            InstallCommand.self, LabCommand.self, DemoCommand.self,
        ],
        defaultSubcommand: DashboardCommand.self)

    static func main() {
        nd_heap_keep_freed()
        FirstThread.serve(run)
    }

    private static func run() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // What watches the box asks this every few seconds; to take the two words apart would take
        // a sixth of the time.
        if arguments == ["status", "--json"] { return await StatusCommand.printJSON() }
        if let first = arguments.first, LabProgram.subcommands.contains(first) {
            LabProgram.become(arguments)
        }
        do {
            var command = try command(arguments)
            if command is any LongCommand { nd_heap_keep_small() }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            guard StandardStream.tookAll() else { throw ExitStatus.failed.code }
        } catch {
            UsageError.end(error, arguments: arguments)
        }
    }
}

extension Natdeck {
    /// The subcommand with its arguments.
    ///
    /// One that is named first and is in order is taken apart by itself: with all others in view that
    /// takes twice as long. For anything else, as a question for help, the whole of natdeck has the
    /// words.
    private static func command(_ arguments: [String]) throws -> any ParsableCommand {
        if let named = configuration.subcommands.first(where: {
            $0.configuration.commandName == arguments.first
        }), let command = try? named.parseAsRoot(Array(arguments.dropFirst())),
            type(of: command) == named
        {
            return command
        }
        return try parseAsRoot(arguments)
    }
}

/// A subcommand that goes on until it is stopped.
protocol LongCommand: AsyncParsableCommand {}
