internal import NATModel
internal import NATPlan
internal import NATScreen

// From a wish to a plan, and from a plan to its outcome.
extension DashboardState {
    /// Opens the choice of an interface.
    mutating func openAssign(_ sources: [IPv4Prefix]) {
        mode = .assigning(
            AssignDialog(
                sources: sources.isEmpty ? .typed("") : .chosen(sources), choice: nil,
                focus: sources.isEmpty ? .source : .interface))
        offerInterface()
    }

    /// Puts the bar on an interface, as soon as one is known.
    mutating func offerInterface() {
        guard case .assigning(var dialog) = mode, dialog.choice == nil else { return }
        let offered = live.offered
        let current = (try? parsed(dialog)).flatMap { currentEgress(of: $0) }
        // The one place the host can be moved to, where there are only two.
        dialog.choice = (offered.first { !$0.isSo(current) } ?? offered.first)?.egress
        mode = .assigning(dialog)
    }

    /// Where all of these leave now; `nil` where they differ or it is not known.
    func currentEgress(of sources: [IPv4Prefix]) -> Egress? {
        let wanted = Set(sources)
        guard !wanted.isEmpty else { return nil }
        let entries = live.hosts.filter { wanted.contains($0.source) }
        let ways = Set(entries.map(\.present))
        return entries.count == wanted.count && ways.count == 1 ? entries.first?.present : nil
    }

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

    /// Keys in the choice of an interface.
    mutating func assign(_ dialog: AssignDialog, _ key: Key, _ action: Action?) -> [Effect] {
        var dialog = dialog
        let egresses = live.offered.map(\.egress)
        let place = dialog.choice.flatMap { egresses.firstIndex(of: $0) }
        switch action {
        case .close:
            mode = .browsing
            return []
        case .switchFocus: dialog.focus = dialog.focus == .source ? .interface : .source
        case .eraseCharacter: dialog.eraseCharacter()
        case .eraseAll: dialog.eraseAll()
        case .move(.lines(let count)):
            if let place, egresses.indices.contains(place + count) {
                dialog.choice = egresses[place + count]
            } else if count < 0 {
                dialog.focus = .source
            } else if place == nil {
                dialog.choice = egresses.first
            }
        case .pickInstance: return openPicker()
        case .enter where dialog.focus == .source:
            if let effects = follow(&dialog) {
                mode = .assigning(dialog)
                return effects
            }
            do throws(AssignDialog.InputError) {
                _ = try parsed(dialog)
                dialog.focus = .interface
            } catch {
                dialog.complaint = error.reason
                // The box may know a name that none of its hosts was found by.
                if let name = error.name, !self.names.hasLookedUp(name) {
                    dialog.complaint = "looking \(name) up…"
                    mode = .assigning(dialog)
                    return [.findAddress(of: name)]
                }
            }
        case .enter: return planAssignment(dialog)
        default:
            guard case .character(let scalar) = key else { return [] }
            if dialog.focus == .source {
                dialog.type(String(Character(scalar)))
            } else if let digit = Character(scalar).wholeNumberValue {
                if dialog.type(digit: digit, among: egresses, atMilliseconds: now) {
                    return planAssignment(dialog)
                }
            } else if let chosen = Self.choice(scalar, among: egresses, after: place) {
                dialog.choice = chosen.egress
                // Not by the key that accepts a plan: held down it would open and accept it.
                if chosen.isOnlyOne, scalar != "y" { return planAssignment(dialog) }
            }
        }
        mode = .assigning(dialog)
        return []
    }

    /// The next egress whose interface has this first letter.
    private static func choice(
        _ scalar: Unicode.Scalar, among egresses: [Egress], after place: Int?
    ) -> (egress: Egress, isOnlyOne: Bool)? {
        let matches = egresses.indices.filter {
            egresses[$0].interface.unicodeScalars.first == scalar
        }
        let next = matches.first { $0 > (place ?? -1) } ?? matches.first
        return next.map { (egresses[$0], matches.count == 1) }
    }

    /// The sources of the dialog; names that are known stand for their addresses.
    func parsed(_ dialog: AssignDialog) throws(AssignDialog.InputError) -> [IPv4Prefix] {
        try dialog.parsed(naming: names.address(of:))
    }

    private mutating func planAssignment(_ dialog: AssignDialog) -> [Effect] {
        var dialog = dialog
        guard let choice = dialog.choice else {
            dialog.complaint = "no interface to leave by was found"
            mode = .assigning(dialog)
            return []
        }
        do throws(AssignDialog.InputError) {
            let sources = try parsed(dialog)
            return plan(
                intent(assigning: sources, of: dialog, to: choice), undoes: nil)
        } catch {
            dialog.complaint = error.reason
            dialog.focus = .source
            mode = .assigning(dialog)
            return []
        }
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
            mode = .applying(Applying(plan: dialog.plan, undoes: dialog.undoes))
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
