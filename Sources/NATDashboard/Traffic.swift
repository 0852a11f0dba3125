internal import NATModel

/// The figures of one interface over time.
struct Traffic: Hashable, Sendable {
    /// Which interface, so that neither a rename nor a swap of names joins two histories.
    struct Identity: Hashable, Sendable {
        /// Kernel index.
        var index: Int
        /// Name at the time.
        var name: String
    }

    /// Bytes received.
    var received = Meter()
    /// Bytes sent.
    var sent = Meter()
    /// First packets of the flows its MASQUERADE rules matched.
    var newConnections = Meter()
    /// Bytes per second in both directions, oldest first, five minutes at most.
    private(set) var history: [Point] = []

    /// What was measured at one moment.
    struct Point: Hashable, Sendable {
        /// When, in milliseconds of the monotonic clock.
        var atMilliseconds: Int64
        /// Bytes per second in both directions.
        var bytesPerSecond: Double
    }

    /// How far back the history goes.
    static let historyMilliseconds: Int64 = 300_000
    /// No more points than this are kept, however short the interval.
    static let historyPoints = 600

    /// Takes what was read; `nil` where it could not be.
    mutating func add(_ counters: InterfaceCounters?, atMilliseconds now: Int64) {
        received.add(counters?.rxBytes, atMilliseconds: now)
        sent.add(counters?.txBytes, atMilliseconds: now)
        guard case .data(let incoming) = received.rate, case .data(let outgoing) = sent.rate
        else { return }
        history.append(Point(atMilliseconds: now, bytesPerSecond: incoming + outgoing))
        let stale = history.prefix { $0.atMilliseconds < now - Self.historyMilliseconds }.count
        history.removeFirst(max(stale, history.count - Self.historyPoints))
    }

    /// Averages over equal spans that end now, oldest first; `nil` where nothing was measured.
    func averages(
        _ count: Int, overMilliseconds span: Int64, until now: Int64
    ) -> [Double?] {
        var sums = [Double](repeating: 0, count: count)
        var counts = [Int](repeating: 0, count: count)
        for point in history.reversed() {
            let age = now - point.atMilliseconds
            if age >= span { break }
            let slot = count - 1 - Int(max(age, 0)) * count / Int(span)
            guard sums.indices.contains(slot) else { continue }
            sums[slot] += point.bytesPerSecond
            counts[slot] += 1
        }
        return zip(sums, counts).map { $1 == 0 ? nil : $0 / Double($1) }
    }
}
