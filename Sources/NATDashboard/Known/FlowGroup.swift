internal import NATModel

/// Flows that have something in common, added up.
struct FlowGroup: Hashable, Sendable {
    /// What they have in common.
    var name: String
    /// How many live ones there are.
    var flows = 0
    /// How many of those have had an answer.
    var replied = 0
    /// How many are over and only remembered.
    var closed = 0
    /// Bytes per second to the hosts; `nil` where none is counted.
    var received: Double?
    /// Bytes per second from the hosts; `nil` where none is counted.
    var sent: Double?

    /// None yet.
    init(name: String) { self.name = name }

    /// Adds a flow.
    mutating func add(_ flow: ConntrackFlow, _ rates: FlowList.Rates?) {
        if flow.isLive {
            flows += 1
            replied += flow.hasReplied ? 1 : 0
        } else {
            closed += 1
        }
        guard let rates else { return }
        received = (received ?? 0) + rates.received
        sent = (sent ?? 0) + rates.sent
    }
}
