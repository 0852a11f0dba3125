import NATModel
import NATPlan

/// Keeps the box as it was kept: the file of assignments and what `setup` made.
///
/// It notices what is lost within a second and puts it back by plans like any other: first what keeps
/// a host from any other public address, then what lets it out by its own. It holds still for hosts of
/// a change that somebody is about to keep, and does not fight whoever deletes again and again.
public actor Guard {
    let box: LocalBox
    private let files: any HostFiles
    let scanner: ProcessScanner
    let following: Following
    var voice: GuardVoice

    var current = Snapshot.unread(hostName: "")
    var lastGateways: [String: IPv4Address] = [:]
    var backoff = DriftBackoff()
    var trace = DriftTrace()
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private(set) var isStopped = false
    /// Whether the kernel has announced something that was not read yet.
    private var isStale = true
    private var staleSince: Int?
    /// Whether somebody has changed what nftables holds since it was read.
    private var isNATStale = true
    /// The box as it was when there was nothing to do.
    var settled: Snapshot?
    /// The last file of assignments that could be read, which holds until the next one can.
    private var lastSaved: [SavedAssignment]??
    /// The sources that were seen to leave as they are kept, or were kept at an earlier boot.
    var known: Set<IPv4Prefix> = []
    private var lastRouting = 0
    private var lastCloud = 0
    private var lastSessions = 0
    /// When to try again to take back what the guard began; `nil` where nothing is left of it.
    var nextRecovery: Int?

    static let lockPath = Journal.folder + "/guard.lock"
    static let pace = Duration.seconds(1)
    /// How long a burst of announcements may go on before the box is read.
    private static let settle = Duration.milliseconds(20)
    /// Routes, rules and the gate are read again so often even where nothing was announced.
    private static let routingPaceMilliseconds = 10_000
    private static let cloudPaceMilliseconds = 30_000
    private static let sessionPaceMilliseconds = 5_000
    private static let recoveryPaceMilliseconds = 10_000

    /// How the names in the file are followed.
    public struct Following: Sendable {
        /// How often it is asked what they stand for, in seconds; `nil` for as often as it may cost.
        public var seconds: Int?
        /// The most hosts that a name may stand for.
        public var mostHosts: Int

        /// As often as it may cost, and 256 hosts, unless said otherwise.
        public init(seconds: Int? = nil, mostHosts: Int = 256) {
            self.seconds = seconds
            self.mostHosts = mostHosts
        }
    }

    /// A guard of this box that tells its news.
    public init(
        _ box: LocalBox, files: any HostFiles, following: Following = Following(),
        tell: @escaping @Sendable (GuardNews) -> Void
    ) {
        self.box = box
        self.following = following
        self.files = files
        scanner = ProcessScanner(files: files)
        voice = GuardVoice(tell: tell)
        // Made at once, so that a stop finds it at any moment.
        (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Guards until `stop`.
    ///
    /// - Parameters:
    ///   - isClosed: told once every kept host is closed or leaves by its own interface.
    ///   - pulse: told each time the guard has looked.
    /// - Throws: where another guard is running, or the lock cannot be taken.
    public func run(
        isClosed: @Sendable () -> Void = {}, pulse: @Sendable () -> Void = {}
    ) async throws(FileLock.Refusal) {
        let lock = try files.lock(Self.lockPath, holder: Operator(files: files).current.description)
        if await !recoverOwn() { nextRecovery = 0 }
        let changes = KernelChanges { [weak self] events in
            Task { await self?.announced(events) }
        }
        let ticker = Task { [weak self] in
            while !Task.isCancelled {
                // Nobody cancels it but the end of the guard.
                try? await Task.sleep(for: Self.pace)
                self?.wake.yield()
            }
        }
        let follower = Task { [weak self] in await self?.followNames() ?? () }
        await look()
        voice.tell(.started(assignments: (current.saved.value ?? nil)?.count ?? 0))
        isClosed()
        for await _ in wakes {
            if isStopped { break }
            await pass()
            pulse()
        }
        ticker.cancel()
        follower.cancel()
        withExtendedLifetime((lock, changes)) {}
    }

    /// Ends the guard once what it is at is done.
    public func stop() {
        isStopped = true
        wake.finish()
    }

    /// The first look closes what is kept before anything else is waited for: the cloud least of all.
    private func look() async {
        current = await box.reader.snapshot(
            SnapshotPart.routine.subtracting([.cloud, .counters, .flows, .conntrack]),
            over: nil)
        // What was kept before was agreed to by somebody; where a session comes from at this very
        // moment, that is asked again.
        if let peers = current.sshPeers.value {
            known.formUnion(
                ((current.saved.value ?? nil) ?? []).map(\.source).filter { source in
                    !peers.contains(where: source.contains)
                })
        }
        await pass()
    }

    /// A change of the guard itself that was cut short, or not all of which could be taken back, is
    /// taken back; one of an operator is not the guard's to touch.
    ///
    /// - Returns: whether none of its own is left.
    private func recoverOwn() async -> Bool {
        let record: ChangeRecord?
        do throws(ReadFailure) { record = try box.guardian.journal.read() } catch {
            // One that cannot be read is moved aside by the next change.
            return true
        }
        guard let record else { return true }
        return await box.guardian.recover(record.id, finishes: false, by: "guard").outcome.isDone
    }

    /// A change whose watch should have taken it back, but is gone, is not left to stand.
    private func settleOverdue() async {
        guard let settlement = await box.applier.settleOverdue(by: "guard") else { return }
        if settlement.outcome.isDone { voice.tell(.settled(settlement.ending.rawValue)) }
    }

    private func announced(_ events: [KernelEvent]) {
        let now = Int(BootClock.milliseconds)
        trace.add(events, scanner.started(withinMilliseconds: 5000), at: now)
        if staleSince == nil { staleSince = now }
        // What nftables announces concerns the nat table and the gate alone.
        if events.isEmpty || events.contains(where: { !$0.isOfNFTables }) { isStale = true }
        if events.isEmpty || events.contains(where: \.isOfNFTables) { isNATStale = true }
        wake.yield()
    }

    /// Reads what may have changed, and puts back what was lost.
    private func pass() async {
        let began = staleSince ?? Int(BootClock.milliseconds)
        await read()
        guard isReadable else { return }
        guard current.withoutFigures != settled else { return trace.forgetAuthors(until: began) }
        rememberGateways()
        rememberAssignments()
        for turn in 0..<6 where await mend(noticed: began) {
            // Something else may be mended by now that was refused before.
            current = await box.reader.snapshot(
                SnapshotPart.routine.subtracting([
                    .cloud, .counters, .neighbours, .flows, .conntrack, .sshPeers,
                ]),
                over: current)
            useLastSaved()
            if turn == 5 { isStale = true }
        }
    }

    private func read() async {
        let now = Int(BootClock.milliseconds)
        if let due = nextRecovery, now >= due {
            nextRecovery = await recoverOwn() ? nil : now + Self.recoveryPaceMilliseconds
        }
        var parts: Set<SnapshotPart> = [.sysctls, .saved, .pending]
        if isNATStale || isNATUnannounced || now - lastRouting > Self.routingPaceMilliseconds {
            isNATStale = false
            staleSince = nil
            parts.insert(.nat)
        }
        if isStale || now - lastRouting > Self.routingPaceMilliseconds {
            if isStale, lastRouting > 0 { try? await Task.sleep(for: Self.settle) }
            parts.formUnion([.interfaces, .rules, .tables])
            lastRouting = now
            isStale = false
            staleSince = nil
        }
        // Who is logged in matters where something waits for a session to end.
        if voice.isWaiting, now - lastSessions > Self.sessionPaceMilliseconds / 5 {
            lastSessions = now
            parts.insert(.sshPeers)
        }
        let before = current.interfaces.value
        current = await box.reader.snapshot(parts, over: current)
        if current.pending.value != .some(nil) {
            await settleOverdue()
            // The file too: a change that has ended meanwhile has written it before. What was taken
            // back is not so any more, and nothing is planned on how it was.
            current = await box.reader.snapshot(
                [.pending, .saved, .sysctls, .interfaces, .rules, .tables], over: current)
        }
        // What the cloud tells hangs on the interfaces there are; early at boot it tells nothing.
        let isCloudDue =
            current.cloud.failure != nil && now - lastCloud > Self.cloudPaceMilliseconds
        if isCloudDue || current.interfaces.value?.map(\.mac) != before?.map(\.mac) {
            lastCloud = now
            current = await box.reader.snapshot([.cloud], over: current)
        }
        useLastSaved()
    }

    /// Whether a nat table is one whose changes the kernel announces to nobody.
    private var isNATUnannounced: Bool {
        current.nat.value?.contains { $0.backend == .legacy && $0.hasRules } ?? true
    }

    /// One mistyped line does not switch the guard off: what could be read last goes on, and that is
    /// said.
    private func useLastSaved() {
        switch current.saved {
        case .value(let saved): lastSaved = .some(saved)
        case .failed(let failure):
            voice.tellStale(failure, at: Int(BootClock.milliseconds))
            if let lastSaved { current.saved = .value(lastSaved) }
        }
    }

    private func rememberGateways() {
        lastGateways.merge(Planner.gateways(on: current)) { _, new in new }
    }

    /// An assignment seen in force as the file says counts as agreed: if it disappears later, that is
    /// a loss, and may be restored without asking.
    private func rememberAssignments() {
        let facts = BoxFacts(current)
        for assignment in facts.assignments
        where assignment.egress != nil
            && facts.saved(assignment.source)?.egress.interface == assignment.egress
        {
            known.insert(assignment.source)
        }
        guard current.pending.value == .some(nil) else { return }
        // What a name stood for goes by itself.
        let former = Set(current.formerSources)
        voice.tellNotKept(
            facts.drift.filter { $0.kept == nil && !former.contains($0.source) }.map(\.source))
    }

    /// The nat table is not asked for here: rules and routes are put back without it.
    private var isReadable: Bool {
        let failure = [
            current.interfaces.failure, current.rules.failure, current.tables.failure,
            current.saved.failure,
        ].compactMap { $0 }.first
        voice.tellFailure(failure ?? current.nat.failure)
        voice.tellUngated(current.gate.failure)
        return failure == nil
    }
}
