import NATModel

/// The chains by which sources leave with one of the addresses of their interface, in natdeck's own
/// table.
///
/// They say to nft(8), for one source with an address and one with two:
///
/// ```
/// map from32 { type ipv4_addr : verdict; elements = { 10.0.0.7 : goto given/ens6/10.0.2.6 } }
/// map from24 { type ipv4_addr : verdict; flags interval;
///   elements = { 10.0.3.0/24 : goto given/ens6/10.0.2.6/10.0.2.7 } }
/// map pool/ens6/10.0.2.6/10.0.2.7 { type ipv4_addr : ipv4_addr;
///   elements = { 0.0.0.0 : 10.0.2.6, 0.0.0.1 : 10.0.2.7 } }
/// chain given { type nat hook postrouting priority 99; fib saddr type local accept;
///   ip daddr @internal accept; ip saddr vmap @from32; ip saddr vmap @from24; }
/// chain given/ens6/10.0.2.6 { oifname "ens6" ip saddr set 10.0.2.6;
///   oifname "ens6" fib saddr . oif type != local counter drop;
///   oifname "ens6" snat to ip saddr; }
/// chain given/ens6/10.0.2.6/10.0.2.7 {
///   oifname "ens6" ip saddr set ip saddr & 0.0.0.1 map @pool/ens6/10.0.2.6/10.0.2.7; … }
/// ```
///
/// The narrowest source decides alone: a host that moves by the interface of its network leaves with
/// none of the network's addresses.
///
/// A chain is named after what it gives, and never gives anything else: a packet that is on its way
/// while the table changes gets what was or what is to be, and no third address.
///
/// An address that the interface does not have is given to nobody: what is to leave with it goes
/// nowhere, from the moment it has left until it is back. The kernel can ask that only of an address
/// that stands in the packet, so it is written there first; `snat` makes it the connection's. Later
/// packets of a connection do not come here.
struct AddressChains {
    /// One entry for each egress.
    private let given: GivenAddresses

    init(_ given: GivenAddresses) {
        var whole = given
        whole.entries = []
        for entry in given.entries {
            if let place = whole.entries.firstIndex(where: { $0.egress == entry.egress }) {
                whole.entries[place].sources =
                    (whole.entries[place].sources + entry.sources).uniqued()
            } else {
                whole.entries.append(entry)
            }
        }
        self.given = whole
    }

    private static let base = "given"

    private func name(ofEntry place: Int) -> String { Self.name([Self.base, words(place)]) }
    /// The chain of a source that has several entries, one for each interface.
    private func name(ofEntries places: [Int]) -> String {
        places.count == 1
            ? name(ofEntry: places[0]) : Self.name([Self.base, "any"] + places.map(words))
    }
    private func name(ofPool place: Int) -> String { Self.name(["pool", words(place)]) }

    /// The interface of an entry and its addresses, in letters that nft(8) takes in a name.
    private func words(_ place: Int) -> String {
        let egress = given.entries[place].egress
        let letters = Set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-".utf8)
        let interface = KernelName.bytes(egress.interface).map { byte in
            letters.contains(byte)
                ? String(Unicode.Scalar(byte)) : "_" + String(byte, radix: 16)
        }
        return ([interface.joined()] + egress.addresses.map(\.description)).joined(separator: "/")
    }

    /// A name of these parts; of very many addresses a number stands for them.
    private static func name(_ parts: [String]) -> String {
        let whole = parts.joined(separator: "/")
        if whole.utf8.count <= longestName { return whole }
        var hash = NFTHash()
        hash.add(bytes: whole.utf8)
        return "\(parts[0])/\(String(hash.value, radix: 16))"
    }

    /// The kernel takes 255 bytes.
    private static let longestName = 200

    private static func name(ofMap length: Int) -> String { "from\(length)" }

    /// Makes the chains.
    var chains: [ChainMessage] {
        (given.entries.indices.map(name(ofEntry:)) + several.map(name(ofEntries:)))
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
                                ? .accept : .goto(chain: name(ofEntries: places)))
                    }, length: length))
        }
            + given.entries.enumerated().filter { $1.egress.addresses.count > 1 }.map {
                GateSet(name: name(ofPool: $0), content: .addresses(Self.pairs($1)))
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
        }
    }

    /// Makes their rules.
    var rules: [ChainMessage] {
        let passes: [[NFTStatement]] = [
            [.loadSourceType, .equals(NFTStatement.own), .accept],
            [.loadDestination, .isIn(set: "internal"), .accept],
        ]
        return
            (passes + lengths.map { [.loadSource, .decidedBy(map: Self.name(ofMap: $0.length))] })
            .map { GateRequest.rule(Self.base, $0) }
            + given.entries.enumerated().flatMap { place, entry in
                rules(of: entry, place).map {
                    GateRequest.rule(name(ofEntry: place), $0)
                }
            }
            + several.flatMap { places in
                places.map {
                    GateRequest.rule(
                        name(ofEntries: places), [.jump(chain: name(ofEntry: $0))])
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

    private func rules(of entry: GivenAddresses.Entry, _ place: Int) -> [[NFTStatement]] {
        let leaves: [NFTStatement] = [
            .loadOutputName, .equals(GateRequest.padded(entry.egress.interface)),
        ]
        let addresses = entry.egress.addresses
        let loads: [NFTStatement] =
            addresses.count == 1
            ? addresses.map { .load($0) }
            : [
                .loadSource, .addressBits(mask: AddressPool(addresses).mask),
                .loadMapped(by: name(ofPool: place)),
            ]
        return [
            leaves + loads + [.setSource],
            leaves + [.loadSourceTypeThere, .differs(NFTStatement.own), .count, .drop],
            leaves + [.loadSource, .translateSource],
        ]
    }

    /// The sources by their length, the narrowest first: they decide. Each with the places of its
    /// entries.
    private var lengths: [(length: Int, sources: [(source: IPv4Prefix, places: [Int])])] {
        Dictionary(grouping: places.sorted { $0.key < $1.key }) { $0.key.length }
            .sorted { $0.key > $1.key }
            .map { length, sources in (length, sources.map { ($0.key, $0.value) }) }
    }
}
