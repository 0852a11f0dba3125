import NATModel
public import NATPlan

extension History {
    /// The last change that stands and has not been undone, and what would undo it.
    ///
    /// - Throws: where there is none, where the history cannot be read, or where what was is not
    ///   known.
    public func undo() throws(PlanRefusal) -> (entry: Entry, intent: Intent) {
        let entries: [Entry]
        do {
            entries = try self.entries().entries
        } catch {
            throw PlanRefusal(error.object, error.reason)
        }
        // What the guard put back was not changed by anybody.
        let kept = entries.filter { $0.outcome == .kept && $0.by != "guard" }
        let undone = Set(kept.compactMap(\.undoes))
        let last = kept.last { $0.undoes == nil && !undone.contains($0.id) }
        guard let last else {
            throw PlanRefusal(Self.path, "no change stands that could be undone")
        }
        return (last, try Self.inverse(of: last))
    }

    /// What brings back how the sources left before.
    private static func inverse(of entry: Entry) throws(PlanRefusal) -> Intent {
        if let arrangements = entry.plan.intent.arrangements {
            let former = arrangements.map {
                Arrangement($0.source, egress: entry.before[$0.source])
            }
            return .arrange(former, options: AssignOptions())
        }
        if case .setup = entry.plan.intent { return .removeAll }
        if case .mend = entry.plan.intent {
            let lines = entry.plan.steps.reversed().compactMap { $0.inverse?.description }
            throw PlanRefusal(
                entry.plan.title, "what the doctor mended is not broken again by a plan",
                fix: lines.joined(separator: "; "))
        }
        throw PlanRefusal(
            entry.plan.title, "what it changed cannot be known again",
            fix: "natdeck setup; natdeck apply")
    }
}
