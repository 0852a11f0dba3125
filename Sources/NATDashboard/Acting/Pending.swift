internal import NATModel
package import NATPlan
internal import NATScreen

// The change that awaits its keep, or that nobody finished.
extension DashboardState {
    /// What can be done about the pending change.
    var pendingActions: [Action] {
        switch live.pending?.change.state {
        case nil, .underWay: []
        case .awaitsKeep: [.keep, .revert]
        case .unfinished(let canFinish): canFinish ? [.revert, .finish] : [.revert]
        }
    }

    /// The line that asks what is to become of it; `nil` where nothing is pending.
    var pendingQuestion: TextLine? {
        guard let pending = live.pending else { return nil }
        let style = Style(.warning, isBold: true, isReversed: true)
        switch pending.change.state {
        case .underWay:
            if case .applying = mode { return nil }
            return TextLine(
                "Under way: \(pending.change.title), by \(pending.change.author)", Style(.warning))
        case .awaitsKeep:
            let seconds = max((pending.deadlineMilliseconds ?? now) - now, 0) / 1000
            return TextLine(
                "Keep? Reverts in \(seconds) s: \(pending.change.title). K keeps it, R takes it"
                    + " back now", style)
        case .unfinished(let canFinish):
            return TextLine(
                "Not finished: \(pending.change.title), by \(pending.change.author). R takes it back"
                    + (canFinish ? ", F finishes it" : ""), style)
        }
    }

    /// Does what a key asks for, where it has something to be done to.
    mutating func decide(_ action: Action) -> [Effect] {
        guard pendingActions.contains(action), let change = live.pending?.change else {
            remark = TextLine("no change is waiting", Style(.dim))
            return []
        }
        isSettling = true
        switch (action, change.state) {
        case (.keep, _): return [.keep(change.id)]
        case (.revert, .unfinished): return [.recover(change.id, finishes: false)]
        case (.finish, _): return [.recover(change.id, finishes: true)]
        default: return [.revert(change.id)]
        }
    }

    /// Opens the plan that undoes the last change, or says why there is none.
    mutating func offerUndo(_ result: Result<UndoOffer, PlanRefusal>) -> [Effect] {
        switch result {
        case .success(let offer): return plan(offer.intent, undoes: offer.undoes)
        case .failure(let refusal):
            mode = .reading(TextPanel(kind: .notice(.refused(refusal))))
            return []
        }
    }

    /// Shows how that ended.
    mutating func showSettled(_ outcome: Outcome, _ what: String) -> [Effect] {
        isSettling = false
        switch outcome {
        case .done:
            remark = TextLine("✓ \(what)", Style(.good))
            // Known before the box is read again; the next plan must not wait for that.
            latest?.pending = .value(nil)
            live.endPending()
        case .notSaved(let failure):
            remark = TextLine("\(what), but not saved: \(failure)", Style(.bad))
        default:
            let plan = Plan(intent: .release([]), title: live.pending?.change.title ?? what)
            mode = .reading(
                TextPanel(
                    kind: .notice(.ended(plan, outcome)),
                    guardTime: GuardTime(openedAtMilliseconds: now)))
        }
        return [.reread]
    }
}

/// What would undo a change.
package struct UndoOffer: Hashable, Sendable {
    /// What is wanted then.
    package var intent: Intent
    /// The change that is undone, by name.
    package var undoes: String

    /// An offer to undo this change.
    package init(_ intent: Intent, undoes: String) {
        self.intent = intent
        self.undoes = undoes
    }
}

/// The pending change, and when it is taken back.
struct Pending: Hashable, Sendable {
    /// The change.
    var change: PendingChange
    /// When it is taken back, in milliseconds of the monotonic clock; `nil` where it waits for a
    /// person.
    var deadlineMilliseconds: Int64?
}
