/// A program that was run, and how that went.
public struct CommandRun: Hashable, Sendable {
    /// What was run.
    public var command: Command
    /// When it was started, in milliseconds since 1970-01-01 UTC.
    public var startedAtMilliseconds: Int64
    /// How long it took, in microseconds.
    public var microseconds: Int64
    /// How it ended.
    public var ending: Ending

    /// How a program ended.
    public enum Ending: Hashable, Sendable {
        /// With this status, 128 + N where signal N ended it, and this on standard error.
        case exited(Int32, error: String)
        /// It gave no reply, for this reason: it is missing, or was too slow and was killed.
        case failed(String)
    }

    /// A run of this command.
    public init(
        _ command: Command, startedAtMilliseconds: Int64, microseconds: Int64, ending: Ending
    ) {
        self.command = command
        self.startedAtMilliseconds = startedAtMilliseconds
        self.microseconds = microseconds
        self.ending = ending
    }

    /// Its exit status; `nil` where it gave no reply.
    public var status: Int32? {
        if case .exited(let status, _) = ending { status } else { nil }
    }
}

extension Command {
    /// Whether it only reads the box.
    ///
    /// What is not known to read counts as a change: a log must not hide one.
    public var isReading: Bool {
        let words = arguments.dropFirst()
        switch program {
        case "ip":
            return words.first == "-json" || ["get", "show"].contains(words.dropFirst().first)
        case "iptables", "iptables-nft", "iptables-legacy":
            return words.contains { ["-C", "-S", "-L"].contains($0) || $0 == "-nvxL" }
        case "aws": return words.dropFirst().first?.hasPrefix("describe-") ?? false
        case "getent": return true
        case "conntrack": return words.first == "-L" || words.first == "-C"
        default: return false
        }
    }
}
