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
        if let change = snapshot.pending.value ?? nil { throw refusal(of: change) }
        let box = try Box(snapshot, needsNAT: needsNAT(intent))
        var plan = try plan(intent, for: box)
        plan.outside = box.facts.outside == .outside ? nil : box.facts.outside
        if !plan.isEmpty {
            plan.steps += UntranslatedFlows(box: box).ends(after: plan.steps)
            let moved = box.movedSources(by: plan)
            let bystanders = Bystanders(box: box, named: moved)
            plan.movesOthers = bystanders.moved(by: plan)
            plan.warnings += bystanders.overruled(by: plan)
            plan.movesSessionsFrom = (snapshot.sshPeers.value ?? []).filter { peer in
                moved.contains { $0.contains(peer) }
            }
            // Where nobody has looked yet, the applier looks again.
            if let failure = snapshot.sshPeers.failure, failure != .unread, !moved.isEmpty {
                plan.unknownSessions = failure.description
            }
        }
        return plan
    }

    private static func bystanders(
        of plan: Plan, on snapshot: Snapshot
    ) throws(PlanRefusal) -> Bystanders {
        let box = try Box(snapshot, needsNAT: needsNAT(plan.intent))
        return Bystanders(box: box, named: box.movedSources(by: plan))
    }

    /// Whether the hosts must be known that flows alone tell of: the plan may move some that it does
    /// not name.
    public static func mayMoveOthers(
        _ plan: Plan, on snapshot: Snapshot
    ) throws(PlanRefusal) -> Bool {
        try bystanders(of: plan, on: snapshot).canBeMoved(by: plan)
    }

    /// A plan that was made without the flows, with whom it moves of all hosts that they tell of.
    public static func knowing(
        flowsOf snapshot: Snapshot, _ plan: Plan
    ) throws(PlanRefusal) -> Plan {
        var plan = plan
        plan.movesOthers = try bystanders(of: plan, on: snapshot).moved(by: plan)
        return plan
    }

    /// Why nothing is planned while a change is pending: what it would be planned on is not settled
    /// yet.
    public static func refusal(of change: PendingChange) -> PlanRefusal {
        switch change.state {
        case .underWay:
            PlanRefusal(
                change.title, "it is under way, begun by \(change.author)",
                fix: "wait for it, and repeat the command")
        case .awaitsKeep:
            PlanRefusal(
                change.title, "it awaits its keep, begun by \(change.author)",
                fix: "natdeck keep, or natdeck revert")
        case .unfinished:
            PlanRefusal(
                change.title, "it was not finished, begun by \(change.author)",
                fix: "natdeck recover")
        }
    }

    /// What puts rules and routes back, or takes away, is done also where nat cannot be read.
    private static func needsNAT(_ intent: Intent) -> Bool {
        switch intent {
        case .assign, .setup, .mend(.masquerade): true
        case .arrange, .release, .mend, .undo, .cut, .removeAll: false
        }
    }

    private static func plan(_ intent: Intent, for box: Box) throws(PlanRefusal) -> Plan {
        switch intent {
        case .assign(_, _, let options), .arrange(_, let options):
            try ArrangePlan(box: box, intent: intent, options: options).plan()
        case .release(_, let cuts):
            try ArrangePlan(
                box: box, intent: intent, options: AssignOptions(cuts: cuts == true)
            ).plan()
        case .setup(let options): try SetupPlan(box: box, options: options).plan()
        case .mend(let mend): try MendPlan(box: box, mend: mend).plan()
        case .undo(let undoing): try UndoPlan(box: box, undoing: undoing).plan()
        case .cut(let cut): try CutPlan(box: box, cut: cut).plan()
        case .removeAll: RemovePlan(box: box).plan()
        }
    }
}
