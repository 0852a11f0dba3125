public import NATModel
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Runs programs by another runner, and remembers what was run until somebody takes it.
///
/// It wakes nobody: whoever shows the log looks at it when it draws anyway.
public final class CommandLog: CommandRunner {
    private let runner: any CommandRunner
    private let runs = Mutex<[CommandRun]>([])
    /// The most that is remembered where nobody takes it; the oldest goes first.
    private static let capacity = 1000
    /// The most of what a program complains of that is remembered.
    private static let longestError = 400

    /// A log of what this runner runs.
    public init(of runner: any CommandRunner) { self.runner = runner }

    /// Takes out what was run since the last time, in the order in which it ended.
    public func drain() -> [CommandRun] {
        runs.withLock { runs in
            defer { runs = [] }
            return runs
        }
    }

    /// Runs `command` by the other runner.
    public func run(
        _ command: Command, input: String?, deadline: Duration
    ) async throws(CommandFailure) -> CommandReply {
        let started = Self.milliseconds
        let begun = ContinuousClock.now
        do throws(CommandFailure) {
            let reply = try await runner.run(command, input: input, deadline: deadline)
            let error = String(reply.error.prefix(Self.longestError))
            note(command, started, since: begun, .exited(reply.status, error: error))
            return reply
        } catch {
            note(command, started, since: begun, .failed(error.readFailure.reason))
            throw error
        }
    }

    /// Remembers a change of the kernel that no program made, as the command that does the same.
    fileprivate func note(_ change: RoutingChange, _ ending: CommandRun.Ending, microseconds: Int64)
    {
        add(
            CommandRun(
                change.command, startedAtMilliseconds: Self.milliseconds,
                microseconds: microseconds, ending: ending))
    }

    private func note(
        _ command: Command, _ started: Int64, since begun: ContinuousClock.Instant,
        _ ending: CommandRun.Ending
    ) {
        let run = CommandRun(
            command, startedAtMilliseconds: started,
            microseconds: Int64((ContinuousClock.now - begun) / .microseconds(1)), ending: ending)
        add(run)
    }

    private func add(_ run: CommandRun) {
        runs.withLock { runs in
            if runs.count >= Self.capacity { runs.removeFirst(Self.capacity / 10) }
            runs.append(run)
        }
    }

    private static var milliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}

/// Changes rules and routes by another changer, and writes the changes into a log.
struct LoggedChanger: RoutingChanger {
    private let changer: any RoutingChanger
    private let log: CommandLog

    init(of changer: any RoutingChanger, in log: CommandLog) {
        self.changer = changer
        self.log = log
    }

    func change(
        _ changes: [RoutingChange], tolerating: Set<Int32>
    ) async -> RoutingChangeReport {
        let begun = ContinuousClock.now
        let report = await changer.change(changes, tolerating: tolerating)
        let microseconds = Int64((ContinuousClock.now - begun) / .microseconds(1))
        let each = microseconds / Int64(max(report.done, 1))
        for change in changes.prefix(report.done) {
            log.note(change, .exited(0, error: ""), microseconds: each)
        }
        if let failure = report.failure, report.done < changes.count {
            log.note(changes[report.done], .failed(failure.reason), microseconds: each)
        }
        return report
    }
}
