public import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// Keeps reading the box, each source at its own pace, and tells every time something was read.
///
/// A source that hangs holds up itself alone.
public actor BoxWatcher {
    private let reader: SnapshotReader
    private let post: @Sendable (Snapshot, Set<SnapshotPart>) -> Void
    private let tell: @Sendable ([KernelEvent]) -> Void
    private var current: Snapshot
    private var interval: Duration
    private var underWay: [Lane: Task<Void, Never>] = [:]
    private var wanted: Set<Lane> = []
    private var isStopped = false
    /// When each lane was last due.
    private var due: [Lane: ContinuousClock.Instant] = [:]
    private var changes: KernelChanges?
    /// Flows take at most a twentieth of a processor.
    private var flowsNotBefore = ContinuousClock.now
    private static let pausePerReading = 19
    /// How often in a row the cloud has refused: it may be up later than the box.
    private var cloudRefusals = 0

    /// Parts that are read together, at one pace.
    private enum Lane: CaseIterable {
        /// What moves all the time: every tick, together, so that one drawing shows all of it.
        case figures
        /// Those of them that no program stands behind: where iptables is not to be waited for.
        case counters
        /// Flows: the kernel's table may be long, so it is read the less often the longer it is.
        case flows
        /// What the kernel announces when it changes.
        case routing
        /// What it does not announce, and no program is needed for.
        case settings
        /// Who is logged in: the kernel walks its whole table of sockets, which takes milliseconds.
        case sessions
        /// What the cloud tells.
        case cloud
        /// Files that change with what is installed on the box.
        case environment

        var parts: Set<SnapshotPart> {
            switch self {
            case .figures: [.counters, .conntrack, .neighbours, .pending, .saved, .nat]
            case .counters: [.counters, .conntrack, .neighbours, .pending, .saved]
            case .flows: [.flows]
            case .routing: [.interfaces, .rules, .tables, .sysctls]
            case .settings: [.sysctls]
            case .sessions: [.sshPeers]
            case .cloud: [.cloud]
            case .environment: [.environment, .forward]
            }
        }

        /// How long after a reading the next one is due; `nil` for one that is not due by time.
        func pause(_ interval: Duration, isAnnounced: Bool) -> Duration? {
            switch self {
            case .figures: interval
            case .counters: nil
            case .flows: interval
            // Now and then all the same, should an announcement ever be missing.
            case .routing: isAnnounced ? .seconds(60) : max(interval, .seconds(5))
            case .settings: max(interval, .seconds(5))
            case .sessions, .cloud: .seconds(60)
            case .environment: max(interval, .seconds(30))
            }
        }
    }

    /// A watcher that is ticked at this interval and posts what is known, and which parts are new
    /// in it.
    ///
    /// - Parameter tell: is told what the kernel announces, before what it changed is read.
    public init(
        _ reader: SnapshotReader, interval: Duration,
        tell: @escaping @Sendable ([KernelEvent]) -> Void = { _ in },
        post: @escaping @Sendable (_ snapshot: Snapshot, _ readNow: Set<SnapshotPart>) -> Void
    ) {
        self.tell = tell
        self.reader = reader
        self.interval = interval
        self.post = post
        current = .unread(hostName: SnapshotReader.hostName)
    }

    /// Begins: reads everything now, then what is due at each tick.
    public func start() {
        guard due.isEmpty else { return }
        rereadAll()
        read(.cloud)
        changes = KernelChanges { [weak self] events in
            Task { await self?.announced(events) }
        }
        let begun = ContinuousClock.now
        due = Dictionary(uniqueKeysWithValues: Lane.allCases.map { ($0, begun) })
    }

    /// Reads what is due; for whoever keeps time, once an interval.
    public func tick() {
        let now = ContinuousClock.now
        for lane in Lane.allCases {
            // A tick that comes a little early must not skip a turn.
            guard let pause = pause(of: lane),
                let last = due[lane], now - last > pause - interval / 2
            else { continue }
            due[lane] = now
            if lane == .flows, underWay[.flows] != nil || now < flowsNotBefore { continue }
            if lane == .figures, underWay[.figures] != nil {
                read(.counters)
            } else {
                read(lane)
            }
        }
    }

    private func pause(of lane: Lane) -> Duration? {
        let pause = lane.pause(interval, isAnnounced: changes != nil)
        guard lane == .cloud, cloudRefusals > 0 else { return pause }
        // 5, 10, 20, 40 seconds, then as ever.
        return min(pause ?? .seconds(60), .seconds(5 << min(cloudRefusals - 1, 4)))
    }

    /// Stops reading, and waits until no program it started is left.
    public func stop() async {
        isStopped = true
        changes = nil
        for task in underWay.values { task.cancel() }
        for task in underWay.values { await task.value }
    }

    /// Is ticked at this interval from now on.
    public func setInterval(_ interval: Duration) {
        self.interval = interval
    }

    /// Reads everything now.
    ///
    /// - Parameter withCloud: whether the cloud is asked too, also where it was asked a moment ago.
    public func rereadAll(withCloud: Bool = false) {
        if withCloud {
            cloudRefusals = 0
            Task {
                await reader.forgetCloud()
                read(.cloud)
            }
        }
        // Whether a change is pending must not wait for iptables: the next plan asks for it.
        for lane in [Lane.counters, .figures, .routing, .flows, .sessions, .environment] {
            read(lane)
        }
    }

    private func announced(_ events: [KernelEvent]) {
        tell(events)
        // Nat rules are read at every tick.
        if !events.allSatisfy(\.isOfNFTables) { read(.routing) }
    }

    /// Reads a lane, or once more after the reading that is under way.
    private func read(_ lane: Lane) {
        guard !isStopped else { return }
        guard underWay[lane] == nil else {
            wanted.insert(lane)
            return
        }
        underWay[lane] = Task {
            let begun = ContinuousClock.now
            let fresh = await reader.snapshot(lane.parts, over: current)
            if lane == .flows {
                let ended = ContinuousClock.now
                flowsNotBefore = ended + (ended - begun) * Self.pausePerReading
            }
            take(fresh, of: lane)
        }
    }

    private func take(_ fresh: Snapshot, of lane: Lane) {
        current.adopt(lane.parts, from: fresh)
        if lane == .cloud { cloudRefusals = fresh.cloud.value == nil ? cloudRefusals + 1 : 0 }
        post(current, lane.parts)
        underWay[lane] = nil
        if wanted.remove(lane) != nil { read(lane) }
    }
}
