import NATModel
public import NATPlan

extension SnapshotReader {
    /// The plan for the box as it is now, and what it was made from: only what it depends on is
    /// read.
    ///
    /// - Parameters:
    ///   - parts: what is read besides.
    ///   - known: what need not be read, although the plan may depend on it.
    ///   - isUnderLock: whether whoever asks holds the lock and has looked at the journal.
    func plan(
        _ intent: Intent, reading parts: Set<SnapshotPart> = [],
        without known: Set<SnapshotPart> = [], isUnderLock: Bool = false
    ) async throws(PlanRefusal) -> (plan: Plan, snapshot: Snapshot) {
        // Where the intent is about flows, they are the matter itself.
        let spared = Planner.needsFlows(for: intent) ? known.subtracting([.flows]) : known
        let needed = Planner.parts(for: intent).union(parts).subtracting(spared)
        // A look at all flows takes as long as the rest, and most plans are about one host.
        let isLater = Planner.mayDoWithoutFlows(intent) && needed.contains(.flows)
        let first = isLater ? needed.subtracting([.flows]) : needed
        var now = await snapshot(isUnderLock ? first.subtracting([.pending]) : first, over: nil)
        if isUnderLock { now.pending = .value(nil) }
        if Planner.needsCloud(for: intent, on: now) { now = await snapshot([.cloud], over: now) }
        if isLater, Planner.needsFlows(for: intent, on: now) {
            now = await snapshot([.flows], over: now)
            return (try Planner.plan(intent, on: now), now)
        }
        let plan = try Planner.plan(intent, on: now)
        guard isLater, !plan.isEmpty, try Planner.mayMoveOthers(plan, on: now) else {
            return (plan, now)
        }
        now = await snapshot([.flows], over: now)
        return (try Planner.knowing(flowsOf: now, plan), now)
    }
}

extension LocalBox {
    /// The plan for the box as it is now.
    ///
    /// - Parameter isShown: whether a person is to read it: then the cloud is asked which public
    ///   address the hosts will have, which changes nothing of what is done.
    public func plan(_ intent: Intent, isShown: Bool) async throws(PlanRefusal) -> Plan {
        try await reader.plan(intent, reading: isShown ? [.cloud] : []).plan
    }
}
