import NATModel
import NATPlan

// What was done is undone, the last step first.
extension Applier {
    /// Takes back the steps before `count` after a failure, to the end whoever wants to stop it,
    /// and says what could not be.
    ///
    /// - Parameter uncertain: the first of the steps of which it is not known whether they were
    ///   taken; `nil` where all were.
    func takeBack(
        _ record: inout ChangeRecord, _ count: Int, _ failure: Outcome.Failure,
        uncertainFrom uncertain: Int? = nil
    ) async -> Outcome {
        let begun = record
        // A task of its own is not cancelled along with the one that has failed.
        let (ended, leftovers) = await Task {
            var record = begun
            let left = await takeBack(&record, count, uncertainFrom: uncertain)
            return (record, left.steps)
        }.value
        record = ended
        guard leftovers.isEmpty else {
            let untold = leave(&record, by: "failure", reason: failure.description)
            return .leftovers(failure.and(untold), leftovers)
        }
        let untold = end(record, .rolledBack, by: "failure", reason: failure.description)
        return .rolledBack(failure.and(untold))
    }

    /// What is left of a change that was taken back.
    struct Remains {
        /// The steps that could not be taken back.
        var steps: [Outcome.Leftover] = []
        /// Whether it was told to stop before all was taken back.
        var isInterrupted = false
    }

    /// Takes back the steps before `count`. What somebody else has taken back meanwhile is no
    /// leftover.
    func takeBack(
        _ record: inout ChangeRecord, _ count: Int, uncertainFrom uncertain: Int? = nil
    ) async -> Remains {
        let plan = record.plan
        var remains = Remains()
        var highest = 0
        let numbers = plan.steps.indices.prefix(count).reversed().filter {
            plan.steps[$0].inverse != nil
        }
        let inverses = numbers.compactMap { plan.steps[$0].inverse }
        for row in StepBatch.rows(of: inverses) {
            var rest = row
            while let first = rest.first {
                // What could not be taken back is tried again, so the journal stays at it. A full
                // disk must not keep the box from being mended.
                record.phase = .takingBack(step: max(numbers[first] + 1, highest))
                try? journal.advance(record)
                if Task.isCancelled {
                    remains.isInterrupted = true
                    return remains
                }
                let report = await steps.take(Array(inverses[rest]), again: true)
                guard let failure = report.failure else { break }
                if Task.isCancelled { continue }
                let failed = first + report.done
                rest = failed + 1..<rest.upperBound
                let number = numbers[failed]
                // What most likely was never done is no leftover when its inverse is refused.
                if let uncertain, number >= uncertain, failure.perhapsDone == 0 { continue }
                highest = max(highest, number + 1)
                remains.steps.append(
                    .init(
                        summary: plan.steps[number].summary,
                        command: inverses[failed].description, reason: failure.reason))
            }
        }
        if highest > 0 {
            record.phase = .takingBack(step: highest)
            // As above: what is written says more than what stands, never less.
            try? journal.advance(record)
        }
        return remains
    }
}

extension Outcome.Failure {
    /// The failure, and what could not be written down of it.
    func and(_ untold: ReadFailure?) -> Outcome.Failure {
        guard let untold else { return self }
        return .init(object, "\(reason); and \(untold)")
    }
}
