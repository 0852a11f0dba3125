import NATModel

/// The steps that bring a box of an earlier natdeck to how this one works.
///
/// Rule 4990 let the routes of main decide before everybody's own rules, also for sources that were
/// never assigned. Routes of type `throw` in natdeck's own tables do that for its sources alone.
struct Migration {
    /// What the tables in use lack until then.
    let tables: [Step]
    /// The rule that goes.
    let rule: [Step]
    /// What to say of it.
    let warnings: [String]

    /// - Parameters:
    ///   - done: the tables that the plan brings in order anyway.
    ///   - after: gives the box as the plan leaves it otherwise; not asked where nothing is to do.
    init(_ box: Box, done: Set<Int>, after: () -> Snapshot) throws(PlanRefusal) {
        let earlier = box.rules.filter(\.isEarlierInternal)
        let used =
            earlier.isEmpty
            ? []
            : Set((after().rules.value ?? []).lazy.filter(\.steersSource).compactMap(\.table))
        let foreign = used.contains { box.table($0).map { !$0.isOwned } ?? false }
        // What looks up a table of others by an earlier natdeck's rule still needs it.
        guard !earlier.isEmpty, !foreign else {
            (tables, rule, warnings) = ([], [], [])
            return
        }
        let internals = used.isEmpty ? nil : try InternalDestinations(box)
        let steps = used.subtracting(done).sorted().compactMap(box.table).flatMap { table in
            internals.map(table.closing) ?? []
        }
        tables = steps
        rule = earlier.map { Steering.delete($0, "remove the internal rule of an earlier natdeck") }
        warnings =
            used.isEmpty
            ? []
            : [
                "rule \(Ownership.internalPriority) of an earlier natdeck goes: routes of type throw"
                    + " in natdeck's own tables do its work, and move nobody else"
            ]
    }
}
