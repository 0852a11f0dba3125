/// The last minute of a host's traffic, in a few numbers: there may be ten thousand hosts.
struct HostGraph: Hashable, Sendable {
    /// Bytes per second both ways at most in each cell, the newest last; below 0 where nothing was
    /// measured.
    private var cells = SIMD16<Float>(repeating: -1)
    /// The number of the newest cell, since the clock began.
    private var newest: Int64 = 0

    /// How many cells are told.
    static let count = 10
    /// How long each is, in milliseconds.
    private static let cellMilliseconds: Int64 = 6000

    /// Takes what was measured over so long, up to now. It holds for all that time: where readings
    /// are far apart, a graph has no gaps.
    mutating func add(_ bytesPerSecond: Double, over span: Int64, atMilliseconds now: Int64) {
        move(to: now / Self.cellMilliseconds)
        let length = Int(clamping: newest - max(now - span, 0) / Self.cellMilliseconds)
        let last = Self.count - 1
        for place in max(last - length, 0)...last {
            cells[place] = max(cells[place], Float(bytesPerSecond))
        }
    }

    private mutating func move(to cell: Int64) {
        let distance = Int(clamping: cell - newest)
        guard distance > 0 else { return }
        newest = cell
        for place in 0..<Self.count {
            cells[place] = distance < Self.count - place ? cells[place + distance] : -1
        }
    }

    /// The cells as they are now, oldest first; `nil` where nothing was measured.
    func values(atMilliseconds now: Int64) -> [Double?] {
        var copy = self
        copy.move(to: now / Self.cellMilliseconds)
        return (0..<Self.count).map { copy.cells[$0] < 0 ? nil : Double(copy.cells[$0]) }
    }

    /// A line of blocks, to a scale of its own that does not make a mountain of a trickle.
    func text(atMilliseconds now: Int64) -> String {
        let values = values(atMilliseconds: now)
        let peak = values.compactMap(\.self).max() ?? 0
        let scale = GraphScale(holding: max(peak, Self.lowestTop), inBytes: false)
        return Sparkline.text(values, peak: scale.top)
    }
    /// The lowest top of a host's graph, in bytes per second: 100 kb/s.
    static let lowestTop = 12_500.0
}
