/// Cumulative counters of an interface since it was created, 64 bits each.
///
/// Source: `/proc/net/dev`. See proc(5).
public struct InterfaceCounters: Hashable, Codable, Sendable {
    /// Bytes received.
    public var rxBytes: UInt64
    /// Packets received.
    public var rxPackets: UInt64
    /// Packets received with an error.
    public var rxErrors: UInt64
    /// Packets received and dropped for want of room.
    public var rxDropped: UInt64
    /// Bytes sent.
    public var txBytes: UInt64
    /// Packets sent.
    public var txPackets: UInt64
    /// Packets that could not be sent.
    public var txErrors: UInt64
    /// Packets dropped before they were sent.
    public var txDropped: UInt64
    /// The queue its packets wait in; `nil` where it has none, or could not be read.
    public var queue: InterfaceQueue?
    /// How often the cloud held up or dropped packets because an allowance was used up, by the
    /// driver's own names without `_allowance_exceeded`, such as `bw_in` and `conntrack`; `nil`
    /// where the driver does not tell.
    ///
    /// Source: `ethtool -S`; the ENA driver of AWS.
    public var exceededAllowances: [String: UInt64]?

    /// Counters with these values.
    public init(
        rxBytes: UInt64 = 0, rxPackets: UInt64 = 0, rxErrors: UInt64 = 0, rxDropped: UInt64 = 0,
        txBytes: UInt64 = 0, txPackets: UInt64 = 0, txErrors: UInt64 = 0, txDropped: UInt64 = 0
    ) {
        self.rxBytes = rxBytes
        self.rxPackets = rxPackets
        self.rxErrors = rxErrors
        self.rxDropped = rxDropped
        self.txBytes = txBytes
        self.txPackets = txPackets
        self.txErrors = txErrors
        self.txDropped = txDropped
    }
}
