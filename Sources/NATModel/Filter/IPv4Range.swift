/// Addresses that follow one another: a network, or `10.0.0.5-10.0.0.9`.
public struct IPv4Range: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The first address.
    public var first: IPv4Address
    /// The last address; not before the first.
    public var last: IPv4Address

    /// The addresses from one to the other, both included; `nil` where the last comes first.
    public init?(_ first: IPv4Address, _ last: IPv4Address) {
        guard first.rawValue <= last.rawValue else { return nil }
        self.first = first
        self.last = last
    }

    /// The addresses of a network.
    public init(_ prefix: IPv4Prefix) {
        first = prefix.network
        last = prefix.last
    }

    /// Whether the address is one of them.
    public func contains(_ address: IPv4Address) -> Bool {
        (first.rawValue...last.rawValue).contains(address.rawValue)
    }

    /// The network they are; `nil` where they are none.
    public var prefix: IPv4Prefix? {
        let size = last.rawValue - first.rawValue
        // A network's size is a power of two, and its first address a multiple of it.
        guard size & (size &+ 1) == 0, first.rawValue & size == 0 else { return nil }
        return IPv4Prefix(first, length: size.leadingZeroBitCount)
    }

    /// `10.0.0.0/8`, `10.0.0.5` or `10.0.0.5-10.0.0.9`.
    public var description: String { prefix?.description ?? "\(first)-\(last)" }
}

/// The addresses that a rule selects, or all others.
public struct AddressSelector: Hashable, Codable, Sendable {
    /// What it names, in order and without overlap.
    public let ranges: [IPv4Range]
    /// Whether it selects all but these.
    public let isNegated: Bool

    /// A selector of these addresses, in whatever order they come.
    public init(_ ranges: [IPv4Range], isNegated: Bool = false) {
        self.isNegated = isNegated
        guard ranges.count > 1 else {
            self.ranges = ranges
            return
        }
        var merged: [IPv4Range] = []
        for range in ranges.sorted(by: { $0.first.rawValue < $1.first.rawValue }) {
            // What touches is one range: a network may be written as its halves.
            if let last = merged.last,
                last.last.rawValue == .max || range.first.rawValue <= last.last.rawValue + 1
            {
                if range.last.rawValue > last.last.rawValue {
                    merged[merged.count - 1].last = range.last
                }
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    /// A selector of a network.
    public init(_ prefix: IPv4Prefix, isNegated: Bool = false) {
        self.init([IPv4Range(prefix)], isNegated: isNegated)
    }

    /// The network it selects; `nil` where it selects anything else.
    public var prefix: IPv4Prefix? {
        isNegated || ranges.count != 1 ? nil : ranges.first?.prefix
    }

    /// Whether it selects all of these addresses, some or none.
    public func match(_ prefix: IPv4Prefix) -> RuleMatch {
        let (first, last) = (prefix.network.rawValue, prefix.last.rawValue)
        // The first range that does not end before the prefix begins.
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last.rawValue < first { low = middle + 1 } else { high = middle }
        }
        guard low < ranges.count, ranges[low].first.rawValue <= last else {
            return isNegated ? .always : .never
        }
        let range = ranges[low]
        guard range.first.rawValue <= first, range.last.rawValue >= last else { return .sometimes }
        return isNegated ? .never : .always
    }

    /// Whether it selects all of the outside world, some of it or none.
    public var matchOutside: RuleMatch {
        if Self.isInternal(ranges) { return isNegated ? .always : .never }
        if Self.isInternal(gaps) { return isNegated ? .never : .always }
        return .sometimes
    }

    /// All that lies between the ranges.
    private var gaps: [IPv4Range] {
        var gaps: [IPv4Range] = []
        var next: UInt32? = 0
        for range in ranges {
            if let start = next, start < range.first.rawValue {
                gaps += [
                    IPv4Range(
                        IPv4Address(rawValue: start),
                        IPv4Address(rawValue: range.first.rawValue - 1))
                ].compactMap(\.self)
            }
            next = range.last.rawValue == .max ? nil : range.last.rawValue + 1
        }
        if let start = next {
            gaps += [
                IPv4Range(IPv4Address(rawValue: start), IPv4Address(rawValue: .max))
            ].compactMap(\.self)
        }
        return gaps
    }

    /// Whether the outside world cannot route to any of these.
    private static func isInternal(_ ranges: [IPv4Range]) -> Bool {
        ranges.allSatisfy { range in
            specialPurpose.contains {
                $0.contains(range.first) && $0.contains(range.last)
            }
        }
    }

    private static let specialPurpose =
        AddressSelector(IPv4Prefix.specialPurpose.map(IPv4Range.init)).ranges
}
