import NATModel

/// The networks that are closed to what the map has not marked: few of them, however many sources it
/// steers, for every packet of the box is held against each.
enum SourceCover {
    /// The most networks, unless the sources lie in more networks of ``widest``.
    static let most = 8
    /// No network is wider.
    static let widest = 8

    /// Networks that hold every source: exactly these sources where few networks do that, else as
    /// little more as can be.
    ///
    /// - Parameter present: those that are closed now. They stay as long as they hold all sources and
    ///   each of them holds some: then a host among ten thousand changes no rule.
    static func networks(
        of sources: some Collection<IPv4Prefix>, present: [IPv4Prefix] = []
    ) -> [IPv4Prefix] {
        let widest = apart(sources)
        let exact = joined(widest)
        if exact.count <= most { return exact }
        if present.count <= most, holds(present, widest) { return present.sorted() }
        return bounded(exact)
    }

    /// The sources that no other one holds, in order.
    private static func apart(_ sources: some Collection<IPv4Prefix>) -> [IPv4Prefix] {
        var result: [IPv4Prefix] = []
        // The wider of two that begin alike comes first, and all that it holds come after it.
        for source in sources.sorted() where result.last?.contains(source) != true {
            result.append(source)
        }
        return result
    }

    /// The same addresses in as few networks as can be: two halves are one network.
    private static func joined(_ networks: [IPv4Prefix]) -> [IPv4Prefix] {
        var result: [IPv4Prefix] = []
        for network in networks {
            var network = network
            while let before = result.last, before.length == network.length, network.length > 0,
                case let both = IPv4Prefix(before.network, length: network.length - 1),
                both.contains(network), before != network
            {
                result.removeLast()
                network = both
            }
            result.append(network)
        }
        return result
    }

    /// At most so many networks that hold these: the two neighbours with most bits in common become
    /// one, again and again.
    private static func bounded(_ networks: [IPv4Prefix]) -> [IPv4Prefix] {
        /// How many bits a network and the one after it have in common.
        let common = zip(networks, networks.dropFirst()).map { first, second in
            (first.network.rawValue ^ second.network.rawValue).leadingZeroBitCount
        }
        // Whoever has fewer bits in common than so many neighbours stays apart from the next.
        let cuts = Set(
            common.indices.sorted { common[$0] < common[$1] }.prefix(most - 1)
        ).union(common.indices.filter { common[$0] < widest })
        var result: [IPv4Prefix] = []
        var first = 0
        for place in networks.indices where place == networks.count - 1 || cuts.contains(place) {
            let length = common[first..<place].min() ?? networks[place].length
            result.append(IPv4Prefix(networks[first].network, length: length))
            first = place + 1
        }
        return result
    }

    /// Whether networks hold all of these, which are in order, and each of them holds some.
    private static func holds(_ networks: [IPv4Prefix], _ sources: [IPv4Prefix]) -> Bool {
        var isUsed = [Bool](repeating: false, count: networks.count)
        for source in sources {
            guard let place = networks.firstIndex(where: { $0.contains(source) }) else {
                return false
            }
            isUsed[place] = true
        }
        return isUsed.allSatisfy { $0 }
    }
}
