/// An IPv6 address. natdeck routes IPv4; it meets one where a route's gateway is one (RFC 5549).
public struct IPv6Address: Hashable, Sendable {
    /// The first eight bytes.
    public var high: UInt64
    /// The last eight bytes.
    public var low: UInt64

    /// The address of these halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Its sixteen bytes, in network byte order.
    public var bytes: [UInt8] {
        [high, low].flatMap { half in withUnsafeBytes(of: half.bigEndian) { Array($0) } }
    }

    private var groups: [UInt16] {
        [high, low].flatMap { half in
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
        }
    }
}

extension IPv6Address: TextCodable {
    /// Reads the text form of RFC 4291 without a dotted end; `nil` where it is none.
    public init?(_ text: String) {
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var parts: [[UInt16]] = []
        for half in halves {
            let words = half.split(separator: ":", omittingEmptySubsequences: false)
            let numbers = words.compactMap { $0.count <= 4 ? UInt16($0, radix: 16) : nil }
            guard half.isEmpty && halves.count == 2 || numbers.count == words.count else {
                return nil
            }
            parts.append(half.isEmpty ? [] : numbers)
        }
        let count = parts.reduce(0) { $0 + $1.count }
        guard parts.count == 2 ? count < 8 : count == 8, let first = parts.first,
            let last = parts.last
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - count)
        let groups = parts.count == 2 ? first + zeros + last : first
        func half(_ groups: ArraySlice<UInt16>) -> UInt64 {
            groups.reduce(0) { $0 << 16 | UInt64($1) }
        }
        self.init(high: half(groups[..<4]), low: half(groups[4...]))
    }

    /// The text form of RFC 5952: lower case, the longest run of zeros left out.
    public var description: String {
        let groups = groups
        var (best, start): (Range<Int>, Int?) = (0..<0, nil)
        for index in 0...8 {
            if index < 8, groups[index] == 0 {
                start = start ?? index
            } else if let begun = start {
                if index - begun > max(best.count, 1) { best = begun..<index }
                start = nil
            }
        }
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        return best.isEmpty
            ? text(0..<8) : "\(text(0..<best.lowerBound))::\(text(best.upperBound..<8))"
    }
}
