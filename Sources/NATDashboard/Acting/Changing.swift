internal import NATModel
internal import NATPlan
internal import NATScreen

// From a wish to a plan, and from a plan to its outcome.
extension DashboardState {
    /// Plans that these sources are released, those of them that are assigned or were kept.
    mutating func release(_ chosen: [IPv4Prefix]) -> [Effect] {
        let releasable = chosen.filter { source in
            guard let entry = live.host(source) else { return false }
            return entry.assignment?.source == source || entry.drift?.kept != nil
        }
        guard releasable.isEmpty, let source = chosen.first else {
            return plan(releasable) { .release($0) }
        }
        let wider = live.host(source)?.assignment.map { "\($0.source) is: release that" }
        let text =
            chosen.count == 1
            ? "\(source) is not assigned" : "none of the \(chosen.count) marked is assigned"
        remark = TextLine("\(text): \(wider ?? "there is nothing to release")", Style(.warning))
        return []
    }

    /// Makes a plan from the last snapshot and shows it, or why there is none.
    mutating func plan(
        _ sources: [IPv4Prefix], _ intent: ([IPv4Prefix]) -> Intent
    ) -> [Effect] {
        guard !sources.isEmpty else {
            remark = TextLine("no host is selected", Style(.warning))
            return []
        }
        return plan(intent(sources), undoes: nil)
    }

    /// Makes a plan from the last snapshot and shows it, or why there is none; where not everything
    /// was read yet, it opens once it was.
    ///
    /// - Parameters:
    ///   - undoes: the change it undoes, by name.
    ///   - reason: why it is proposed.
    mutating func plan(
        _ intent: Intent, undoes: String?, because reason: String? = nil
    ) -> [Effect] {
        let wanted = AwaitedPlan(intent: intent, undoes: undoes, reason: reason)
        guard let latest else { return wait(for: wanted) }
        do throws(PlanRefusal) {
            let plan = try makePlan(intent, latest)
            guard !plan.isEmpty else {
                mode = .reading(TextPanel(kind: .notice(.nothingToDo(plan))))
                // That it is undone is written down, so that the next undo goes further back.
                guard let undoes, readOnlyReason == nil else { return [] }
                return [.noteUndone(plan, undoes: undoes)]
            }
            return review(plan, undoes: undoes, because: reason)
        } catch {
            if error.reason == ReadFailure.unread.reason { return wait(for: wanted) }
            mode = .reading(TextPanel(kind: .notice(.refused(error))))
            return []
        }
    }

    private mutating func review(
        _ plan: Plan, undoes: String?, because reason: String?
    ) -> [Effect] {
        var dialog = ConfirmDialog(
            plan: plan, undoes: undoes, ways: ways(of: plan), reason: reason,
            guardTime: GuardTime(openedAtMilliseconds: now), openedInRow: clickRow)
        dialog.layOut(layout)
        mode = .confirming(dialog)
        return plan.touchedSources.isEmpty ? [] : [.countConnections(plan.touchedSources)]
    }

    /// Where each source of a plan leaves now, and where it is to leave.
    private func ways(of plan: Plan) -> [IPv4Prefix: ConfirmDialog.Ways] {
        func text(_ interface: String?, _ address: IPv4Address?) -> String? {
            interface.map { name in address.map { "\(name) \($0)" } ?? name }
        }
        let interfaces = Dictionary(
            live.egress.map { ($0.interface.name, $0) }, uniquingKeysWith: { first, _ in first })
        func outside(_ source: IPv4Prefix, _ egress: Egress) -> IPv4Address? {
            let nic = interfaces[egress.interface]
            guard !egress.addresses.isEmpty else { return nic?.promisedAddress }
            let own = AddressPool(egress.addresses).addresses(of: source)
            return own.count == 1 ? nic?.promisedAddress(of: own.first) : nil
        }
        var ways: [IPv4Prefix: ConfirmDialog.Ways] = [:]
        let arrangements =
            plan.intent.arrangements
            ?? plan.touchedSources.map { Arrangement($0, egress: nil) }
        for arrangement in arrangements {
            let entry = live.host(arrangement.source)
            let (source, then) = (arrangement.source, arrangement.egress)
            let used = then.map { AddressPool($0.addresses).addresses(of: source) } ?? []
            ways[arrangement.source] = ConfirmDialog.Ways(
                now: text(entry?.egress, entry?.publicAddress),
                then: text(then?.interface, then.flatMap { outside(source, $0) }),
                isThere: then != nil && entry?.egress == then?.interface
                    && entry?.facts.given ?? [] == used)
        }
        return ways
    }

    /// Keys while a plan is reviewed.
    mutating func confirm(
        _ dialog: ConfirmDialog, _ key: Key, _ action: Action?
    ) -> [Effect] {
        // A key held down, or meant for what was on the screen before, accepts nothing. One that
        // leaves or scrolls can do no harm.
        if dialog.guardTime.drops(atMilliseconds: now), !(action?.isHarmless ?? false) {
            return []
        }
        var dialog = dialog
        switch action {
        case .close: mode = .browsing
        case .copyCommand: return copyCommands(of: dialog.plan)
        case .accept where dialog.word != nil && dialog.word != dialog.typed:
            remark = TextLine("type \(dialog.word ?? "") to go on, Esc to cancel", Style(.warning))
            return []
        case .eraseCharacter:
            if !dialog.typed.isEmpty { dialog.typed.removeLast() }
            mode = .confirming(dialog)
        case nil where dialog.word != nil:
            guard case .character(let scalar) = key, dialog.typed.utf8.count < 32 else { return [] }
            dialog.typed.unicodeScalars.append(scalar)
            mode = .confirming(dialog)
        case .enter where dialog.focus == .cancel: mode = .browsing
        case .enter, .accept:
            guard dialog.wasReadToEnd else {
                remark = TextLine(
                    "read the plan to its end first, page by page: PgDn", Style(.warning))
                return []
            }
            heldKey = HeldKey(key, atMilliseconds: now)
            // What proves the change before says nothing of this one.
            firstFlow = nil
            mode = .applying(Applying(plan: dialog.plan, undoes: dialog.undoes))
            live.log.begin(
                dialog.plan.deed, atMilliseconds: live.snapshot?.takenAtMilliseconds ?? 0)
            return [.apply(dialog.plan, undoes: dialog.undoes)]
        case .switchFocus:
            dialog.focus = dialog.focus == .cancel ? .apply : .cancel
            mode = .confirming(dialog)
        case .move(let movement):
            dialog.offset = DialogText.offset(
                dialog.offset, movement, of: dialog.wrapped.count, layout)
            dialog.layOut(layout)
            mode = .confirming(dialog)
        default: break
        }
        return []
    }

    /// Shows how a plan ended.
    mutating func finish(_ applying: Applying, _ outcome: Outcome) -> [Effect] {
        let plan = applying.plan
        switch outcome {
        case .awaitsKeep, .done:
            firstFlow = FirstFlow(plan.intent.arrangements ?? [], live, atMilliseconds: now)
            firstFlow?.change = outcome == .done ? "" : live.pending?.change.id
        case .stale, .refused, .notPermitted:
            firstFlow = nil
            live.log.cancel()
        default: firstFlow = nil
        }
        switch outcome {
        case .awaitsKeep:
            // The banner asks, from what the journal says.
            mode = .browsing
            marked = []
            frozen = nil
        case .done:
            let checks = Figure.count(plan.verifications.count, "check")
            remark =
                plan.doubts.isEmpty
                ? TextLine("✓ done, verified by \(checks): \(plan.title)", Style(.good))
                : TextLine(
                    "? done, not verified: \(plan.doubts.joined(separator: "; "))",
                    Style(.warning))
            mode = .browsing
            marked = []
            // The change is to be seen at once, so a frozen screen goes on.
            frozen = nil
        case .stale(let new) where !new.isEmpty:
            return [.reread]
                + review(
                    new, undoes: applying.undoes,
                    because: "The box changed meanwhile. This is the plan for it now.")
        default:
            mode = .reading(
                TextPanel(
                    kind: .notice(.ended(plan, outcome)),
                    guardTime: GuardTime(openedAtMilliseconds: now)))
        }
        return [.reread]
    }
}
