/// The last minute of a host's traffic, in a few numbers: there may be ten thousand hosts.
struct HostGraph: Hashable, Sendable {
    /// Bytes per second both ways at most in each cell, the newest last.
    private var cells = SIMD32<UInt16>(repeating: PeakBits.none)
    /// The number of the newest cell, since the clock began.
    private var newest: Int64 = 0

    /// In how many cells it can be drawn, from a narrow column to a wide one.
    static let widths = [10, 15, 30]
    /// How many cells are remembered: as many as are drawn at most.
    private static let count = 30
    /// How long each is, in milliseconds.
    private static let cellMilliseconds: Int64 = 2000

    /// Takes what was measured over so long, up to now. It holds for all that time: where readings
    /// are far apart, a graph has no gaps.
    mutating func add(_ bytesPerSecond: Double, over span: Int64, atMilliseconds now: Int64) {
        move(to: now / Self.cellMilliseconds)
        let length = Int(clamping: newest - max(now - span, 0) / Self.cellMilliseconds)
        let last = Self.count - 1
        for place in max(last - length, 0)...last {
            cells[place] = PeakBits.higher(cells[place], bytesPerSecond)
        }
    }

    private mutating func move(to cell: Int64) {
        let distance = Int(clamping: cell - newest)
        guard distance > 0 else { return }
        newest = cell
        for place in 0..<Self.count {
            cells[place] = distance < Self.count - place ? cells[place + distance] : PeakBits.none
        }
    }

    /// The peaks as they are now in so many cells, oldest first; `nil` where nothing was measured.
    ///
    /// Cells begin at fixed moments and not so long before now: what has happened moves to the left
    /// and never changes its shape.
    func values(_ width: Int, atMilliseconds now: Int64) -> [Double?] {
        var copy = self
        copy.move(to: now / Self.cellMilliseconds)
        let each = Int64(Self.count / width)
        let last = copy.newest / each
        var peaks = [Double?](repeating: nil, count: width)
        for place in 0..<Self.count {
            guard let figure = PeakBits.figure(copy.cells[place]) else { continue }
            let cell = copy.newest - Int64(Self.count - 1 - place)
            let target = width - 1 - Int(clamping: last - cell / each)
            guard target >= 0 else { continue }
            peaks[target] = max(peaks[target] ?? 0, figure)
        }
        return peaks
    }

    /// A line of so many blocks, to a scale of its own that does not make a mountain of a trickle.
    func text(_ width: Int, atMilliseconds now: Int64) -> String {
        let values = values(width, atMilliseconds: now)
        let peak = values.compactMap(\.self).max() ?? 0
        let scale = GraphScale(holding: max(peak, Self.lowestTop), inBytes: false)
        return Sparkline.text(values, peak: scale.top)
    }
    /// The lowest top of a host's graph, in bytes per second: 100 kb/s.
    static let lowestTop = 12_500.0
}
