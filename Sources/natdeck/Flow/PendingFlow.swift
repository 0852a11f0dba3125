import ArgumentParser
import NATHost
import NATModel
import NATPlan

/// What keep, revert and recover have in common.
enum PendingFlow {
    /// Says that a change was not finished, to whoever asks natdeck for something else.
    static func tellUnfinished(_ box: LocalBox) async {
        let reading = await box.reader.snapshot([.pending], over: nil).pending
        guard let change = reading.value ?? nil, case .unfinished = change.state else { return }
        let refusal = Planner.refusal(of: change)
        complain("\(refusal)", fix: refusal.fix)
    }

    static func report(_ settlement: Settlement) throws {
        switch settlement.outcome {
        case .done: StandardStream.output.write("\(settlement.ending.rawValue)\n")
        case .notSaved(let failure):
            StandardStream.output.write("\(settlement.ending.rawValue)\n")
            try ChangeFlow.tell(notSaved: failure)
        case .awaitsKeep, .stale: return
        case .rolledBack(let failure):
            complain("\(failure)", fix: "nothing is left of the change; natdeck status")
            throw ExitStatus.failed.code
        case .leftovers(let failure, let leftovers):
            try ChangeFlow.tell(failure, leftovers)
        case .refused(let reason): throw refusal(reason)
        case .notPermitted:
            complain("the kernel does not permit it", fix: "run it as root")
            throw ExitStatus.notPermitted.code
        }
    }
}
