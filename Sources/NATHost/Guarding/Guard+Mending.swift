import NATModel
import NATPlan

// What the guard does about what it has seen.
extension Guard {
    /// Carries out the first plan that has something to do.
    ///
    /// - Returns: whether something was mended, so that the next may be looked at.
    func mend(noticed began: Int) async -> Bool {
        guard let held else { return false }
        let now = Int(BootClock.milliseconds)
        if current.sshPeers.value == nil {
            current = await box.reader.snapshot([.sshPeers], over: current)
        }
        var wanted = GuardPlans(
            on: current, lastGateways: usableGateways, leaving: held, onlyNext: true)
        if let plan = wanted.plans.first {
            // What nothing stands against is done at once, and the rest is looked at afterwards.
            if known.isSuperset(of: plan.sources),
                plan.losses.allSatisfy({ backoff.wait(for: $0, at: now) == 0 })
            {
                return await carryOut(plan, noticed: began, at: now)
            }
            wanted = GuardPlans(on: current, lastGateways: usableGateways, leaving: held)
        }
        if wanted.plans.contains(where: { !known.isSuperset(of: $0.sources) }) {
            // Somebody may have logged in since the last look.
            current = await box.reader.snapshot([.sshPeers], over: current)
            wanted = GuardPlans(on: current, lastGateways: usableGateways, leaving: held)
        }
        let cuts = cuts(wanted.plans)
        let refusals =
            wanted.refusals
            + cuts.map {
                PlanRefusal(
                    "\($0)", "SSH sessions of this box come from there, and the guard cuts none",
                    fix: "natdeck apply --yes-cut-my-session")
            }
        // Tell refusals only when nothing is left to mend: mending may resolve them.
        if wanted.plans.isEmpty || !cuts.isEmpty { voice.tellRefusals(refusals) }
        voice.isWaiting = !cuts.isEmpty
        let losses = wanted.plans.flatMap(\.losses)
        let waiting = losses.filter { backoff.wait(for: $0, at: now) > 0 }
        tellWaiting(waiting, now)
        let postponed = waiting + cuts.map(Loss.rule)
        let possible =
            postponed.isEmpty
            ? wanted
            : GuardPlans(
                on: current, lastGateways: usableGateways, postponing: postponed,
                leaving: held.union(cuts))
        guard let plan = possible.plans.first else {
            // As long as nothing changes there is nothing to think about.
            if waiting.isEmpty, cuts.isEmpty {
                settled = current.withoutFigures
                trace.forgetAuthors(until: began)
            }
            return false
        }
        return await carryOut(plan, noticed: began, at: now)
    }

    private func carryOut(_ plan: Plan, noticed began: Int, at now: Int) async -> Bool {
        let culprit = trace.culprit(
            scanner.started(withinMilliseconds: 5000), current.interfaces.value ?? [], at: now)
        var report = DriftReport(
            losses: plan.losses, culprit, result: .notRestored(""),
            isAsked: isAsked(plan))
        report.following = plan.following(current.names.value ?? [], beyond: known)
        guard let outcome = await apply(plan, because: report.cause) else { return false }
        if case .refused(let refusal) = outcome {
            // Somebody has begun a change, or the box is not as it was a moment ago: look again.
            voice.tellRefusal(refusal)
            return false
        }
        voice.tellRefusal(nil)
        backoff.attempted(plan.losses, at: Int(BootClock.milliseconds))
        switch outcome {
        // What the history could not be told is in the system's log.
        case .done, .notSaved:
            report.result = .restored(milliseconds: Int(BootClock.milliseconds) - began)
        case .rolledBack(let failure): report.result = .notRestored("\(failure)")
        case .leftovers(let failure, _):
            nextRecovery = now
            report.result = .notRestored("\(failure), and not all could be taken back")
        case .notPermitted: report.result = .notRestored("the kernel does not permit it")
        default: report.result = .notRestored("the box keeps changing")
        }
        voice.tell(.drift(report))
        return outcome.isDone
    }

    /// Whether nothing was lost: the file asks for what was not so before.
    private func isAsked(_ plan: Plan) -> Bool {
        let sources = plan.losses.compactMap {
            if case .rule(let source) = $0 { source } else { nil }
        }
        guard sources.isEmpty else { return known.isDisjoint(with: sources) }
        let isOfTable = plan.losses.allSatisfy { loss in
            if case .mark = loss { true } else { [.gate, .shape].contains(loss) }
        }
        return !plan.losses.allSatisfy { ![.gate, .shape].contains($0) } && isOfTable
            && !plan.steps.contains { $0.inverse == .setGate(Gate()) }
    }

    /// Carries out a plan; `nil` where there is nothing to do any more.
    private func apply(_ plan: Plan, because cause: String) async -> Outcome? {
        var plan = plan
        for _ in 0..<3 {
            let outcome = await box.guardian.apply(plan, by: "guard", because: cause)
            guard case .stale(let fresh) = outcome else { return outcome }
            if fresh.isEmpty { return nil }
            plan = fresh
        }
        return .stale(plan)
    }

    private func tellWaiting(_ losses: [Loss], _ now: Int) {
        let new = backoff.newlyWaiting(losses, at: now)
        guard !new.isEmpty else { return }
        let culprit = trace.culprit(
            scanner.started(withinMilliseconds: 5000), current.interfaces.value ?? [], at: now)
        let wait = new.map { backoff.wait(for: $0, at: now) }.max() ?? 0
        voice.tell(
            .drift(
                DriftReport(
                    losses: new, culprit,
                    result: .waiting(
                        seconds: (wait + 999) / 1000, times: new.map(backoff.times).max() ?? 0))))
    }

    /// The sources of a change that somebody is about to keep or take back; `nil` where it is about
    /// the whole box, and the guard holds still.
    private var held: Set<IPv4Prefix>? {
        let change = current.pending.value ?? nil
        voice.tellHolding(change)
        guard let change else { return [] }
        return change.sources.map(Set.init)
    }

    /// The gateways that can still be right: an interface in another network has another one.
    private var usableGateways: [String: IPv4Address] {
        lastGateways.filter { name, gateway in
            current.interface(name)?.addresses.contains { $0.network.contains(gateway) } ?? false
        }
    }

    /// What an SSH session comes from and nobody has agreed to yet: the guard cuts none by itself.
    private func cuts(_ plans: [Plan]) -> [IPv4Prefix] {
        plans.filter(\.mayCutSessions).flatMap { plan in
            plan.sources.filter { source in
                !known.contains(source)
                    && (plan.unknownSessions != nil
                        || plan.movesSessionsFrom.contains { source.contains($0) })
            }
        }.uniqued()
    }
}
