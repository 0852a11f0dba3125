import NATModel
public import NATPlan

extension History {
    /// The last change that stands and has not been undone, and what would undo it.
    ///
    /// - Throws: where there is none, or where the history cannot be read.
    public func undo() throws(PlanRefusal) -> (entry: Entry, intent: Intent) {
        let contents: Contents
        do {
            contents = try self.contents()
        } catch {
            throw PlanRefusal(error.object, error.reason)
        }
        if contents.endsUnread {
            throw PlanRefusal(
                Self.path, "a line after the last change cannot be read: it may be a later change",
                fix: "look at the end of it, and take the line out")
        }
        // What the guard put back was not changed by anybody.
        let kept = contents.entries.filter { $0.outcome == .kept && $0.by != "guard" }
        let undone = Set(kept.compactMap(\.undoes))
        let last = kept.last { $0.undoes == nil && !undone.contains($0.id) }
        guard let last else {
            throw PlanRefusal(Self.path, "no change stands that could be undone")
        }
        return (last, Self.inverse(of: last))
    }

    /// What brings back how the sources left before.
    private static func inverse(of entry: Entry) -> Intent {
        if let arrangements = entry.plan.intent.arrangements {
            let former = arrangements.map {
                Arrangement($0.source, egress: entry.before[$0.source])
            }
            return .arrange(former, options: AssignOptions())
        }
        return .undo(
            Undoing(
                title: entry.plan.title, steps: entry.plan.steps,
                ways: entry.before.sorted { $0.key < $1.key }.map {
                    Arrangement($0.key, egress: $0.value)
                }))
    }
}
