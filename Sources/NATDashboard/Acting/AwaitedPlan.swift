internal import NATPlan
internal import NATScreen

/// A plan that is wanted of a box of which not everything is read yet.
///
/// It is made from the first reading that suffices, unless a key comes before.
struct AwaitedPlan: Hashable, Sendable {
    /// What is wanted.
    var intent: Intent
    /// The change it undoes, by name.
    var undoes: String?
    /// Why it is proposed.
    var reason: String?
}

extension DashboardState {
    mutating func wait(for plan: AwaitedPlan) -> [Effect] {
        awaited = plan
        remark = TextLine(
            "the box is still being read: the plan opens in a moment", Style(.warning))
        return []
    }

    /// Makes the plan that was wanted before the box was read.
    mutating func planAwaited() -> [Effect] {
        guard let awaited else { return [] }
        self.awaited = nil
        return plan(awaited.intent, undoes: awaited.undoes, because: awaited.reason)
    }
}
