import NATModel
import NATPlan

/// Takes single steps and takes them back.
struct StepRunner: Sendable {
    let runner: any CommandRunner
    let files: any HostFiles

    /// How long a step may take, the wait for the xtables lock included.
    private static let deadline = Duration.seconds(10)

    /// How a step went.
    enum Result: Hashable {
        case done
        /// It said so itself: nothing was done.
        case failed(String)
        /// It gave no answer in time.
        case unknown(String)

        /// What went wrong; `nil` where nothing did.
        var reason: String? {
            switch self {
            case .done: nil
            case .failed(let reason), .unknown(let reason): reason
            }
        }
    }

    /// Why a plan cannot be carried out to its end: a program it needs is not there.
    func missingProgram(for plan: Plan) -> PlanRefusal? {
        for step in plan.steps where !step.mayFail {
            guard let command = step.action.command, !runner.isInstalled(command.program) else {
                continue
            }
            let failure = CommandFailure.missing(command).readFailure
            return PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        return nil
    }

    func perform(_ action: Step.Action) async -> Result {
        switch action {
        case .write(let path, let contents):
            return attempt { () throws(ReadFailure) in try files.write(contents, to: path) }
        case .remove(let path):
            return attempt { () throws(ReadFailure) in try files.remove(path) }
        default:
            guard let command = action.command else { return .failed("nothing does this") }
            return await run(command)
        }
    }

    private func run(_ command: Command) async -> Result {
        do throws(CommandFailure) {
            let reply = try await runner.run(command, input: nil, deadline: Self.deadline)
            if reply.status == 0 { return .done }
            // What a signal ended may have done its work before.
            return reply.status > 128 ? .unknown(reply.complaint) : .failed(reply.complaint)
        } catch {
            // It was too slow, or its task was cancelled: how far it came is not known.
            let reason = error.readFailure.reason
            return error.mayHaveRun ? .unknown(reason) : .failed(reason)
        }
    }

    /// Performs an action that may have been performed already, and then changes nothing.
    ///
    /// Of our actions only those of iptables would do more the second time: `-A` would add a
    /// second rule. `-C` tells beforehand. ip(8) refuses what is so already.
    func performOnce(_ action: Step.Action) async -> Result {
        if let check = IPTablesCheck(action),
            let reply = try? await runner.run(check.command, input: nil, deadline: Self.deadline)
        {
            // Where it cannot be asked, the action itself fails and says why.
            if reply.status == 0, check.isWanted { return .done }
            if reply.status == IPTablesCheck.absent, !check.isWanted { return .done }
        }
        let result = await perform(action)
        guard case .failed(let reason) = result, let command = action.command,
            command.program == "ip", Self.isSoAlready(command, reason)
        else { return result }
        return .done
    }

    /// Source: what iproute2 6.1 answers to a second `add` and to a second `del`.
    private static func isSoAlready(_ command: Command, _ reason: String) -> Bool {
        if command.arguments.contains("add") { return reason.contains("File exists") }
        return [
            "No such process", "No such file or directory", "FIB table does not exist",
            // The interface took its routes along.
            "Cannot find device",
        ].contains { reason.contains($0) }
    }

    private func attempt(_ body: () throws(ReadFailure) -> Void) -> Result {
        do throws(ReadFailure) {
            try body()
            return .done
        } catch {
            return .failed(error.reason)
        }
    }
}

/// The `-C` that tells whether a MASQUERADE rule of ours has been added or deleted.
private struct IPTablesCheck {
    /// The command that asks.
    let command: Command
    /// Whether the rule is to be there afterwards.
    let isWanted: Bool

    /// What `-C` exits with where there is no such rule; a lock that is held, or a missing
    /// privilege, gives another status. Source: iptables 1.4.18 to 1.8.9.
    static let absent: Int32 = 1

    /// `nil` where the action changes no rule of iptables.
    init?(_ action: Step.Action) {
        let rule: Masquerade
        switch action {
        case .addMasquerade(let added, _): (rule, isWanted) = (added, true)
        case .deleteMasquerade(let deleted): (rule, isWanted) = (deleted, false)
        default: return nil
        }
        command = rule.check
    }
}
