import NATModel
public import NATPlan

extension History {
    /// The last change that stands and has not been undone, and what would undo it.
    ///
    /// - Throws: where there is none, or where the history cannot be read.
    public func undo() throws(PlanRefusal) -> (entry: Entry, intent: Intent) {
        do throws(ReadFailure) {
            // After a change or two in a new file what is before them stands in the older one.
            var entry = try lastStanding(in: try contents())
            if entry == nil { entry = try lastStanding(in: try contents(withOlder: true)) }
            guard let entry else {
                throw ReadFailure(Self.path, "no change stands that could be undone")
            }
            return (entry, Self.inverse(of: entry))
        } catch {
            throw PlanRefusal(error.object, error.reason, fix: error.fix)
        }
    }

    private func lastStanding(in contents: Contents) throws(ReadFailure) -> Entry? {
        if contents.endsUnread {
            throw ReadFailure(
                Self.path, "a line after the last change cannot be read: it may be a later change",
                fix: "look at the end of it, and take the line out")
        }
        // What the guard put back was not changed by anybody.
        let kept = contents.entries.filter {
            $0.outcome == .kept && $0.by != "guard" && $0.plan.hasUndo
        }
        let undone = Set(kept.compactMap(\.undoes))
        return kept.last { $0.undoes == nil && !undone.contains($0.id) }
    }

    /// The sources that one of these gives other addresses than the other.
    private static func givenOtherwise(_ one: Gate?, _ other: Gate?) -> Set<IPv4Prefix> {
        let (one, other) = (one?.addresses?.egresses ?? [:], other?.addresses?.egresses ?? [:])
        return Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }
    }

    /// What brings back how the box was before.
    private static func inverse(of entry: Entry) -> Intent {
        let isFileAlone = entry.plan.steps.allSatisfy {
            if case .keep = $0.action { true } else { false }
        }
        if isFileAlone, !entry.plan.isEmpty {
            return .undo(Undoing(title: entry.plan.title, steps: entry.plan.steps, ways: []))
        }
        guard let arrangements = entry.plan.intent.arrangements else {
            return .undo(
                Undoing(
                    title: entry.plan.title, steps: entry.plan.steps,
                    ways: entry.before.sorted { $0.key < $1.key }.map {
                        Arrangement($0.key, egress: $0.value)
                    }))
        }
        // Of a whole file only what the change has moved.
        var touched: Set<IPv4Prefix> = []
        for step in entry.plan.steps {
            if let source = step.action.steered { touched.insert(source) }
            guard case .setGate(let gate) = step.action, case .setGate(let before)? = step.inverse
            else { continue }
            touched.formUnion(Self.givenOtherwise(gate, before))
        }
        let moved = arrangements.filter { touched.isEmpty || touched.contains($0.source) }
        return .undo(
            Undoing(
                title: entry.plan.title, steps: entry.plan.steps,
                ways: moved.map {
                    Arrangement($0.source, egress: entry.before[$0.source], name: $0.name)
                },
                kept: entry.keptBefore.map { kept in
                    moved.map {
                        Arrangement($0.source, egress: kept[$0.source], name: $0.name)
                    }
                }, isArrangement: true))
    }
}
