public import NATModel

/// Looks a box over. It reads nothing itself: all it knows is in the snapshot.
public enum Doctor {
    /// Every check, the worst first; of equals in the order in which a packet meets them.
    ///
    /// - Parameter earlier: the same box some time before, by which it is told what grows; `nil`
    ///   where there is no other reading.
    public static func checks(of snapshot: Snapshot, since earlier: Snapshot? = nil) -> [Check] {
        worstFirst(all(BoxFacts(snapshot), since: earlier))
    }

    /// Every check in the order in which a packet meets them.
    public static func all(_ facts: BoxFacts, since earlier: Snapshot? = nil) -> [Check] {
        let patient = Patient(facts, since: earlier)
        var checks = readings(patient) + [change(patient)].compactMap { $0 }
        checks += [
            forwarding(patient), redirects(patient), reversePath(patient), ownNetworks(patient),
            closedTables(patient), openTables(patient), backstops(patient), staleTables(patient),
            platformTables(patient), foreignRuleKeeper(patient), duplicateRules(patient),
            shadowedRules(patient), doubtfulRules(patient), sharedBand(patient),
            manyHostRules(patient),
            assignedSources(patient), egressNAT(patient), backends(patient),
            forwardDrops(patient), foreignAddresses(patient), ipv6(patient),
            shorterPackets(patient), duplicateNAT(patient), sharedCounters(patient),
            savedRules(patient),
            conntrackRoom(patient), accounting(patient),
            conntrackLosses(patient), portsTaken(patient), queueDrops(patient),
            allowances(patient), saturation(patient), probes(patient),
            savedParameters(patient), differingAssignments(patient), savedAssignments(patient),
            service(patient), keptConnections(patient), sharedMarkBits(patient),
        ]
        let names = [
            givenAddresses(patient), followedNames(patient), overlappingNames(patient),
        ].compactMap(\.self)
        return checks + names + cloud(patient)
    }

    /// Those of them that figures decide which move with every reading.
    public static func moving(_ facts: BoxFacts, since earlier: Snapshot?) -> [Check] {
        let patient = Patient(facts, since: earlier)
        return [
            conntrackRoom(patient), conntrackLosses(patient), portsTaken(patient),
            queueDrops(patient), allowances(patient), saturation(patient),
        ]
    }

    /// Checks with the worst in front.
    public static func worstFirst(_ checks: [Check]) -> [Check] {
        // Sorted by hand: sort(by:) does not promise to keep the order of equals.
        Check.Status.allCases.flatMap { status in checks.filter { $0.status == status } }
    }
}

extension Snapshot {
    /// What the doctor finds on this box, the worst first.
    public var checks: [Check] { Doctor.checks(of: self) }

    /// What the operator should know: the checks that found something.
    public var problems: [Problem] { checks.compactMap(Problem.init) }
}

extension Problem {
    /// The problem a check found; `nil` where it found none.
    ///
    /// A check that could not be made is none itself: the part that could not be read is.
    public init?(_ check: Check) {
        let severity: Severity
        switch check.status {
        case .error: severity = .error
        case .warning: severity = .warning
        case .info: severity = .info
        case .ok, .unknown: return nil
        }
        self.init(check.id, severity, check.summary, fix: check.fix)
    }
}

/// A box with what several checks need to know of it, worked out once.
struct Patient {
    let facts: BoxFacts
    let tables: [Int: FIBTable]
    /// The same box some time before; `nil` where there is no other reading.
    let earlier: Snapshot?

    init(_ facts: BoxFacts, since earlier: Snapshot? = nil) {
        self.earlier = earlier
        self.facts = facts
        let snapshot = facts.snapshot
        tables = Dictionary(
            (snapshot.tables.value ?? []).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    var snapshot: Snapshot { facts.snapshot }
    var egresses: [EgressInterface] { facts.egresses }
    var assignments: [Assignment] { facts.assignments }
    var environment: Environment { snapshot.environment }

    /// The time between the two readings, in milliseconds; 0 where there is one.
    var spanMilliseconds: Int64 {
        earlier.map { snapshot.takenAtMilliseconds - $0.takenAtMilliseconds } ?? 0
    }

    /// That time in words.
    var spanText: String {
        spanMilliseconds < 1000 ? "\(spanMilliseconds) ms" : "\(spanMilliseconds / 1000) s"
    }

    /// Why the first of these parts could not be read; `nil` where all could.
    func failure(of parts: SnapshotPart...) -> ReadFailure? {
        parts.lazy.compactMap { snapshot.failure(of: $0) }.first
    }
}
