import NATModel
import NATPlan

/// Keeps the box as it was kept: the file of assignments and what `setup` made.
///
/// It notices what is lost within a second and puts it back by plans like any other. It holds
/// still while somebody makes a change, and does not fight whoever deletes again and again.
public actor Guard {
    private let box: LocalBox
    private let files: any HostFiles
    private let scanner: ProcessScanner
    private var voice: GuardVoice

    private var current = Snapshot.unread(hostName: "")
    private var lastGateways: [String: IPv4Address] = [:]
    private var backoff = DriftBackoff()
    private var trace = DriftTrace()
    private var wake: AsyncStream<Void>.Continuation?
    /// Whether the kernel has announced something that was not read yet.
    private var isStale = true
    private var staleSince: Int?
    /// The box as it was when there was nothing to do.
    private var settled: Snapshot?
    /// The sources that were seen to leave as they are kept.
    private var known: Set<IPv4Prefix> = []

    static let lockPath = Journal.folder + "/guard.lock"
    private static let pace = Duration.seconds(1)
    /// How long a burst of announcements may go on before the box is read.
    private static let settle = Duration.milliseconds(40)
    /// Routes and rules are read again so often even where nothing was announced.
    private static let routingPaceMilliseconds = 10_000
    private static let cloudPaceMilliseconds = 30_000
    private static let recoveryPaceMilliseconds = 10_000

    /// A guard of this box that tells its news.
    public init(
        _ box: LocalBox, files: any HostFiles, tell: @escaping @Sendable (GuardNews) -> Void
    ) {
        self.box = box
        self.files = files
        scanner = ProcessScanner(files: files)
        voice = GuardVoice(tell: tell)
    }

    /// Guards until `stop`.
    ///
    /// - Throws: where another guard is running, or the lock cannot be taken.
    public func run() async throws(FileLock.Refusal) {
        let lock = try files.lock(Self.lockPath, holder: Operator(files: files).current.description)
        if await !recoverOwn() { nextRecovery = 0 }
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.wake = wake
        let changes = KernelChanges { [weak self] events in
            Task { await self?.announced(events) }
        }
        let ticker = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pace)
                await self?.wake?.yield()
            }
        }
        current = await box.reader.snapshot()
        voice.tell(.started(assignments: (current.saved.value ?? nil)?.count ?? 0))
        wake.yield()
        for await _ in wakes { await pass() }
        ticker.cancel()
        withExtendedLifetime((lock, changes)) {}
    }

    /// Ends the guard once what it is at is done.
    public func stop() { wake?.finish() }

    /// A change of the guard itself that was cut short, or not all of which could be taken back, is
    /// taken back; one of an operator is not the guard's to touch.
    ///
    /// - Returns: whether none of its own is left.
    private func recoverOwn() async -> Bool {
        guard let record = try? box.applier.journal.read(), record.occasion != nil else {
            return true
        }
        return await box.applier.recover(record.id, finishes: false, by: "guard").outcome == .done
    }

    /// A change whose watch should have taken it back, but is gone, is not left to stand.
    private func settleOverdue() async {
        guard let settlement = await box.applier.settleOverdue(by: "guard") else { return }
        if settlement.outcome == .done { voice.tell(.settled(settlement.ending.rawValue)) }
    }

    private func announced(_ events: [KernelEvent]) {
        let now = Int(BootClock.milliseconds)
        trace.add(events, scanner.started(withinMilliseconds: 5000), at: now)
        if staleSince == nil { staleSince = now }
        // What nftables announces is read at every pass.
        isStale = isStale || events.contains { !$0.isOfNFTables }
        wake?.yield()
    }

    private var lastRouting = 0
    private var lastCloud = 0
    /// When to try again to take back what the guard began; `nil` where nothing is left of it.
    private var nextRecovery: Int?

    /// Reads what may have changed, and puts back what was lost.
    private func pass() async {
        let began = staleSince ?? Int(BootClock.milliseconds)
        var parts: Set<SnapshotPart> = [.nat, .sysctls, .saved, .pending, .sshPeers]
        let now = Int(BootClock.milliseconds)
        if let due = nextRecovery, now >= due {
            nextRecovery = await recoverOwn() ? nil : now + Self.recoveryPaceMilliseconds
        }
        if isStale || now - lastRouting > Self.routingPaceMilliseconds {
            if isStale { try? await Task.sleep(for: Self.settle) }
            parts.formUnion([.interfaces, .rules, .tables])
            lastRouting = now
            isStale = false
            staleSince = nil
        }
        let before = current.interfaces.value
        current = await box.reader.snapshot(parts, over: current)
        if current.pending.value != .some(nil) {
            await settleOverdue()
            current = await box.reader.snapshot([.pending], over: current)
        }
        // What the cloud tells hangs on the interfaces there are; early at boot it tells nothing.
        let isCloudDue =
            current.cloud.failure != nil && now - lastCloud > Self.cloudPaceMilliseconds
        if isCloudDue || current.interfaces.value?.map(\.mac) != before?.map(\.mac) {
            lastCloud = now
            current = await box.reader.snapshot([.cloud], over: current)
        }
        rememberGateways()
        rememberAssignments()
        guard isReadable, !isHolding, current.withoutFigures != settled else { return }
        for turn in 0..<4 where await mend(noticed: began) {
            // Something else may be mended by now that was refused before.
            current = await box.reader.snapshot(
                Set(SnapshotPart.allCases).subtracting([.cloud, .counters, .neighbours]),
                over: current)
            if turn == 3 { isStale = true }
        }
    }

    private func rememberGateways() {
        lastGateways.merge(Planner.gateways(on: current)) { _, new in new }
    }

    /// What is as the file says was agreed to by somebody; whatever goes of it from now on is lost.
    private func rememberAssignments() {
        let facts = BoxFacts(current)
        for assignment in facts.assignments
        where assignment.egress != nil
            && facts.saved(assignment.source)?.egress == assignment.egress
        {
            known.insert(assignment.source)
        }
        guard current.pending.value == .some(nil) else { return }
        voice.tellNotKept(facts.drift.filter { $0.kept == nil }.map(\.source))
    }

    /// What an SSH session comes from and nobody has agreed to yet: the guard cuts none by itself.
    private func cuts(_ plans: [Plan]) -> [IPv4Prefix] {
        plans.filter(\.mayCutSessions).flatMap { plan in
            plan.sources.filter { source in
                !known.contains(source)
                    && (plan.unknownSessions != nil
                        || plan.movesSessionsFrom.contains { source.contains($0) })
            }
        }
    }

    /// The gateways that can still be right: an interface in another network has another one.
    private var usableGateways: [String: IPv4Address] {
        lastGateways.filter { name, gateway in
            current.interface(name)?.addresses.contains { $0.network.contains(gateway) } ?? false
        }
    }

    private var isReadable: Bool {
        let failure = [
            current.interfaces.failure, current.rules.failure, current.tables.failure,
            current.nat.failure, current.saved.failure,
        ].compactMap { $0 }.first
        voice.tellFailure(failure)
        return failure == nil
    }

    private var isHolding: Bool {
        let change = current.pending.value ?? nil
        voice.tellHolding(change)
        return change != nil
    }

    /// Carries out the first plan that has something to do.
    ///
    /// - Returns: whether something was mended, so that the next may be looked at.
    private func mend(noticed began: Int) async -> Bool {
        let now = Int(BootClock.milliseconds)
        let wanted = GuardPlans(on: current, lastGateways: usableGateways)
        let cuts = cuts(wanted.plans)
        let refusals =
            wanted.refusals
            + cuts.map {
                PlanRefusal(
                    "\($0)", "SSH sessions of this box come from there, and the guard cuts none",
                    fix: "natdeck apply --yes-cut-my-session")
            }
        // What is mended now may make way for what is refused still.
        if wanted.plans.isEmpty || !cuts.isEmpty { voice.tellRefusals(refusals) }
        let losses = wanted.plans.flatMap(\.losses)
        let waiting = losses.filter { backoff.wait(for: $0, at: now) > 0 }
        tellWaiting(waiting, now)
        let postponed = waiting + cuts.map(Loss.rule)
        let possible =
            postponed.isEmpty
            ? wanted
            : GuardPlans(on: current, lastGateways: usableGateways, postponing: postponed)
        guard let plan = possible.plans.first else {
            // As long as nothing changes there is nothing to think about.
            if waiting.isEmpty { settled = current.withoutFigures }
            return false
        }
        let culprit = trace.culprit(
            scanner.started(withinMilliseconds: 5000), current.interfaces.value ?? [], at: now)
        var report = DriftReport(
            losses: plan.losses, culprit, result: .notRestored(""),
            isAsked: isAsked(plan.losses))
        guard let outcome = await apply(plan, because: report.cause) else { return false }
        if case .refused(let refusal) = outcome {
            // Somebody has begun a change, or the box is not as it was a moment ago: look again.
            voice.tellRefusal(refusal)
            return false
        }
        voice.tellRefusal(nil)
        backoff.attempted(plan.losses, at: Int(BootClock.milliseconds))
        switch outcome {
        case .done:
            report.result = .restored(milliseconds: Int(BootClock.milliseconds) - began)
        case .rolledBack(let failure): report.result = .notRestored("\(failure)")
        case .leftovers(let failure, _):
            nextRecovery = now
            report.result = .notRestored("\(failure), and not all could be taken back")
        case .notPermitted: report.result = .notRestored("the kernel does not permit it")
        default: report.result = .notRestored("the box keeps changing")
        }
        voice.tell(.drift(report))
        return outcome == .done
    }

    private func isAsked(_ losses: [Loss]) -> Bool {
        let sources = losses.compactMap { if case .rule(let source) = $0 { source } else { nil } }
        return !sources.isEmpty && known.isDisjoint(with: sources)
    }

    /// Carries out a plan; `nil` where there is nothing to do any more.
    private func apply(_ plan: Plan, because cause: String) async -> Outcome? {
        var plan = plan
        for _ in 0..<3 {
            let outcome = await box.applier.apply(plan, by: "guard", because: cause)
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
}

extension Snapshot {
    /// What can be lost, without what moves by itself all the time.
    fileprivate var withoutFigures: Snapshot {
        var still = self
        still.takenAtMilliseconds = 0
        still.counters = .failed(.unread)
        still.neighbours = .failed(.unread)
        still.sshPeers = .failed(.unread)
        still.nat = nat.map { sets in
            sets.map { set in
                var set = set
                for chain in set.chains.indices {
                    set.chains[chain].packets = nil
                    set.chains[chain].bytes = nil
                    for rule in set.chains[chain].rules.indices {
                        set.chains[chain].rules[rule].packets = 0
                        set.chains[chain].rules[rule].bytes = 0
                    }
                }
                return set
            }
        }
        return still
    }
}
