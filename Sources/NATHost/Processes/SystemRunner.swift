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
/// killed, with all that it has started itself, when its deadline passes or its task is cancelled.
public struct SystemRunner: CommandRunner {
    private let outputLimit: Int
    private let found = Found()
    private let deadlines = Deadlines()
    private let environment = ChildEnvironment.ofThisProcess()
    /// That of nearly all of them, made once.
    private let plainEnvironment: Subprocess.Environment

    /// A runner that looks for programs where root's are, and for others than root on PATH first.
    ///
    /// More output than `outputLimit` bytes is a failure: by itself more than any of our commands
    /// gives, and less than would hurt the box.
    public init(outputLimit: Int = 256 << 20) {
        self.outputLimit = outputLimit
        // Some parents ignore it, and it is inherited: then the kernel forgets how a child ended.
        signal(SIGCHLD, SIG_DFL)
        plainEnvironment = Self.made(environment.plain)
    }

    /// The file that would be run for a program's name; `nil` where there is none.
    public func path(of program: String) -> String? {
        if program.hasPrefix("/") { return access(program, X_OK) == 0 ? program : nil }
        // The dashboard looks every second; where a program was, it mostly still is.
        return found.paths.withLock { paths in
            if let path = paths[program], access(path, X_OK) == 0 { return path }
            let candidates = environment.folders.lazy.map { "\($0)/\(program)" }
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

    private static func made(_ variables: [String: String]) -> Subprocess.Environment {
        .custom(variables.map { Array("\($0)=\($1)\0".utf8) })
    }

    /// Runs `command` as a child process.
    public func run(
        _ command: Command, input: String?, deadline: Duration
    ) async throws(CommandFailure) -> CommandReply {
        guard let path = path(of: command.program) else { throw .missing(command) }
        var options = PlatformOptions()
        options.createSession = true
        // Its session is a process group of its own: what it has started ends with it.
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        let configuration = Configuration(
            executable: .path(FilePath(path)),
            arguments: Arguments(
                executablePathOverride: Self.bytes(command.program),
                remainingValues: command.arguments.dropFirst().map(Self.bytes)),
            environment: environment.isPlain(for: command.program)
                ? plainEnvironment : Self.made(environment.cloud),
            platformOptions: options)
        let child = Task { try await reply(of: configuration, input: input ?? "") }
        let number = deadlines.begin(deadline) { child.cancel() }
        let result = await withTaskCancellationHandler {
            await child.result
        } onCancel: {
            child.cancel()
        }
        guard deadlines.end(number) else { throw .tooSlow(command, deadline: deadline) }
        switch result {
        case .success where Task.isCancelled:
            throw .interrupted(command, reason: "it was ended before it was done")
        case .success(let reply): return reply
        case .failure(let error as SubprocessError) where Self.isOfStart(error):
            throw .notStarted(command, reason: "\(error)")
        case .failure(let error): throw .interrupted(command, reason: "\(error)")
        }
    }

    /// Whether a failure says that nothing was run.
    private static func isOfStart(_ error: SubprocessError) -> Bool {
        [.spawnFailed, .executableNotFound, .failedToChangeWorkingDirectory].contains(error.code)
    }

    /// A word as a program is to get it: the name of an interface may hold any bytes.
    private static func bytes(_ word: String) -> [UInt8] { KernelName.bytes(word) + [0] }

    private func reply(
        of configuration: Configuration, input: String
    ) async throws -> CommandReply {
        let output = try MemoryFile.empty(limit: outputLimit)
        let error = try MemoryFile.empty(limit: outputLimit)
        let status = try await status(
            of: configuration, try MemoryFile.holding(input), output, error)
        return CommandReply(
            status: status.code, output: try output.contents(),
            error: String(decoding: try error.contents(), as: UTF8.self).strippedOfControls)
    }

    /// The files are borrowed, which keeps them open for as long as the child runs.
    private func status(
        of configuration: Configuration, _ input: borrowing MemoryFile,
        _ output: borrowing MemoryFile, _ error: borrowing MemoryFile
    ) async throws -> TerminationStatus {
        try await Subprocess.run(
            configuration, input: input.input, output: output.output, error: error.output
        ).terminationStatus
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
