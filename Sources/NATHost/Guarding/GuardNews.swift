public import NATModel
public import NATPlan

/// What the guard has to tell.
public enum GuardNews: Hashable, Sendable, CustomStringConvertible {
    /// It watches now; so many assignments are kept.
    case started(assignments: Int)
    /// Something was lost.
    case drift(DriftReport)
    /// This part of what was kept cannot be brought back now.
    case cannot(PlanRefusal)
    /// All that could not be brought back is back.
    case complete
    /// These leave by rules of ours that the file of assignments does not name.
    case notKept([IPv4Prefix])
    /// A change whose watch is gone was settled.
    case settled(String)
    /// Somebody makes a change: the guard holds still until it is kept or taken back.
    case holding(PendingChange)
    /// The file of assignments cannot be read, and what it said before goes on.
    case stale(ReadFailure)
    /// A name was answered again, or not so that it could be believed.
    case followed(FollowedName)
    /// Part of the box cannot be read.
    case unreadable(ReadFailure)
    /// The kernel has no gate: between a loss and its mending hosts may leave otherwise.
    case ungated(ReadFailure)

    /// The news in one line.
    public var description: String {
        switch self {
        case .started(let count):
            "watching over \(count) kept assignment\(count == 1 ? "" : "s")"
        case .drift(let report): report.description
        case .cannot(let refusal): "waiting: \(refusal)"
        case .complete: "everything is as it was kept again"
        case .notKept(let sources):
            Self.names(sources) + ": assigned, and not in"
                + " \(SavedAssignment.path); natdeck save keeps it, natdeck apply releases it"
        case .settled(let what): "a change whose watch is gone: \(what)"
        case .holding(let change): "holding still: \(change.title), by \(change.author)"
        case .stale(let failure): "cannot see: \(failure); what was kept before goes on"
        case .followed(let name): Self.text(name)
        case .unreadable(let failure): "cannot see: \(failure)"
        case .ungated(let failure):
            "hosts are kept by rules alone, for there is no gate: \(failure)"
        }
    }

    private static func text(_ name: FollowedName) -> String {
        let hosts = Self.names(name.hosts.map { IPv4Prefix($0.address) })
        let what = "\(name.name)".strippedOfControls
        guard let trouble = name.trouble else {
            return "\(what): told again: \(hosts.isEmpty ? "no host" : hosts)"
        }
        let rest = hosts.isEmpty ? "nothing is known of it yet" : "it goes on as \(hosts)"
        return "\(what): \(trouble): \(rest)"
    }

    /// Sources in one line; of very many the first.
    private static func names(_ sources: [IPv4Prefix]) -> String {
        let shown = sources.prefix(8).map(\.description).joined(separator: ", ")
        return sources.count > 8 ? "\(shown) and \(sources.count - 8) more" : shown
    }
}
