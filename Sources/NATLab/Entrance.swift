import NATHost
import NATModel

/// How a program gets into one machine of a lab.
///
/// Every machine has its own network namespace. The NAT box also has its own files: see
/// `BoxFiles`.
package struct Entrance: Sendable {
    private let namespaceFile: String
    private let mounts: String?

    /// The way into a machine whose namespaces are there already.
    ///
    /// - Throws: where it is the NAT box and its keeper has ended.
    init(state: LabState, machine: String) throws(LabError) {
        namespaceFile = state.namespaceFile(machine)
        mounts = machine == Topology.box ? state.boxMounts : nil
        guard machine != Topology.box || mounts != nil else {
            throw LabError(
                "lab \(state.prefix)", "the process that keeps the NAT box's files has ended",
                fix: "natdeck lab up --prefix \(state.prefix)")
        }
    }

    /// The command that runs `command` inside the machine.
    ///
    /// `nsenter` replaces itself by the program, so this costs a few milliseconds and the exit
    /// status is the program's own.
    ///
    /// - Parameter directory: the program's working directory, outside the machine's own files;
    ///   `nil` for the root.
    package func wrap(_ command: Command, directory: String? = nil) -> Command {
        var words = ["nsenter", "--net=\(namespaceFile)"]
        if let mounts { words.append("--mount=\(mounts)") }
        if let directory { words.append("--wd=\(directory)") }
        return Command(words + ["--"] + command.arguments)
    }
}

extension Lab {
    /// Goes into a machine and becomes `command` there; returns only where that fails.
    ///
    /// The program keeps this process's terminal and working directory.
    package func replaceProcess(
        in machine: String, by command: Command
    ) throws(LabError) -> LabError {
        let runner = SystemRunner()
        guard let path = runner.path(of: "nsenter") else {
            throw LabError(.missing(Command("nsenter")))
        }
        // A name with a slash is taken from the working directory, which nsenter keeps.
        let isKnown = command.program.contains("/") || runner.path(of: command.program) != nil
        guard isKnown else { throw LabError(.missing(command)) }
        let wrapped = try entrance(to: machine)
            .wrap(command, directory: SmallFile.destination(of: "/proc/self/cwd"))
        return ProgramReplacement.replace(with: path, wrapped.arguments)
    }
}
