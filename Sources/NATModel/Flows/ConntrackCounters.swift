/// How full the kernel's table of flows is, and what did not fit.
///
/// Source: `/proc/sys/net/netfilter/nf_conntrack_*` and `/proc/net/stat/nf_conntrack`, which
/// `conntrack -S` prints. See conntrack(8).
public struct ConntrackCounters: Hashable, Codable, Sendable {
    /// How many flows the kernel follows in this network namespace.
    public var count: UInt64
    /// How many it follows at most; `nil` where it does not tell.
    public var limit: UInt64?
    /// What did not fit since the box was started; `nil` where the kernel does not tell.
    public var lost: Lost?
    /// Whether bytes and packets of each flow are counted, `net.netfilter.nf_conntrack_acct`; `nil`
    /// where the kernel does not tell.
    public var countsTraffic: Bool?

    /// What all processors together have lost.
    public struct Lost: Hashable, Codable, Sendable {
        /// Flows that could not be added: two packets claimed the same, so one of them was dropped.
        public var insertFailed: UInt64
        /// Packets dropped because a new flow could not be followed.
        public var drop: UInt64
        /// Flows that were given up to make room for new ones.
        public var earlyDrop: UInt64

        /// So many.
        public init(insertFailed: UInt64 = 0, drop: UInt64 = 0, earlyDrop: UInt64 = 0) {
            self.insertFailed = insertFailed
            self.drop = drop
            self.earlyDrop = earlyDrop
        }
    }

    /// A table that is so full.
    public init(
        count: UInt64, limit: UInt64? = nil, lost: Lost? = nil, countsTraffic: Bool? = nil
    ) {
        self.count = count
        self.limit = limit
        self.lost = lost
        self.countsTraffic = countsTraffic
    }

    /// How full the table is, in 0...1; `nil` where its limit is not known.
    public var share: Double? {
        guard let limit, limit > 0 else { return nil }
        return Double(count) / Double(limit)
    }
}
