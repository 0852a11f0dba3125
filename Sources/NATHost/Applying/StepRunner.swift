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
            guard case .run(let command) = step.action, !runner.isInstalled(command.program) else {
                continue
            }
            let failure = CommandFailure.missing(command).readFailure
            return PlanRefusal(failure.object, failure.reason, fix: failure.fix)
        }
        return nil
    }

    func perform(_ action: Step.Action) async -> Result {
        switch action {
        case .run(let command):
            do throws(CommandFailure) {
                let reply = try await runner.run(command, input: nil, deadline: Self.deadline)
                return reply.status == 0 ? .done : .failed(reply.complaint)
            } catch .tooSlow(let command, let deadline) {
                let failure = CommandFailure.tooSlow(command, deadline: deadline)
                return .unknown(failure.readFailure.reason)
            } catch {
                return .failed(error.readFailure.reason)
            }
        case .write(let path, let contents):
            return attempt { () throws(ReadFailure) in try files.write(contents, to: path) }
        case .remove(let path):
            return attempt { () throws(ReadFailure) in try files.remove(path) }
        }
    }

    /// Performs an action that may have been performed already, and then changes nothing.
    ///
    /// Of our actions only those of iptables would do more the second time: `-A` would add a
    /// second rule. `-C` tells beforehand. ip(8) refuses what is so already.
    func performOnce(_ action: Step.Action) async -> Result {
        if case .run(let command) = action, let check = IPTablesCheck(command) {
            switch await perform(.run(check.command)) {
            case .done where check.isWanted: return .done
            case .failed(let reason) where !check.isWanted && IPTablesCheck.saysAbsent(reason):
                return .done
            default: break
            }
        }
        let result = await perform(action)
        guard case .failed(let reason) = result, case .run(let command) = action,
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

/// The `-C` that tells whether an `-A`, `-I` or `-D` has been done.
struct IPTablesCheck {
    /// The command that asks.
    let command: Command
    /// Whether the rule is to be there afterwards.
    let isWanted: Bool

    /// Whether an answer to `-C` says that there is no such rule, and not that it could not look.
    static func saysAbsent(_ reason: String) -> Bool {
        reason.contains("does a matching rule exist") || reason.contains("No chain/target/match")
    }

    /// `nil` where the command changes no iptables rule.
    init?(_ command: Command) {
        guard command.program.hasPrefix("iptables") else { return nil }
        var words = command.arguments
        guard let verb = words.firstIndex(where: { ["-A", "-I", "-D"].contains($0) }) else {
            return nil
        }
        isWanted = words[verb] != "-D"
        // `-I CHAIN NUMBER`: -C takes no number.
        if words[verb] == "-I", words.indices.contains(verb + 2), Int(words[verb + 2]) != nil {
            words.remove(at: verb + 2)
        }
        words[verb] = "-C"
        self.command = Command(words)
    }
}
