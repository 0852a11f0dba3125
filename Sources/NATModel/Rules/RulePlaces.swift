/// Where the rules stand that select a network, to be looked up and not looked for.
///
/// One list of numbers in order: ten thousand lists of one place each would take ten times as long to
/// make.
public struct RulePlaces: Sendable {
    /// The network, its length and the place, from the upper bits to the lower ones.
    private var keys: [UInt64] = []
    /// A bit for each length that is there.
    private var lengths: UInt64 = 0
    /// How many bits a place has.
    private static let placeBits: UInt64 = 26

    /// The places of the rules in this list that select a network and are wanted.
    public init(_ rules: [RoutingPolicyRule], where isWanted: (RoutingPolicyRule) -> Bool) {
        keys.reserveCapacity(rules.count)
        for place in rules.indices {
            guard let source = rules[place].source, isWanted(rules[place]) else { continue }
            lengths |= 1 << UInt64(source.length)
            keys.append(Self.key(source) | UInt64(place))
        }
        keys.sort()
    }

    private static func key(_ source: IPv4Prefix) -> UInt64 {
        UInt64(source.network.rawValue) << 32 | UInt64(source.length) << placeBits
    }

    /// The places of the rules that select exactly this network, in order.
    public func places(selecting source: IPv4Prefix) -> [Int] {
        guard lengths & 1 << UInt64(source.length) != 0 else { return [] }
        let key = Self.key(source)
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return keys[low...].prefix { $0 >> Self.placeBits == key >> Self.placeBits }
            .map { Int($0 & (1 << Self.placeBits - 1)) }
    }

    /// The places of the rules that select this network or one that holds it.
    public func places(holding source: IPv4Prefix) -> [Int] {
        var places: [Int] = []
        for length in 0...source.length where lengths & 1 << UInt64(length) != 0 {
            places += self.places(selecting: IPv4Prefix(source.network, length: length))
        }
        return places
    }
}
