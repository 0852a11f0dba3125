/// Five minutes of a host's traffic, in a few numbers: there may be ten thousand hosts.
struct HostHistory: Hashable, Sendable {
    /// Bytes per second at most in each cell, the newest last: those received, then those sent.
    private var cells = SIMD64<UInt16>(repeating: PeakBits.none)
    /// The number of the newest cell, since the clock began.
    private var newest: Int64 = 0

    /// How many cells there are for each direction.
    static let count = 24
    /// How long each is, in milliseconds.
    static let cellMilliseconds: Int64 = 12_500

    /// Takes what was measured over so long, up to now, in bytes per second; it holds for all that
    /// time.
    mutating func add(
        received: Double, sent: Double, over span: Int64, atMilliseconds now: Int64
    ) {
        move(to: now / Self.cellMilliseconds)
        let length = Int(clamping: newest - max(now - span, 0) / Self.cellMilliseconds)
        let last = Self.count - 1
        for place in max(last - length, 0)...last {
            cells[place] = PeakBits.higher(cells[place], received)
            cells[Self.count + place] = PeakBits.higher(cells[Self.count + place], sent)
        }
    }

    private mutating func move(to cell: Int64) {
        let distance = Int(clamping: cell - newest)
        guard distance > 0 else { return }
        newest = cell
        for start in [0, Self.count] {
            for place in 0..<Self.count {
                cells[start + place] =
                    distance < Self.count - place
                    ? cells[start + place + distance] : PeakBits.none
            }
        }
    }

    /// The cells of a direction as they are now, oldest first; `nil` where nothing was measured.
    func values(_ direction: Traffic.Direction, atMilliseconds now: Int64) -> [Double?] {
        var copy = self
        copy.move(to: now / Self.cellMilliseconds)
        let start = direction == .received ? 0 : Self.count
        return (start..<start + Self.count).map { PeakBits.figure(copy.cells[$0]) }
    }
}

/// A peak in two bytes, for there are many.
///
/// The upper half of a 32-bit float: a figure to half a per cent, rounded up as a peak should be, and
/// of two the larger has the larger bits.
enum PeakBits {
    /// What no figure is written as.
    static let none = UInt16.max

    /// The higher of what was there and a figure, in bytes per second.
    static func higher(_ bits: UInt16, _ bytesPerSecond: Double) -> UInt16 {
        let figure = Float(min(max(bytesPerSecond, 0), 1e15)).bitPattern
        let new = UInt16(truncatingIfNeeded: (figure + 0xffff) >> 16)
        return bits == none ? new : max(bits, new)
    }

    /// The figure; `nil` where there is none.
    static func figure(_ bits: UInt16) -> Double? {
        bits == none ? nil : Double(Float(bitPattern: UInt32(bits) << 16))
    }
}
