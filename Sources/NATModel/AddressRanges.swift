/// Addresses that belong to something, as ranges in ascending order with a gap between any two.
public enum AddressRanges {
    /// All addresses of these networks.
    public static func of(_ networks: [IPv4Prefix]) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        ranges.reserveCapacity(networks.count)
        for network in networks.sorted(by: { $0.network.rawValue < $1.network.rawValue }) {
            let (first, last) = (network.network.rawValue, network.last.rawValue)
            if let before = ranges.last, UInt64(first) <= UInt64(before.upperBound) + 1 {
                ranges[ranges.count - 1] = before.lowerBound...max(before.upperBound, last)
            } else {
                ranges.append(first...last)
            }
        }
        return ranges
    }

    /// The addresses whose narrowest network belongs to it.
    ///
    /// A network that does not belong to it is an exception from a wider one that does, and the
    /// other way round.
    public static func of(
        _ networks: [(network: IPv4Prefix, belongs: Bool)]
    ) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        // The networks around an address, the widest first.
        var around: [(last: UInt32, belongs: Bool)] = []
        var next: UInt64 = 0
        /// What is from `next` up to here is as the narrowest network around it.
        func advance(to end: UInt64) {
            guard next < end else { return }
            if around.last?.belongs == true {
                let last = UInt32(truncatingIfNeeded: end - 1)
                if let before = ranges.last, UInt64(before.upperBound) + 1 == next {
                    ranges[ranges.count - 1] = before.lowerBound...last
                } else {
                    ranges.append(UInt32(truncatingIfNeeded: next)...last)
                }
            }
            next = end
        }
        // Sorted so, a network comes after all that are around it.
        for (network, belongs) in networks.sorted(by: { $0.network < $1.network }) {
            while let narrowest = around.last, narrowest.last < network.network.rawValue {
                advance(to: UInt64(narrowest.last) + 1)
                around.removeLast()
            }
            advance(to: UInt64(network.network.rawValue))
            around.append((network.last.rawValue, belongs))
        }
        while let narrowest = around.last {
            advance(to: UInt64(narrowest.last) + 1)
            around.removeLast()
        }
        return ranges
    }
}
