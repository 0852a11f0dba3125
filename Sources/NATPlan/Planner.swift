public import NATModel

/// Makes plans: what is wanted and how the box is, in; steps out. Touches nothing.
public enum Planner {
    /// The plan that brings the box of `snapshot` to what `intent` wants; empty where it is so.
    ///
    /// The order is make before break: NAT first, then the new rule, then the old rule goes, then
    /// the connections that still know the old way.
    public static func plan(
        _ intent: Intent, on snapshot: Snapshot
    ) throws(PlanRefusal) -> Plan {
        try refuseWhilePending(snapshot)
        let box = try Box(snapshot)
        var plan = try plan(intent, for: box)
        if !plan.isEmpty {
            plan.movesSessionsFrom = (snapshot.sshPeers.value ?? []).filter { peer in
                box.movedSources(by: plan).contains { $0.contains(peer) }
            }
        }
        return plan
    }

    /// One change at a time: what it would be planned on is not settled yet.
    private static func refuseWhilePending(_ snapshot: Snapshot) throws(PlanRefusal) {
        guard let change = snapshot.pending.value ?? nil else { return }
        switch change.state {
        case .underWay:
            throw PlanRefusal(
                change.title, "it is under way, begun by \(change.author)",
                fix: "wait for it, and repeat the command")
        case .awaitsKeep:
            throw PlanRefusal(
                change.title, "it awaits its keep, begun by \(change.author)",
                fix: "natdeck keep, or natdeck revert")
        case .unfinished:
            throw PlanRefusal(
                change.title, "it was not finished, begun by \(change.author)",
                fix: "natdeck recover")
        }
    }

    private static func plan(_ intent: Intent, for box: Box) throws(PlanRefusal) -> Plan {
        switch intent {
        case .assign(_, _, let options), .arrange(_, let options):
            try ArrangePlan(box: box, intent: intent, options: options).plan()
        case .release:
            try ArrangePlan(box: box, intent: intent, options: AssignOptions()).plan()
        case .setup(let options): try SetupPlan(box: box, options: options).plan()
        case .mend(let mend): try MendPlan(box: box, mend: mend).plan()
        case .removeAll: RemovePlan(box: box).plan()
        }
    }
}
