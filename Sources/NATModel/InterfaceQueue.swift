/// The queue that an interface's packets wait in before they are sent: its root qdisc.
///
/// Source: `RTM_GETQDISC` and `RTM_GETTCLASS`, which `tc -s qdisc show` asks for. See tc(8).
public struct InterfaceQueue: Hashable, Codable, Sendable {
    /// What it is, such as `fq_codel`, `mq`, `tbf`.
    public var kind: String
    /// Packets it has dropped since it was made, 32 bits; `nil` where it does not tell.
    public var droppedPackets: UInt32?
    /// Bytes that wait now; `nil` where it does not tell.
    public var waitingBytes: UInt32?
    /// What it holds the interface to, in bits per second: the rate of tbf or cake, the ceiling of
    /// htb's only class. `nil` where it does not shape, or not the whole interface.
    public var rateBitsPerSecond: UInt64?

    /// A queue of this kind.
    public init(
        kind: String, droppedPackets: UInt32? = nil, waitingBytes: UInt32? = nil,
        rateBitsPerSecond: UInt64? = nil
    ) {
        self.kind = kind
        self.droppedPackets = droppedPackets
        self.waitingBytes = waitingBytes
        self.rateBitsPerSecond = rateBitsPerSecond
    }
}
