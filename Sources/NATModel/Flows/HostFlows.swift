/// What the flows of a host add up to, as conntrack follows them.
///
/// Source: `IPCTNL_MSG_CT_GET`, which `conntrack -L` asks for. See conntrack(8).
public struct HostFlows: Hashable, Codable, Sendable {
    /// Flows that somebody would miss; closed ones are not counted.
    public var flows = 0
    /// What all its flows have carried, closed ones too while they are remembered; `nil` where the
    /// kernel does not count it.
    public var carried: Carried?
    /// How many flows it has begun since the reading before, also those that are closed by now;
    /// `nil` where there was none before.
    public var begun: Int?
    /// What it has sent and got since the reading before; `nil` where there was none before, or where
    /// the kernel does not count it.
    public var carriedSince: Carried?
    /// Those to the outside, by the address that answers are sent to: the one the host is seen by.
    public var seen: [IPv4Address: Seen] = [:]

    /// What leaves with one address.
    public struct Seen: Hashable, Codable, Sendable {
        /// How many flows; closed ones are not counted.
        public var flows = 0
        /// How many of them have had an answer: that is the proof.
        public var replied = 0
        /// How many closed flows that had an answer are still remembered, which have proved it; `nil` for
        /// none.
        public var ended: Int?
        /// How many had an answer, live or ended.
        public var answered: Int { replied + (ended ?? 0) }
        /// How many flows were begun since the reading before; 0 also where there was none before.
        public var begun = 0

        /// None.
        public init() {}
    }

    /// What flows have carried.
    public struct Carried: Hashable, Codable, Sendable {
        /// Packets from the host.
        public var sentPackets: UInt64 = 0
        /// Their bytes.
        public var sentBytes: UInt64 = 0
        /// Packets to the host.
        public var receivedPackets: UInt64 = 0
        /// Their bytes.
        public var receivedBytes: UInt64 = 0

        /// Nothing.
        public init() {}

        mutating func add(_ traffic: ConntrackFlow.Traffic) {
            sentPackets &+= traffic.originalPackets
            sentBytes &+= traffic.originalBytes
            receivedPackets &+= traffic.replyPackets
            receivedBytes &+= traffic.replyBytes
        }
    }

    /// None.
    public init() {}
}

extension ConntrackFlow {
    /// Whether it goes to no internal network, nor to a group of hosts: natdeck moves nothing else.
    public var leadsOutside: Bool {
        let destination = original.destination
        return !destination.isInternal && destination.rawValue >> 28 < 14
            && destination.rawValue >> 24 != 127
    }

    /// Whether it counts as one of a host behind the box.
    ///
    /// One whose source was translated is a host's; so is one from an address that the outside
    /// cannot have. What the box itself sends has an own address, which is left out later.
    var isOfHost: Bool {
        let source = original.source
        return isSourceTranslated
            || (!source.isGloballyRoutable && source.rawValue >> 24 != 127)
    }
}
