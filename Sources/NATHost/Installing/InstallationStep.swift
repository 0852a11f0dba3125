public import NATModel

/// One step by which natdeck itself is installed or removed. It changes files and services, and
/// never what the box does with packets: that is for plans alone.
public struct InstallationStep: Hashable, Sendable {
    /// One line for people: what it does and why.
    public var summary: String
    /// What it does.
    public var action: Action

    /// Something that installs or removes.
    public enum Action: Hashable, Sendable, CustomStringConvertible {
        /// A command is run.
        case run(Command)
        /// A file gets these contents, as a whole.
        case write(path: String, contents: String)
        /// A file goes away.
        case remove(path: String)

        /// The line a person would type in a POSIX shell to do the same.
        public var description: String {
            switch self {
            case .run(let command): return command.description
            case .write(let path, let contents):
                let lines = contents.split(separator: "\n").map { Command.quoted(String($0)) }
                return "printf '%s\\n' \(lines.joined(separator: " ")) > \(Command.quoted(path))"
            case .remove(let path): return "rm \(Command.quoted(path))"
            }
        }
    }

    init(_ summary: String, _ action: Action) {
        self.summary = summary
        self.action = action
    }

    /// How long a command of it may take; systemctl(1) waits for the service it stops.
    private static let deadline = Duration.seconds(10)

    /// Takes the step.
    ///
    /// - Returns: why it failed; `nil` where it was taken.
    func perform(by runner: any CommandRunner, on files: any HostFiles) async -> String? {
        switch action {
        case .run(let command):
            do throws(CommandFailure) {
                let reply = try await runner.run(command, input: nil, deadline: Self.deadline)
                return reply.status == 0 ? nil : reply.complaint
            } catch {
                return error.readFailure.reason
            }
        case .write(let path, let contents):
            return Self.failure { () throws(ReadFailure) in try files.write(contents, to: path) }
        case .remove(let path):
            return Self.failure { () throws(ReadFailure) in try files.remove(path) }
        }
    }

    private static func failure(_ body: () throws(ReadFailure) -> Void) -> String? {
        do throws(ReadFailure) {
            try body()
            return nil
        } catch {
            return error.reason
        }
    }
}
