public import FoundationEssentials
public import NATModel
public import NATPlan

/// A change that is under way or awaits its keep, as the journal holds it.
///
/// It says all that is needed to take the change back without the process that began it.
public struct ChangeRecord: Codable, Hashable, Sendable {
    /// A name for this change that no other has.
    public var id: String
    /// What is done, with the inverse of every step.
    public var plan: Plan
    /// Who began it.
    public var author: Author
    /// When it began.
    public var startedAt: Date
    /// How far it is.
    public var phase: Phase
    /// How each source of the plan left before; one that was not assigned is absent.
    public var before: [IPv4Prefix: Egress]
    /// What the file of assignments kept of each source of the plan before; one it did not name is
    /// absent. `nil` where the file could not be read.
    public var keptBefore: [IPv4Prefix: Egress]?
    /// The change it undoes, by name; `nil` for a change in its own right.
    public var undoes: String?
    /// How long it waits for its keep, in seconds; `nil` where it is kept at once.
    public var keepWithinSeconds: Int?
    /// Why it is made; `nil` where the plan says it all.
    public var occasion: String?
    /// The boot it was begun in: what it did to the kernel and the time it waits until are gone
    /// with that boot. Source: `/proc/sys/kernel/random/boot_id`.
    public var boot: String?
    /// Whether the history has been told that not all of it could be taken back.
    var isToldOfLeftovers: Bool?

    /// How far a change is.
    public enum Phase: Codable, Hashable, Sendable {
        /// The steps before these are taken; each of these may be.
        case applying(steps: Range<Int>)
        /// All steps are taken and verified; at this time it is taken back.
        ///
        /// Milliseconds of the clock since boot, which neither jumps nor stops in sleep.
        case awaitingKeep(untilBootMilliseconds: Int64)
        /// It is kept, by whom is said; that it is remembered is not written down yet.
        case keeping(by: String)
        /// The steps from this one on are taken back; of those before it any may still stand.
        case takingBack(step: Int)
    }

    /// Whoever makes a change.
    public struct Author: Codable, Hashable, Sendable, CustomStringConvertible {
        /// The login name.
        public var login: String
        /// Where the login comes from; `nil` for a login at the box itself.
        public var sshPeer: IPv4Address?
        /// The process.
        public var process: Int32

        /// `root from 198.51.100.7`.
        public var person: String { login + (sshPeer.map { " from \($0)" } ?? "") }

        /// `root from 198.51.100.7 (process 4711)`.
        public var description: String { "\(person) (process \(process))" }
    }

    /// When it began, by the clock since boot; its name begins so.
    var begunBootMilliseconds: Int64? { Int64(id.prefix { $0.isNumber }) }

    /// A change that is about to begin on the box as it is.
    init(
        _ plan: Plan, on snapshot: Snapshot, by author: Author, undoes: String?,
        keepWithinSeconds: Int?
    ) {
        self.author = author
        id = "\(BootClock.milliseconds)-\(author.process)"
        self.plan = plan
        startedAt = Date()
        phase = .applying(steps: 0..<0)
        let sources = Set(plan.sources)
        // One of ten thousand is found without a hash of each.
        let only = sources.count == 1 ? sources.first : nil
        func isNamed(_ source: IPv4Prefix) -> Bool {
            only.map { $0 == source } ?? sources.contains(source)
        }
        let isOfAll = plan.intent == .removeAll
        let addresses = (snapshot.gate.value ?? nil)?.addresses?.egresses ?? [:]
        func given(_ source: IPv4Prefix, _ interface: String) -> [IPv4Address] {
            addresses[source].map { $0.interface == interface ? $0.addresses : [] } ?? []
        }
        before = Dictionary(
            snapshot.steerings { isOfAll || isNamed($0) }.compactMap { steering in
                guard isNamed(steering.source) || steering.isOwned else { return nil }
                return steering.egress.map {
                    (steering.source, Egress($0, addresses: given(steering.source, $0)))
                }
            }, uniquingKeysWith: { first, _ in first })
        keptBefore = snapshot.saved.value.map { saved in
            Dictionary(
                (saved ?? []).lazy.filter { isNamed($0.source) }.map { ($0.source, $0.egress) },
                uniquingKeysWith: { first, _ in first })
        }
        self.undoes = undoes
        self.keepWithinSeconds = keepWithinSeconds
    }
}
