import NATModel

/// The chains by which sources leave with one of the addresses of their interface, in natdeck's own
/// table.
///
/// They say to nft(8), for one source with an address and one with two:
///
/// ```
/// map from32 { type ipv4_addr : verdict; elements = { 10.0.0.7 : jump given0 } }
/// map from24 { type ipv4_addr : verdict; flags interval; elements = { 10.0.3.0/24 : jump given1 } }
/// map pool1 { type ipv4_addr : ipv4_addr; elements = { 0.0.0.0 : 10.0.2.6, 0.0.0.1 : 10.0.2.7 } }
/// chain given { type nat hook postrouting priority 99; fib saddr type local accept;
///   ip daddr @internal accept; ip saddr vmap @from32; ip saddr vmap @from24; }
/// chain given0 { oifname "ens6" snat to 10.0.2.6; }
/// chain given1 { oifname "ens6" snat to ip saddr & 0.0.0.1 map @pool1; }
/// ```
///
/// What an address is missing for goes nowhere: `oifname "ens6" counter drop` ends its chain.
struct AddressChains {
    let given: GivenAddresses

    private static let base = "given"

    private static func name(ofEntry place: Int) -> String { "given\(place)" }
    /// The chain of a source that has several entries, one for each interface.
    private static func name(ofEntries places: [Int]) -> String {
        places.count == 1
            ? name(ofEntry: places[0]) : "given" + places.map { "\($0)" }.joined(separator: "and")
    }
    private static func name(ofMap length: Int) -> String { "from\(length)" }
    private static func name(ofPool place: Int) -> String { "pool\(place)" }

    /// Makes the chains.
    var chains: [[UInt8]] {
        (given.entries.indices.map { Self.name(ofEntry: $0) } + several.map(Self.name(ofEntries:)))
            .map { GateRequest.chain($0) } + [
                // NF_INET_POST_ROUTING.
                GateRequest.chain(
                    Self.base, type: "nat", hook: 4, priority: Int32(clamping: given.priority))
            ]
    }

    /// The maps: which chain has which sources, and the address of each host of a pool.
    var sets: [GateSet] {
        lengths.map { length, sources in
            GateSet(
                name: Self.name(ofMap: length),
                content: .verdicts(
                    sources.map { source, places in
                        GateSet.Verdict(
                            network: source,
                            decision: places.isEmpty
                                ? .accept : .jump(chain: Self.name(ofEntries: places)))
                    }, length: length))
        }
            + given.entries.enumerated().filter { $1.egress.addresses.count > 1 }.map {
                GateSet(name: Self.name(ofPool: $0), content: .addresses(Self.pairs($1)))
            }
    }

    /// Which address hosts with these low bits leave with.
    private static func pairs(
        _ entry: GivenAddresses.Entry
    ) -> [GateSet.Pair] {
        let pool = AddressPool(entry.egress.addresses)
        return (0...pool.mask).map { bits in
            GateSet.Pair(
                address: IPv4Address(rawValue: bits), other: pool.address(ofBits: bits))
        }.filter { !entry.absent.contains($0.other) }
    }

    /// Makes their rules.
    var rules: [[UInt8]] {
        let passes: [[NFTStatement]] = [
            [.loadSourceType, .equals(NFTStatement.own), .accept],
            [.loadDestination, .isIn(set: "internal"), .accept],
        ]
        return
            (passes + lengths.map { [.loadSource, .decidedBy(map: Self.name(ofMap: $0.length))] })
            .map { GateRequest.rule(Self.base, $0) }
            + given.entries.enumerated().flatMap { place, entry in
                Self.rules(of: entry, place).map {
                    GateRequest.rule(Self.name(ofEntry: place), $0)
                }
            }
            + several.flatMap { places in
                places.map {
                    GateRequest.rule(
                        Self.name(ofEntries: places), [.jump(chain: Self.name(ofEntry: $0))])
                }
            }
    }

    /// The places of the entries of sources that have several.
    private var several: [[Int]] {
        Set(places.values.filter { $0.count > 1 }).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The places of each source's entries; none for one that other NAT decides for.
    private var places: [IPv4Prefix: [Int]] {
        var places: [IPv4Prefix: [Int]] = [:]
        for (place, entry) in given.entries.enumerated() {
            for source in entry.sources { places[source, default: []].append(place) }
        }
        for source in given.plain { places[source] = [] }
        return places
    }

    private static func rules(of entry: GivenAddresses.Entry, _ place: Int) -> [[NFTStatement]] {
        let leaves: [NFTStatement] = [
            .loadOutputName, .equals(GateRequest.padded(entry.egress.interface)),
        ]
        let addresses = entry.egress.addresses
        let present = addresses.filter { !entry.absent.contains($0) }
        var rules: [[NFTStatement]] = []
        if let first = present.first {
            rules.append(
                leaves
                    + (addresses.count == 1
                        ? [.load(first)]
                        : [
                            .loadSource, .addressBits(mask: AddressPool(addresses).mask),
                            .loadMapped(by: name(ofPool: place)),
                        ]) + [.translateSource])
        }
        if present.count < addresses.count { rules.append(leaves + [.count, .drop]) }
        return rules
    }

    /// The sources by their length, the narrowest first: they decide. Each with the places of its
    /// entries.
    private var lengths: [(length: Int, sources: [(source: IPv4Prefix, places: [Int])])] {
        Dictionary(grouping: places.sorted { $0.key < $1.key }) { $0.key.length }
            .sorted { $0.key > $1.key }
            .map { length, sources in (length, sources.map { ($0.key, $0.value) }) }
    }
}
