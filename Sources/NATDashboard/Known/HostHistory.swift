/// Five minutes of a host's traffic, in a few numbers: there may be ten thousand hosts.
struct HostHistory: Hashable, Sendable {
    /// Bytes per second at most in each cell, the newest last: those received, then those sent.
    private var cells = SIMD64<UInt16>(repeating: Self.unmeasured)
    /// The number of the newest cell, since the clock began.
    private var newest: Int64 = 0

    /// How many cells there are for each direction.
    static let count = 24
    /// How long each is, in milliseconds.
    static let cellMilliseconds: Int64 = 12_500
    /// What no figure is written as.
    private static let unmeasured = UInt16.max

    /// Takes what was measured over so long, up to now, in bytes per second; it holds for all that
    /// time.
    mutating func add(
        received: Double, sent: Double, over span: Int64, atMilliseconds now: Int64
    ) {
        move(to: now / Self.cellMilliseconds)
        let length = Int(clamping: newest - max(now - span, 0) / Self.cellMilliseconds)
        let last = Self.count - 1
        for place in max(last - length, 0)...last {
            put(received, at: place)
            put(sent, at: Self.count + place)
        }
    }

    /// The upper half of a 32-bit float: a figure to half a per cent, rounded up as a peak should be,
    /// and of two the larger has the larger bits.
    private mutating func put(_ bytesPerSecond: Double, at place: Int) {
        let figure = Float(min(max(bytesPerSecond, 0), 1e15)).bitPattern
        let bits = UInt16(truncatingIfNeeded: (figure + 0xffff) >> 16)
        cells[place] = cells[place] == Self.unmeasured ? bits : max(cells[place], bits)
    }

    private mutating func move(to cell: Int64) {
        let distance = Int(clamping: cell - newest)
        guard distance > 0 else { return }
        newest = cell
        for start in [0, Self.count] {
            for place in 0..<Self.count {
                cells[start + place] =
                    distance < Self.count - place
                    ? cells[start + place + distance] : Self.unmeasured
            }
        }
    }

    /// The cells of a direction as they are now, oldest first; `nil` where nothing was measured.
    func values(_ direction: Traffic.Direction, atMilliseconds now: Int64) -> [Double?] {
        var copy = self
        copy.move(to: now / Self.cellMilliseconds)
        let start = direction == .received ? 0 : Self.count
        return (start..<start + Self.count).map { place in
            let bits = copy.cells[place]
            return bits == Self.unmeasured ? nil : Double(Float(bitPattern: UInt32(bits) << 16))
        }
    }
}
