extension RuleDatabase {
    /// An address, and the ways that tables have to it.
    struct Destination: Sendable {
        let address: IPv4Address
        /// The routes of each table to it; absent where a table has none.
        let routes: [Int: Routes]

        init(_ address: IPv4Address, _ tables: [FIBTable]) {
            self.address = address
            routes = Dictionary(
                tables.compactMap { table in table.routes(to: address).map { (table.id, $0) } },
                uniquingKeysWith: { first, _ in first })
        }
    }

    /// The route that packets take, and those that packets of some type of service take instead.
    struct Routes: Sendable {
        var usual: Route?
        var ofService: [Route] = []
    }

    /// An address of each part of the outside that routes wider than /8 tell apart: a VPN takes
    /// everything by two routes of /1, and the default route stays as it was.
    ///
    /// A network that has a route or a rule of its own stands for no more than itself: an uplink may
    /// be in a documentation network. One of its addresses is taken where there are no others.
    static func partsOfOutside(
        _ tables: [FIBTable], _ rules: [RoutingPolicyRule]
    ) -> [IPv4Address] {
        let wide = Set(
            tables.flatMap(\.routes).map(\.destination).filter { (1...7).contains($0.length) })
        let named = rules.compactMap(\.selectors.destinationPrefix).filter { $0.length >= 8 }
        func isNamed(_ address: IPv4Address) -> Bool {
            named.contains { $0.contains(address) }
                || tables.contains { table in
                    table.routes.contains {
                        $0.destination.length >= 8 && $0.destination.contains(address)
                    }
                }
        }
        func part(_ address: IPv4Address) -> IPv4Prefix? {
            wide.filter { $0.contains(address) }.max { $0.length < $1.length }
        }
        var parts: [IPv4Prefix?] = []
        var known: [IPv4Prefix?: (address: IPv4Address, isNamed: Bool)] = [:]
        for address in candidates {
            let part = part(address)
            if let known = known[part], !known.isNamed { continue }
            let isNamed = isNamed(address)
            if known[part] == nil { parts.append(part) }
            if known[part] == nil || !isNamed { known[part] = (address, isNamed) }
            if wide.isEmpty, !isNamed { break }
        }
        return parts.compactMap { known[$0]?.address }
    }

    /// Addresses that may stand for the outside, the best first.
    private static let candidates: [IPv4Address] =
        [.outside]
        + (UInt32(1)..<224).map { IPv4Address(rawValue: $0 << 24 | 0x0101) }
        .filter(\.isGloballyRoutable)
}

extension FIBTable {
    /// The route that packets to an address take: the longest prefix, then the lowest metric; and
    /// before it those for packets of a type of service. `nil` where there is none.
    ///
    /// Source: fib_table_lookup in net/ipv4/fib_trie.c.
    func routes(to destination: IPv4Address) -> RuleDatabase.Routes? {
        var found = RuleDatabase.Routes()
        for route in routes where route.destination.contains(destination) && !route.isPassedOver {
            if route.typeOfService != nil {
                found.ofService.append(route)
            } else if let usual = found.usual {
                let isBetter =
                    (usual.destination.length, route.metric)
                    < (route.destination.length, usual.metric)
                if isBetter { found.usual = route }
            } else {
                found.usual = route
            }
        }
        let length = found.usual?.destination.length ?? 0
        found.ofService.removeAll { $0.destination.length < length }
        return found.usual == nil && found.ofService.isEmpty ? nil : found
    }
}
