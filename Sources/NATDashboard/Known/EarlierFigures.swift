internal import NATModel

/// The figures of ten to twenty seconds ago, by which it is told what grows now.
///
/// A shorter time would make a problem of a single packet, and have it gone with the next reading.
struct EarlierFigures: Sendable {
    private var older: Snapshot?
    private var newer: Snapshot?

    private static let spanMilliseconds: Int64 = 10_000

    /// A box of which only these figures are known; `nil` before there was a reading.
    var snapshot: Snapshot? { older ?? newer }

    /// Takes a reading, after it was compared with what was known.
    mutating func take(_ snapshot: Snapshot) {
        guard let last = newer else {
            newer = Self.figures(of: snapshot)
            return
        }
        let age = snapshot.takenAtMilliseconds - last.takenAtMilliseconds
        // Somebody may have set the clock back.
        if age < 0 { self = EarlierFigures() }
        guard age < 0 || age >= Self.spanMilliseconds else { return }
        older = newer
        newer = Self.figures(of: snapshot)
    }

    /// The figures alone: rules and tables of the past would only be kept in memory.
    private static func figures(of snapshot: Snapshot) -> Snapshot {
        var figures = Snapshot.unread(hostName: "")
        figures.takenAtMilliseconds = snapshot.takenAtMilliseconds
        figures.counters = snapshot.counters
        figures.conntrack = snapshot.conntrack
        figures.flows = snapshot.flows.map { FlowTotals(ports: $0.ports) }
        return figures
    }
}
