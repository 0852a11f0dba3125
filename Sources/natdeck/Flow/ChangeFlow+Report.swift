import NATHost
import NATModel
import NATPlan

// What is said of a change that was planned or made, and the exit status the contract has for it.
extension ChangeFlow {
    func report(_ plan: Plan, _ outcome: Outcome, _ proof: ProofText?) throws {
        switch outcome {
        case .done:
            tell(plan, "done", proof: proof)
            try Self.checkTold()
        case .awaitsKeep(let seconds):
            tell(plan, "awaits keep", proof: proof)
            if !options.json {
                StandardStream.output.write(
                    "taken back in \(seconds) s unless you say: natdeck keep\n")
            }
            try Self.checkTold()
        case .notSaved(let failure):
            tell(plan, "done", proof: proof)
            try Self.tell(notSaved: failure)
        case .rolledBack(let failure):
            tell(plan, "rolled back")
            complain("\(failure)", fix: "nothing is left of the change; natdeck status")
            throw ExitStatus.failed.code
        case .leftovers(let failure, let leftovers):
            tell(plan, "leftovers")
            try Self.tell(failure, leftovers)
        case .stale(let fresh):
            tell(fresh, "stale")
            complain(
                "\(plan.title): the box changed meanwhile, nothing was touched",
                fix: "look at the new plan and repeat the command")
            throw ExitStatus.stale.code
        case .refused(let reason):
            throw refusal(reason)
        case .notPermitted:
            complain("\(plan.title): the kernel does not permit it", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
    }

    /// A change that stands and could not be told: the status of a failed one would say that it was
    /// rolled back.
    private static func checkTold() throws {
        guard StandardStream.tookAll() else { throw ExitStatus.leftovers.code }
    }

    /// Says what could not be written down of a change that ended as it was to.
    static func tell(notSaved failure: ReadFailure) throws {
        complain("\(failure)", fix: failure.fix)
        throw ExitStatus.leftovers.code
    }

    /// Lists what could not be taken back, with the commands to type.
    static func tell(_ failure: Outcome.Failure, _ leftovers: [Outcome.Leftover]) throws {
        complain("\(failure)")
        for leftover in leftovers {
            complain(
                "still there: \(leftover.summary): \(leftover.reason)", fix: leftover.command)
        }
        throw ExitStatus.leftovers.code
    }

    /// «Verified» is said only of what was verified.
    private func verdict(on plan: Plan) -> String {
        if !plan.hasUndo { return "done\n" }
        return plan.doubts.isEmpty
            ? "done, and verified\n"
            : "done, not verified: \(plan.doubts.joined(separator: "; "))\n"
    }

    func tell(
        _ plan: Plan, _ outcome: String, _ live: ConnectionsText? = nil, proof: ProofText? = nil
    ) {
        if options.json {
            PlanJSON(plan: plan, outcome: outcome, connections: live, proof: proof)
                .write(to: .output)
            return
        }
        defer { if let proof { StandardStream.output.write("\(proof.text)\n") } }
        switch outcome {
        case "done" where options.yes, "awaits keep" where options.yes, "nothing to do":
            StandardStream.output.write(
                ([plan.title] + plan.warnings.map { "  ! \($0)" }).joined(separator: "\n") + "\n")
            if outcome != "nothing to do" { StandardStream.output.write(verdict(on: plan)) }
        case "done", "awaits keep": StandardStream.output.write(verdict(on: plan))
        case "dry run", "stale":
            StandardStream.output.write(PlanText(plan: plan, connections: live).text)
        default: break
        }
    }
}
