internal import NATDoctor
internal import NATModel

/// What is known of the box: the last good value of every part, and what follows from them.
struct Observed: Sendable {
    /// What follows from the last snapshot; `nil` before anything was read.
    private(set) var derived: Derived?
    private var deriver = Deriver()
    /// The last good value of each part; `nil` before anything was read.
    var snapshot: Snapshot? { derived?.snapshot }
    /// How fresh each part is.
    private(set) var freshness: [SnapshotPart: Freshness] = [:]
    /// What follows from it.
    var facts: BoxFacts? { derived?.facts }
    /// The interfaces hosts can leave by.
    var egress: [EgressInterface] { facts?.egresses ?? [] }
    /// The sources, and which way each leaves.
    var hosts: [HostEntry] { derived?.hosts ?? [] }
    /// The same by name alone.
    var sources: [IPv4Prefix] { derived?.sources ?? [] }
    /// How many snapshots it has taken, by which what is derived from it is known to be out of date.
    private(set) var generation = 0
    /// The change that is neither kept nor taken back; `nil` where there is none.
    private(set) var pending: Pending?
    /// What the doctor finds, the worst first.
    var checks: [Check] { derived?.checks ?? [] }
    /// The checks that found something the operator should mend.
    ///
    /// What is not in the files yet because a change awaits its keep is none: the change asks for
    /// that itself, on a line of its own.
    var problems: [Problem] {
        checks.filter { !waitsForKeep($0) }.compactMap(Problem.init).filter {
            $0.severity != .info
        }
    }

    /// Whether a check found what a change that awaits its keep asks for itself.
    func waitsForKeep(_ check: Check) -> Bool {
        pending?.deadlineMilliseconds != nil && check.status != .ok
            && Self.waitsForKeep.contains(check.id)
    }
    private static let waitsForKeep: Set<String> = [
        "change-awaits-keep", "assignments-not-saved", "assignments-differ", "service-missing",
        "parameters-not-saved",
    ]
    /// What the flows of hosts do per second.
    private(set) var flows = FlowRates()
    /// How full each interface is, by its kernel index.
    private(set) var loads: [Int: EgressLoad] = [:]
    /// What leaves with each own address.
    private(set) var addressLoads: [IPv4Address: AddressLoad] = [:]
    /// The egresses that there are to choose among, in order.
    var offered: [OfferedEgress] {
        let used = Set(addressLoads.lazy.filter { $0.value.hosts > 0 }.map(\.key))
        return egress.flatMap { OfferedEgress.all(of: $0, used: used) }
    }
    /// Figures by interface.
    private(set) var traffic: [Traffic.Identity: Traffic] = [:]
    /// New connections by row of the NAT view.
    private(set) var natRows = NATRows()
    /// What natdeck ran, and what happened on the box.
    var log = LogBook()
    /// What the kernel announced, until the reading that it made necessary.
    private var announced: [KernelEvent] = []
    /// When the last snapshot was read, in milliseconds of the monotonic clock.
    private(set) var readAtMilliseconds: Int64 = 0

    /// Takes the parts that were read now; one that failed keeps its last good value.
    ///
    /// - Parameter derived: what follows from all that was read; `nil` where that is to be worked
    ///   out here.
    mutating func take(
        _ parts: Set<SnapshotPart>, of new: Snapshot, derived: Derived?, atMilliseconds now: Int64
    ) {
        for part in parts { note(part, new.failure(of: part), now) }
        let (old, oldHosts) = (snapshot, hosts)
        self.derived = derived ?? deriver.derive(new, parts)
        if parts.contains(.pending) { takePending(new.pending.value ?? nil, now) }
        readAtMilliseconds = now
        if parts.contains(.flows), let totals = new.flows.value {
            flows.take(totals, atMilliseconds: now)
        }
        generation += 1
        var changed = parts
        if parts.contains(.nat), !measureNAT(new, atMilliseconds: now) { changed.remove(.nat) }
        if let old { noteDeeds(parts, changed, from: old, oldHosts) }
        measureTraffic(new, parts, atMilliseconds: now)
        addressLoads = AddressLoad.all(self)
        loads = Dictionary(
            egress.map { ($0.interface.index, EgressLoad($0, self)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What is known of exactly this source; `nil` where it is not listed.
    func host(_ source: IPv4Prefix) -> HostEntry? {
        derived.flatMap { derived in derived.places[source].map { derived.hosts[$0] } }
    }

    /// Takes what the kernel announced; it is told once what followed from it was read.
    mutating func announce(_ events: [KernelEvent]) {
        announced += events
        if announced.count > Self.mostAnnounced { announced.removeFirst(announced.count / 2) }
    }
    private static let mostAnnounced = 10_000

    /// Notes what was done to the box between two readings.
    private mutating func noteDeeds(
        _ parts: Set<SnapshotPart>, _ changed: Set<SnapshotPart>, from old: Snapshot,
        _ oldHosts: [HostEntry]
    ) {
        guard let new = snapshot else { return }
        let maker = DeedMaker(from: old, to: new)
        var deeds: [Deed] = []
        let isRouting = !parts.isDisjoint(with: [.rules, .tables, .interfaces])
        let mine = announced.filter { $0.isOfNFTables ? changed.contains(.nat) : isRouting }
        let isOwn = !mine.isEmpty && mine.allSatisfy { $0.author?.isNatdeck == true }
        if isRouting {
            deeds += maker.links(mine) + maker.deeds(mine)
            announced.removeAll { !$0.isOfNFTables }
        }
        if parts.contains(.sysctls) { deeds += maker.parameters }
        if changed.contains(.nat) {
            deeds += maker.natRows(by: mine.first(where: \.isOfNFTables)?.author)
        }
        if parts.contains(.nat) { announced.removeAll(where: \.isOfNFTables) }
        let isChanging = (new.pending.value ?? nil) != nil || (old.pending.value ?? nil) != nil
        if isRouting, !isOwn, let (text, sources) = DeedMaker.effect(from: oldHosts, to: self) {
            if deeds.isEmpty {
                // Whose change that is, its own entry in the history tells.
                if !isChanging { deeds = [Deed(what: text, sources: sources)] }
            } else {
                // Told last, and so shown first: it is what somebody will look for.
                var cause = deeds.removeFirst()
                (cause.effect, cause.sources) = (text, sources)
                deeds.append(cause)
            }
        }
        log.add(deeds, atMilliseconds: new.takenAtMilliseconds)
    }

    /// How many sources are to leave by this interface, and how many of them are otherwise than they
    /// should be.
    func hostCounts(of interface: String) -> (all: Int, exceptions: Int) {
        derived?.counts[interface] ?? (0, 0)
    }

    /// Whether rules and tables were read, so that it can be said which way a source leaves.
    var knowsWays: Bool { snapshot?.rules.value != nil && snapshot?.tables.value != nil }

    /// Complaints about these parts, each with its age.
    func complaints(_ parts: [SnapshotPart], atMilliseconds now: Int64) -> [String] {
        var seen: Set<String> = []
        return parts.compactMap { freshness[$0]?.complaint(atMilliseconds: now) }
            .filter { seen.insert($0).inserted }
    }

    /// Takes notice that no change is pending any more.
    mutating func endPending() { pending = nil }

    private mutating func takePending(_ change: PendingChange?, _ now: Int64) {
        log.take(pending: change, atMilliseconds: snapshot?.takenAtMilliseconds ?? 0)
        pending = change.map { change in
            guard case .awaitsKeep(let remaining) = change.state else {
                return Pending(change: change)
            }
            return Pending(change: change, deadlineMilliseconds: now + remaining)
        }
    }

    /// Whether this part was ever read well.
    func isKnown(_ part: SnapshotPart) -> Bool { freshness[part]?.readAtMilliseconds != nil }

    /// What to say of a part in which nothing is: that, or that nobody knows.
    func nothing(_ parts: SnapshotPart..., is text: String) -> String {
        if !parts.allSatisfy(hasTried) { return "reading…" }
        return parts.allSatisfy(isKnown) ? text : "unknown: it cannot be read"
    }

    /// Whether anybody has tried to read this part yet.
    func hasTried(_ part: SnapshotPart) -> Bool { freshness[part] != nil }

    private mutating func note(_ part: SnapshotPart, _ failure: ReadFailure?, _ now: Int64) {
        if let failure {
            freshness[part, default: Freshness()].failure = failure
        } else {
            freshness[part] = Freshness(readAtMilliseconds: now, failure: nil)
        }
    }

    private mutating func measureTraffic(
        _ new: Snapshot, _ parts: Set<SnapshotPart>, atMilliseconds now: Int64
    ) {
        var measured: [Traffic.Identity: Traffic] = [:]
        for nic in egress {
            let key = Traffic.Identity(nic.interface)
            var figures = traffic[key] ?? Traffic()
            if parts.contains(.counters) {
                figures.add(new.counters.value?[nic.interface.name], atMilliseconds: now)
            }
            measured[key] = figures
        }
        traffic = measured
    }

    /// By what a view with marks that fade knows that they look otherwise now: readings make it
    /// anew anyway, so this moves only where the next one is far.
    func fading(atMilliseconds now: Int64) -> Int64 {
        guard now - readAtMilliseconds > 1500, now - natRows.movedAtMilliseconds < 6000 else {
            return 0
        }
        return now / 1000
    }

    /// - Returns: whether there are other rules than before.
    private mutating func measureNAT(_ new: Snapshot, atMilliseconds now: Int64) -> Bool {
        guard let sets = snapshot?.nat.value else { return false }
        return natRows.take(sets, isFresh: new.nat.value != nil, atMilliseconds: now)
    }
}
