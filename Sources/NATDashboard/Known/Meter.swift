internal import NATModel

/// Turns the samples of a cumulative counter into a rate.
struct Meter: Hashable, Sendable {
    /// The change per second between the last two samples.
    private(set) var rate = Rate.initial
    /// The time the last figure was measured over, in milliseconds.
    private(set) var spanMilliseconds: Int64 = 0
    private var last: Sample?

    /// Samples closer than this are not compared, in milliseconds; shorter than any interval.
    private static let shortestSpan: Int64 = 90

    private struct Sample: Hashable, Sendable {
        var value: UInt64
        var atMilliseconds: Int64
    }

    /// The figure, fresh or stale; `nil` where there is none.
    var perSecond: Double? {
        switch rate {
        case .data(let figure), .stale(let figure): figure
        case .initial, .unavailable: nil
        }
    }

    /// Whether the sample of this moment made a figure.
    func hasMeasured(atMilliseconds now: Int64) -> Bool {
        rate.isFresh && last?.atMilliseconds == now
    }

    /// Takes a sample; `nil` where the counter could not be read.
    mutating func add(_ value: UInt64?, atMilliseconds now: Int64) {
        guard let value else {
            switch rate {
            case .data(let figure), .stale(let figure): rate = .stale(figure)
            case .initial, .unavailable: rate = .unavailable
            }
            return
        }
        // Two samples of almost the same moment, as after a change, make a figure that jumps.
        if let last, now - last.atMilliseconds < Self.shortestSpan, value >= last.value { return }
        defer { last = Sample(value: value, atMilliseconds: now) }
        guard let last else {
            rate = .initial
            return
        }
        // A counter never runs backwards: it was reset, and the distance is not known.
        guard value >= last.value else {
            rate = .initial
            return
        }
        spanMilliseconds = now - last.atMilliseconds
        rate = .data(Double(value - last.value) * 1000 / Double(spanMilliseconds))
    }
}

extension Rate {
    /// Whether it is a figure of the last two samples.
    var isFresh: Bool {
        if case .data = self { true } else { false }
    }
}
