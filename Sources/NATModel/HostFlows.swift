/// What the flows of a host add up to, as conntrack follows them.
///
/// Source: `IPCTNL_MSG_CT_GET`, which `conntrack -L` asks for. See conntrack(8).
public struct HostFlows: Hashable, Codable, Sendable {
    /// Flows that somebody would miss; closed ones are not counted.
    public var flows = 0
    /// Bytes the host sent; `nil` where the kernel does not count them.
    public var sentBytes: UInt64?
    /// Bytes the host got; `nil` where the kernel does not count them.
    public var receivedBytes: UInt64?
    /// By the address that answers are sent to: the one the host is seen by when it leaves.
    public var seen: [IPv4Address: Seen] = [:]

    /// What leaves with one address.
    public struct Seen: Hashable, Codable, Sendable {
        /// How many flows.
        public var flows = 0
        /// How many of them have had an answer: that is the proof.
        public var replied = 0

        /// None.
        public init() {}
    }

    /// None.
    public init() {}

    /// Adds a flow.
    public mutating func add(_ flow: ConntrackFlow) {
        if let traffic = flow.traffic {
            sentBytes = (sentBytes ?? 0) &+ traffic.originalBytes
            receivedBytes = (receivedBytes ?? 0) &+ traffic.replyBytes
        }
        guard flow.isLive else { return }
        flows += 1
        seen[flow.reply.destination, default: Seen()].flows += 1
        if flow.hasReplied { seen[flow.reply.destination, default: Seen()].replied += 1 }
    }
}

extension [IPv4Address: HostFlows] {
    /// Adds a flow that a host behind the box began.
    ///
    /// One whose source was translated is a host's; so is one from an address that the outside
    /// cannot have. What the box itself sends has an own address, which is left out later.
    public mutating func add(_ flow: ConntrackFlow) {
        let source = flow.original.source
        guard flow.isSourceTranslated || !source.isGloballyRoutable,
            source.rawValue >> 24 != 127
        else { return }
        self[source, default: HostFlows()].add(flow)
    }
}
