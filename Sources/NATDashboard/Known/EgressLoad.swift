internal import NATModel

/// How much of what an interface has is in use: its link, its source ports, its queue.
struct EgressLoad: Sendable {
    /// Bits per second the link carries, received; `nil` where the driver does not tell.
    var receiveLimit: UInt64?
    /// The same for what is sent, where a queue may hold it to less.
    var sendLimit: UInt64?
    /// The share of the link that is in use each way, in 0...1; `nil` where either is not known.
    var receivedShare: Double?
    var sentShare: Double?
    /// Flows that leave by its addresses; `nil` where conntrack cannot be read.
    var flows: Int?
    /// Flows begun per second.
    var begun: Double?
    /// The busiest destination of one of its addresses; `nil` where none is known.
    var ports: PortUse?
    /// Hosts that are to leave by it, and how many of them do not, or not yet, or not all.
    var hosts: Int?
    var exceptions = 0

    /// How full the fullest of it is.
    var level: Level {
        Level([receivedShare, sentShare, ports?.share].compactMap(\.self).max() ?? 0)
    }

    /// How full something is.
    enum Level: Hashable, Sendable {
        /// There is room; there is little; there is hardly any.
        case low, high, full

        /// The level of a share in 0...1.
        init(_ share: Double) { self = share >= 0.9 ? .full : share >= 0.7 ? .high : .low }
    }

    /// The load of an interface.
    init(_ nic: EgressInterface, _ observed: Observed) {
        let figures = observed.traffic[Traffic.Identity(nic.interface)] ?? Traffic()
        let speed = nic.interface.speedBitsPerSecond
        let queue = observed.snapshot?.counters.value?[nic.interface.name]?.queue
        receiveLimit = speed
        sendLimit = [speed, queue?.rateBitsPerSecond].compactMap(\.self).min()
        receivedShare = Self.share(figures.received.perSecond, of: receiveLimit)
        sentShare = Self.share(figures.sent.perSecond, of: sendLimit)
        let own = Set(nic.ownAddresses)
        if let totals = observed.flows.totals {
            let seen = own.compactMap { observed.flows.byAddress[$0] }
            flows = seen.reduce(0) { $0 + $1.flows }
            begun = totals.perSecond(seen.reduce(0) { $0 + $1.begun })
            ports = totals.ports.first { own.contains($0.address) }
        }
        guard observed.knowsWays else { return }
        let counts = observed.hostCounts(of: nic.interface.name)
        (hosts, exceptions) = (counts.all, counts.exceptions)
    }

    private static func share(_ bytesPerSecond: Double?, of limit: UInt64?) -> Double? {
        guard let bytesPerSecond, let limit, limit > 0 else { return nil }
        return bytesPerSecond * 8 / Double(limit)
    }
}
