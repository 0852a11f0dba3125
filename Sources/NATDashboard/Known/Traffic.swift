internal import NATModel

/// The figures of one interface over time.
struct Traffic: Hashable, Sendable {
    /// Which interface, so that neither a rename nor a swap of names joins two histories.
    struct Identity: Hashable, Sendable {
        /// Kernel index.
        var index: Int
        /// Name at the time.
        var name: String

        /// The identity this interface has now.
        init(_ interface: Interface) {
            index = interface.index
            name = interface.name
        }
    }

    /// A way that bytes go.
    enum Direction: Hashable, Sendable, CaseIterable {
        case received, sent
    }

    /// Bytes received.
    private(set) var received = Meter()
    /// Bytes sent.
    private(set) var sent = Meter()
    /// Packets dropped both ways, by the device and by its queue.
    private(set) var dropped = Meter()
    /// What was measured, oldest first, five minutes at most.
    private(set) var history: [Point] = []
    /// The first counters that were read, since the interface was seen first or was reset.
    private(set) var first: InterfaceCounters?

    /// What was measured up to one moment; small, for there are many.
    struct Point: Hashable, Sendable {
        /// When, in milliseconds of the monotonic clock.
        var atMilliseconds: Int64
        /// The time it was measured over, in milliseconds.
        var spanMilliseconds: Int32
        /// Bytes received per second.
        var received: Float
        /// Bytes sent per second.
        var sent: Float

        /// Bytes per second in one direction.
        subscript(direction: Direction) -> Double {
            Double(direction == .received ? received : sent)
        }
    }

    /// How far back the history goes.
    static let historyMilliseconds: Int64 = 300_000
    /// No more points than this are kept, however short the interval.
    static let historyPoints = 600

    /// The meter of one direction.
    subscript(direction: Direction) -> Meter { direction == .received ? received : sent }

    /// Takes what was read; `nil` where it could not be.
    mutating func add(_ counters: InterfaceCounters?, atMilliseconds now: Int64) {
        received.add(counters?.rxBytes, atMilliseconds: now)
        sent.add(counters?.txBytes, atMilliseconds: now)
        dropped.add(counters?.dropped, atMilliseconds: now)
        if let counters { first = first.map { $0.isBefore(counters) ? $0 : counters } ?? counters }
        guard received.hasMeasured(atMilliseconds: now), sent.hasMeasured(atMilliseconds: now),
            let incoming = received.perSecond, let outgoing = sent.perSecond
        else { return }
        history.append(
            Point(
                atMilliseconds: now,
                spanMilliseconds: Int32(clamping: received.spanMilliseconds),
                received: Float(incoming),
                sent: Float(outgoing)))
        let stale = history.prefix { $0.atMilliseconds < now - Self.historyMilliseconds }.count
        history.removeFirst(max(stale, history.count - Self.historyPoints))
    }
}

extension InterfaceCounters {
    /// Packets that the device and its queue have dropped.
    var dropped: UInt64 { rxDropped &+ txDropped &+ UInt64(queue?.droppedPackets ?? 0) }

    /// Whether these can have become `later`: none of them runs backwards.
    fileprivate func isBefore(_ later: InterfaceCounters) -> Bool {
        rxBytes <= later.rxBytes && txBytes <= later.txBytes && rxErrors <= later.rxErrors
            && rxDropped <= later.rxDropped && txErrors <= later.txErrors
            && txDropped <= later.txDropped
    }
}
