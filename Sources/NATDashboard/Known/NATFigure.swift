/// A packet counter of the nat table over time: its change per second, and when it moved.
struct NATFigure: Hashable, Sendable {
    /// The change per second.
    private(set) var meter = Meter()
    /// When it moved last, in milliseconds of the monotonic clock; `nil` where nobody saw it move.
    private(set) var movedAtMilliseconds: Int64?

    private var last: UInt64?

    /// How conspicuous a counter that moved is.
    enum Mark: Hashable, Sendable {
        /// It moved between the last two readings.
        case fresh
        /// It moved a moment ago.
        case fading
        /// It did not move lately.
        case none
    }

    /// How long a mark stands out, in milliseconds: not until the reading a second later.
    private static let freshMilliseconds: Int64 = 900
    /// How long it can be seen at all, in milliseconds.
    private static let seenMilliseconds: Int64 = 4000

    /// Takes a sample; `nil` where the counter could not be read.
    mutating func add(_ packets: UInt64?, atMilliseconds now: Int64) {
        meter.add(packets, atMilliseconds: now)
        guard let packets else { return }
        if let last, packets > last { movedAtMilliseconds = now }
        last = packets
    }

    /// The mark at a moment.
    func mark(atMilliseconds now: Int64) -> Mark {
        guard let movedAtMilliseconds else { return .none }
        switch now - movedAtMilliseconds {
        case ..<Self.freshMilliseconds: return .fresh
        case ..<Self.seenMilliseconds: return .fading
        default: return .none
        }
    }
}
