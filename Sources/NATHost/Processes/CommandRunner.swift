public import NATModel

/// The one seam through which natdeck runs a program.
public protocol CommandRunner: Sendable {
    /// Runs `command` with `LC_ALL=C` and waits for it, at the longest for `deadline`.
    ///
    /// Standard input is empty, or `input`. A status other than 0 is a reply like any other.
    ///
    /// - Throws: `CommandFailure` where the program is missing, cannot be started or is too slow.
    func run(
        _ command: Command, input: String?, deadline: Duration
    ) async throws(CommandFailure) -> CommandReply

    /// Whether a program is there to be run.
    func isInstalled(_ program: String) -> Bool
}

extension CommandRunner {
    /// Yes: where nobody knows better, running it tells.
    public func isInstalled(_ program: String) -> Bool { true }

    /// How long a command may take where nothing else is said: 5 s.
    public static var defaultDeadline: Duration { .seconds(5) }

    /// Runs `command` with nothing on standard input and the default deadline.
    public func run(_ command: Command) async throws(CommandFailure) -> CommandReply {
        try await run(command, input: nil, deadline: Self.defaultDeadline)
    }
}

/// What a program answered.
public struct CommandReply: Sendable {
    /// Its exit status; 128 + N where signal N ended it.
    public var status: Int32
    /// Its standard output.
    public var output: [UInt8]
    /// Its standard error, as text without control characters.
    public var error: String

    /// A reply of these parts.
    public init(status: Int32 = 0, output: [UInt8] = [], error: String = "") {
        self.status = status
        self.output = output
        self.error = error
    }

    /// What a command that failed said of it, in one line.
    var complaint: String {
        error.isEmpty ? "exit status \(status)" : "exit status \(status): \(error)"
    }
}

/// Why a program gave no reply.
public enum CommandFailure: Error, Hashable, Sendable {
    /// The program is not on PATH.
    case missing(Command)
    /// It could not be started.
    case notStarted(Command, reason: String)
    /// It did not end in time, and was killed.
    case tooSlow(Command, deadline: Duration)
    /// It was ended before its time, or what it answered was lost.
    case interrupted(Command, reason: String)

    /// Whether the program may have done its work all the same, or a part of it.
    public var mayHaveRun: Bool {
        switch self {
        case .missing, .notStarted: false
        case .tooSlow, .interrupted: true
        }
    }

    /// The failure as a person should read it, with the fix.
    public var readFailure: ReadFailure {
        switch self {
        case .missing(let command):
            let package = DebianPackage.providing(command.program)
            return ReadFailure(
                command.description, "\(command.program) is not installed",
                fix: package.map { "apt-get install \($0)" })
        case .notStarted(let command, let reason), .interrupted(let command, let reason):
            return ReadFailure(command.description, reason)
        case .tooSlow(let command, let deadline):
            let hint =
                command.program.hasPrefix("iptables")
                ? "another program may hold the xtables lock: fuser -v /run/xtables.lock" : nil
            return ReadFailure(
                command.description, "no answer in \(deadline.inSeconds)", fix: hint)
        }
    }
}

extension Duration {
    /// `5 s`, `0.3 s`: tenths where there are any.
    var inSeconds: String {
        let tenths = components.attoseconds / 100_000_000_000_000_000
        return tenths == 0 ? "\(components.seconds) s" : "\(components.seconds).\(tenths) s"
    }
}

/// Which Debian package brings a program that natdeck runs.
enum DebianPackage {
    static func providing(_ program: String) -> String? {
        switch program {
        case "ip": "iproute2"
        case "iptables", "iptables-nft", "iptables-legacy": "iptables"
        case "conntrack": "conntrack"
        case "sysctl": "procps"
        case "aws": "awscli"
        default: nil
        }
    }
}
