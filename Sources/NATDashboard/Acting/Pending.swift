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

    /// The line of its own that asks what is to become of it, or tells how it ended; `nil` where
    /// nothing is pending, nor has ended since the last key.
    var pendingLine: TextLine? {
        guard let pending = live.pending else { return pendingEnd?.line }
        let style = Style(.warning, isBold: true, isReversed: true)
        let author = pending.change.person ?? pending.change.author
        switch pending.change.state {
        case .underWay:
            if case .applying = mode { return nil }
            return TextLine(
                "Under way: \(pending.change.title), by \(author)", style)
        case .awaitsKeep:
            let seconds = max((pending.deadlineMilliseconds ?? now) - now, 0) / 1000
            let own = firstFlow.flatMap { $0.change == pending.change.id ? $0 : nil }
            let proof = own.map { "   \($0.text(atMilliseconds: now))" } ?? ""
            let text = "Keep? reverts in \(seconds) s   K keeps  R takes back\(proof)   "
            return TextLine(text + told(pending.change, after: text), style)
        case .unfinished(let canFinish):
            let keys = "R takes back" + (canFinish ? "  F finishes" : "")
            return TextLine(
                "Not finished   \(keys)   \(pending.change.title), by \(author)", style)
        }
    }

    /// What a change does: in one sentence, where that has room after a text on one line.
    private func told(_ change: PendingChange, after text: String) -> String {
        let isRoomy = (text + change.title).cellWidth + 1 <= size.columns
        return isRoomy ? change.title : change.deed ?? change.title
    }

    /// Does what a key asks for, where it has something to be done to.
    mutating func decide(_ action: Action) -> [Effect] {
        guard pendingActions.contains(action), let change = live.pending?.change else {
            remark = TextLine("no change is waiting", Style(.dim))
            return []
        }
        isSettling = true
        live.log.settle(change)
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
            if let change = live.pending?.change {
                let sign = what == "taken back" ? "←" : "✓"
                pendingEnd = PendingEnd(
                    change: change.id, text: "\(sign) \(what): \(change.title)",
                    role: what == "taken back" ? .warning : .good, atMilliseconds: now)
                endPending(change.id)
            } else {
                remark = TextLine("✓ \(what)", Style(.good))
            }
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

// How a pending change ended, also where nobody here ended it.
extension DashboardState {
    /// Takes notice of changes that ended: one that was pending here is told on its own line.
    mutating func noteEnds(of changes: [PastChange]) {
        for change in changes {
            let isPending = change.id == live.pending?.change.id
            guard isPending || change.id == pendingEnd?.change else { continue }
            if isPending { endPending(change.id) }
            pendingEnd = PendingEnd(change, atMilliseconds: now)
        }
    }

    /// Knows that a change ended before the box is read again: the next plan must not wait for that.
    private mutating func endPending(_ change: String) {
        endedChange = change
        latest = latest.map(settled)
        live.endPending()
    }

    /// A snapshot, in which a change that has ended since it was read is not pending any more.
    func settled(_ snapshot: Snapshot) -> Snapshot {
        guard let endedChange, (snapshot.pending.value ?? nil)?.id == endedChange else {
            return snapshot
        }
        var settled = snapshot
        settled.pending = .value(nil)
        return settled
    }

    /// Takes notice that what was pending is so no more, where nothing has told yet how it ended.
    mutating func noteEnd(of before: Pending?) {
        guard let change = before?.change, live.pending?.change.id != change.id,
            pendingEnd?.change != change.id, !isBusy
        else { return }
        if case .underWay = change.state { return }
        pendingEnd = PendingEnd(
            change: change.id, text: "No longer pending: \(change.title)", role: .warning,
            atMilliseconds: now)
    }

    /// Lets go of that line as soon as a key tells that somebody is there and had time to read it.
    mutating func readPendingEnd() {
        guard let end = pendingEnd, now - end.atMilliseconds >= PendingEnd.shortestMilliseconds
        else { return }
        pendingEnd = nil
    }
}

/// How a pending change ended, told on its line until a key.
struct PendingEnd: Hashable, Sendable {
    /// The change, by name.
    var change: String
    /// How it ended.
    var text: String
    /// Whether that is good.
    var role: Style.Role
    /// Since when it is told, in milliseconds of the monotonic clock.
    var atMilliseconds: Int64

    /// A key that was on its way meanwhile does not take it away.
    static let shortestMilliseconds: Int64 = 1000

    /// The line.
    var line: TextLine { TextLine(text, Style(role, isBold: true, isReversed: true)) }
}

extension PendingEnd {
    /// The end of this change, as the history tells it.
    init(_ past: PastChange, atMilliseconds now: Int64) {
        let whom = past.by == "operator" ? past.person ?? past.author : "the \(past.by)"
        let what = past.deed ?? past.title
        let reason = past.reason.map { ": \($0)" } ?? ""
        switch past.ending {
        case .kept:
            self.init(
                change: past.id, text: "✓ kept by \(whom): \(what)", role: .good,
                atMilliseconds: now)
        case .reverted:
            let why = past.by == "timer" ? "nobody kept it" : "by \(whom)"
            self.init(
                change: past.id, text: "← taken back, \(why): \(what)", role: .warning,
                atMilliseconds: now)
        case .rolledBack, .leftovers:
            self.init(
                change: past.id, text: "✗ \(past.ending.words): \(what)\(reason)", role: .bad,
                atMilliseconds: now)
        }
    }
}

/// A key that is held down after it accepted a plan: what repeats of it answers nothing else.
struct HeldKey: Hashable, Sendable {
    /// The key.
    var key: Key
    /// Until when a repetition is dropped, in milliseconds of the monotonic clock.
    var untilMilliseconds: Int64

    /// Pressed now.
    init(_ key: Key, atMilliseconds now: Int64) {
        self.key = key
        untilMilliseconds = now + GuardTime.milliseconds
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
