public import NATModel
import Subprocess
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Runs programs for real.
///
/// Each child has a session of its own, so that the terminal's signals reach natdeck alone, and is
/// killed when its deadline passes or its task is cancelled.
public struct SystemRunner: CommandRunner {
    /// Where a program is looked for after PATH: sudo and cron often leave these out.
    private static let extraPath = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    /// More output than any of our commands gives, and less than would hurt the box.
    private static let outputLimit = 256 << 20

    private let searchPath: [String]
    private let found = Found()

    /// A runner that looks for programs on this process's PATH.
    public init() {
        // Some parents ignore it, and it is inherited: then the kernel forgets how a child ended.
        signal(SIGCHLD, SIG_DFL)
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let inherited = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        searchPath = inherited + Self.extraPath.filter { !inherited.contains($0) }
    }

    /// The file that would be run for a program's name; `nil` where there is none.
    public func path(of program: String) -> String? {
        if program.hasPrefix("/") { return access(program, X_OK) == 0 ? program : nil }
        // The dashboard looks every second; where a program was, it mostly still is.
        return found.paths.withLock { paths in
            if let path = paths[program], access(path, X_OK) == 0 { return path }
            let candidates = searchPath.lazy.map { "\($0)/\(program)" }
            let path = candidates.first { access($0, X_OK) == 0 }
            paths[program] = path
            return path
        }
    }

    /// Whether there is a file to run for a program's name.
    public func isInstalled(_ program: String) -> Bool { path(of: program) != nil }

    /// Where each program was found last.
    private final class Found: Sendable {
        let paths = Mutex<[String: String]>([:])
    }

    /// Runs `command` as a child process.
    public func run(
        _ command: Command, input: String?, deadline: Duration
    ) async throws(CommandFailure) -> CommandReply {
        guard let path = path(of: command.program) else { throw .missing(command) }
        var options = PlatformOptions()
        options.createSession = true
        let configuration = Configuration(
            executable: .path(FilePath(path)),
            arguments: Arguments(
                executablePathOverride: command.program,
                remainingValues: Array(command.arguments.dropFirst())),
            environment: .inherit.updating(["LC_ALL": "C"]),
            platformOptions: options)
        do {
            let reply = try await withThrowingTaskGroup(of: CommandReply?.self) { group in
                group.addTask { try await Self.reply(of: configuration, input: input) }
                group.addTask {
                    try await Task.sleep(for: deadline)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            guard let reply else { throw CommandFailure.tooSlow(command, deadline: deadline) }
            return reply
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .notStarted(command, reason: "\(error)")
        }
    }

    private static func reply(
        of configuration: Configuration, input: String?
    ) async throws -> CommandReply {
        if let input {
            let result = try await Subprocess.run(
                configuration, input: .string(input), output: .bytes(limit: outputLimit),
                error: .string(limit: 1 << 20))
            return CommandReply(
                status: result.terminationStatus.code, output: result.standardOutput,
                error: result.standardError.strippedOfControls)
        }
        let result = try await Subprocess.run(
            configuration, input: .none, output: .bytes(limit: outputLimit),
            error: .string(limit: 1 << 20))
        return CommandReply(
            status: result.terminationStatus.code, output: result.standardOutput,
            error: result.standardError.strippedOfControls)
    }
}

extension TerminationStatus {
    /// The status as a shell gives it.
    fileprivate var code: Int32 {
        switch self {
        case .exited(let code): Int32(code)
        case .signaled(let signal): 128 + Int32(signal)
        }
    }
}
