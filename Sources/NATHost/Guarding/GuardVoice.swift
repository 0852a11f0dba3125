import NATModel
import NATPlan

/// Tells the guard's news, each once and not every second.
struct GuardVoice: Sendable {
    let tell: @Sendable (GuardNews) -> Void

    private var refusals: [PlanRefusal] = []
    private var refusal: PlanRefusal?
    private var failure: ReadFailure?
    private var pending: String?
    private var ungated: ReadFailure?
    private var notKept: [IPv4Prefix] = []
    private var staleToldAt: Int?
    private var troubles: [SourceName: String] = [:]

    /// Whether something waits for a session to end.
    var isWaiting = false

    /// How often it is said that an older file of assignments goes on.
    private static let staleMilliseconds = 60_000

    init(tell: @escaping @Sendable (GuardNews) -> Void) { self.tell = tell }

    /// What cannot be brought back now; none where all is back.
    mutating func tellRefusals(_ new: [PlanRefusal]) {
        for refusal in new where !refusals.contains(refusal) { tell(.cannot(refusal)) }
        if new.isEmpty, !refusals.isEmpty { tell(.complete) }
        refusals = new
    }

    /// Why a plan was not carried out; `nil` where one was.
    mutating func tellRefusal(_ new: PlanRefusal?) {
        if let new, new != refusal { tell(.cannot(new)) }
        refusal = new
    }

    /// What cannot be read; `nil` where all can.
    mutating func tellFailure(_ new: ReadFailure?) {
        if let new, new != failure { tell(.unreadable(new)) }
        failure = new
    }

    /// Why there can be no gate; `nil` where there can.
    mutating func tellUngated(_ new: ReadFailure?) {
        if let new, new != ungated { tell(.ungated(new)) }
        ungated = new
    }

    /// The change the guard holds still for; `nil` where there is none.
    mutating func tellHolding(_ change: PendingChange?) {
        if let change, change.id != pending { tell(.holding(change)) }
        pending = change?.id
    }

    /// What is assigned and not kept.
    mutating func tellNotKept(_ sources: [IPv4Prefix]) {
        if !sources.isEmpty, sources != notKept { tell(.notKept(sources)) }
        notKept = sources
    }

    /// What is known of the names that are followed: trouble is told when it begins and when it ends.
    mutating func tellFollowed(_ names: [FollowedName]) {
        for name in names where name.trouble != troubles[name.name] {
            tell(.followed(name))
        }
        troubles = Dictionary(
            names.compactMap { name in name.trouble.map { (name.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The file of assignments cannot be read, and what it said before goes on.
    mutating func tellStale(_ failure: ReadFailure, at now: Int) {
        if let last = staleToldAt, now - last < Self.staleMilliseconds { return }
        staleToldAt = now
        tell(.stale(failure))
    }
}
