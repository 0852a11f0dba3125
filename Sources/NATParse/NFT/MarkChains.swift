import NATModel

/// The chains by which connections keep the egress they began with, in natdeck's own table.
///
/// They say to nft(8), for the bits 0x00ff0000 and two egresses:
///
/// ```
/// set remembered { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.7, … } }
/// chain restore { type filter hook prerouting priority -99;
///   meta mark == 0 meta mark set ct mark & 0x00ff0000; }
/// chain remember { type filter hook forward priority 5; ct mark & 0x00ff0000 != 0 accept;
///   meta mark & 0xff00ffff != 0 accept; ct direction reply accept;
///   ct status & dnat != 0 ip daddr @remembered jump arrived;
///   ip daddr @internal accept; ip saddr @remembered jump leaving; }
/// chain arrived { iifname "ens5" ct mark set ct mark & 0xff00ffff | 0x00010000; … }
/// chain leaving { oifname "ens5" ct mark set ct mark & 0xff00ffff | 0x00010000; … }
/// ```
///
/// What somebody else marks is steered by somebody else, and left alone. Only what the gate and the
/// filters before it let through is remembered, so no connection is that begins by a wrong egress.
///
/// Where a first packet tells all of its connection, a chain of type nat stands in the place of
/// remember: the kernel asks such a chain of no other packet.
///
/// ```
/// chain begin { type nat hook postrouting priority -199; ct mark & 0x00ff0000 != 0 accept;
///   meta mark & 0xff00ffff != 0 accept; fib saddr type local accept;
///   ct status & dnat != 0 ip daddr @remembered jump arrived;
///   ip daddr @internal accept; ip saddr @remembered jump leaving; }
/// ```
///
/// It comes before all other NAT: the kernel asks no further once a source is translated. What the
/// box itself sends comes here too, and is not remembered.
///
/// Where the map steers sources, restore says more:
///
/// ```
/// map steer32 { type ipv4_addr : verdict; elements = { 10.0.0.7 : goto to1, … } }
/// set covered { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/24, … } }
/// chain restore { type filter hook prerouting priority -99;
///   meta mark == 0 ct mark & 0x00ff0000 != 0 meta mark set ct mark & 0x00ff0000 accept;
///   meta mark & 0x00ff0000 != 0 accept;
///   ip saddr vmap @steer32; ip saddr vmap @steer24; ip saddr @covered goto free;
///   ip daddr @covered goto back; }
/// chain to1 { ct direction original ct reply ip daddr vmap @begun;
///   ct direction reply ct original ip daddr vmap @begun;
///   meta mark set meta mark & 0xff00ffff | 0x00010000; }
/// map begun { type ipv4_addr : verdict; elements = { 172.31.8.207 : goto begun1, … } }
/// chain begun1 { ct mark set ct mark & 0xff00ffff | 0x00010000;
///   meta mark set meta mark & 0xff00ffff | 0x00010000; }
/// chain free { meta mark set meta mark & 0xff00ffff | 0x00ff0000; }
/// chain back { iifname "ens5" meta mark set meta mark & 0xff00ffff | 0x00010000 accept; …
///   goto free; }
/// ```
///
/// A connection without a mark that has left by an egress began before the map steered its source,
/// and stays where it began: the address that its answers go to tells by which egress that was, and
/// of a port forward the one that it came in at.
///
/// What somebody else marks too is steered so all the same, as it is by rules: his rules come where
/// they come. What goes to a closed network needs a mark as well, for whoever looks for the way back
/// to it: hence behind the translation of destinations.
struct MarkChains {
    let marks: ConnectionMarks
    var map: SourceMap? = nil

    /// The set of the sources whose connections are remembered.
    static let set = "remembered"

    private static let (restore, remember, begin) = ("restore", "remember", "begin")
    private static let (arrived, leaving) = ("arrived", "leaving")
    private static let (back, begun) = ("back", "begun")

    /// The sets and maps that the rules look into.
    var sets: [GateSet] {
        // A source that the map leaves to a rule is remembered like any other.
        let remembered = AddressRanges.of(marks.sources + (map.map { Array($0.sources) } ?? []))
        let sets = [GateSet(name: Self.set, content: .ranges(remembered))]
        guard let map else { return sets }
        let stayed =
            begun.isEmpty ? [] : [GateSet(name: Self.begun, content: .verdicts(begun, length: 32))]
        let maps = map.lengths.map { length in
            GateSet(
                name: SourceMap.table(ofLength: length),
                content: .numbers(map.entries(ofLength: length), length: length))
        }
        return sets + [
            GateSet(name: SourceMap.covered, content: .ranges(AddressRanges.of(map.cover)))
        ] + stayed + maps
    }

    /// What marks a connection by the address of the box that answers to it go to. Of two interfaces
    /// with one address the first counts.
    private var begun: [GateSet.Verdict] {
        let numbers = marked.flatMap { number, _ in
            (marks.addresses[number] ?? []).map { ($0, number) }
        }
        return Dictionary(numbers, uniquingKeysWith: { first, _ in first })
            .sorted { $0.key < $1.key }.map { address, number in
                GateSet.Verdict(
                    network: IPv4Prefix(address), decision: .goto(chain: Self.name(begun: number)))
            }
    }

    private static func name(begun number: Int) -> String { "\(begun)\(number)" }

    /// The egresses with a mark, in order.
    private var marked: [(number: Int, mark: PacketMark)] {
        marks.egresses.keys.sorted().compactMap { number in
            marks.mark(of: number).map { (number, $0) }
        }
    }

    /// The chains that lead a packet to an egress, or past all of them.
    private var marking: [String] {
        if map == nil { return [] }
        return [SourceMap.chain(of: SourceMap.free)]
            + marked.flatMap { [SourceMap.chain(of: $0.number), Self.name(begun: $0.number)] }
            + [Self.back]
    }

    /// Makes the chains.
    var chains: [ChainMessage] {
        marking.map { GateRequest.chain($0) }
            + [
                // NF_INET_PRE_ROUTING after the mangle tables of others and the translation of
                // destinations, before routing.
                GateRequest.chain(Self.restore, hook: 0, priority: -99),
                marks.looksOnce
                    // NF_INET_POST_ROUTING, and behind NF_IP_PRI_CONNTRACK, as the kernel has it.
                    ? GateRequest.chain(
                        Self.begin, type: "nat", hook: 4,
                        priority: Int32(GivenAddresses.earliestPriority - 1))
                    // NF_INET_FORWARD after the gate and the filters of iptables.
                    : GateRequest.chain(Self.remember, hook: 2, priority: 5),
                GateRequest.chain(Self.arrived), GateRequest.chain(Self.leaving),
            ]
    }

    private var isMarked: [NFTStatement] {
        [.loadConnectionMark, own, .differs(NFTStatement.none)]
    }

    private var restoring: [[NFTStatement]] {
        // Every packet goes through this, so it is as short as can be.
        let isFree: [NFTStatement] = [.loadPacketMark, .equals(NFTStatement.none)]
        guard let map else { return [isFree + [.loadConnectionMark, own, .setPacketMark]] }
        return [
            isFree + isMarked + [.setPacketMark, .accept],
            [.loadPacketMark, own, .differs(NFTStatement.none), .accept],
        ]
            + map.lengths.map {
                [.loadSource, .decidedBy(map: SourceMap.table(ofLength: $0))]
            }
            + [
                [
                    .loadSource, .isIn(set: SourceMap.covered),
                    .goto(chain: SourceMap.chain(of: SourceMap.free)),
                ],
                [
                    .loadDestination, .isIn(set: SourceMap.covered), .goto(chain: Self.back),
                ],
            ]
    }

    /// Makes their rules.
    var rules: [ChainMessage] {
        let isAnswer: [NFTStatement] = [.loadDirection, .equals(NFTStatement.answer), .accept]
        let isOwn: [NFTStatement] = [.loadSourceType, .equals(NFTStatement.own), .accept]
        let remember: [[NFTStatement]] =
            [
                isMarked + [.accept],
                [
                    .loadPacketMark, .bits(mask: ~marks.mask, turning: 0),
                    .differs(NFTStatement.none), .accept,
                ],
                marks.looksOnce ? isOwn : isAnswer,
                [
                    .loadStatus, .bits(mask: NFTStatement.destinationTranslated, turning: 0),
                    .differs(NFTStatement.none), .loadDestination, .isIn(set: Self.set),
                    .jump(chain: Self.arrived),
                ],
                [.loadDestination, .isIn(set: "internal"), .accept],
                [.loadSource, .isIn(set: Self.set), .jump(chain: Self.leaving)],
            ]
        let ends = marks.marked.flatMap { mark, egress in
            [
                (Self.arrived, NFTStatement.loadInputName),
                (Self.leaving, NFTStatement.loadOutputName),
            ].map {
                chain, name in
                GateRequest.rule(
                    chain,
                    [name, .equals(GateRequest.padded(egress))] + setConnectionMark(mark))
            }
        }
        return markingRules + restoring.map { GateRequest.rule(Self.restore, $0) }
            + remember.map { GateRequest.rule(marks.looksOnce ? Self.begin : Self.remember, $0) }
            + ends
    }

    /// The rules of the chains that lead a packet to an egress, or past all of them.
    private var markingRules: [ChainMessage] {
        if map == nil { return [] }
        let free = SourceMap.chain(of: SourceMap.free)
        let stayings = stayings
        return [GateRequest.rule(free, setPacketMark(marks.free))]
            + marked.flatMap { number, mark in
                (stayings + [setPacketMark(mark)]).map {
                    GateRequest.rule(SourceMap.chain(of: number), $0)
                }
                    + [setConnectionMark(mark), setPacketMark(mark)].map {
                        GateRequest.rule(Self.name(begun: number), $0)
                    }
            }
            + marks.marked.map { mark, egress in
                GateRequest.rule(
                    Self.back,
                    [.loadInputName, .equals(GateRequest.padded(egress))] + setPacketMark(mark)
                        + [.accept])
            } + [GateRequest.rule(Self.back, [.goto(chain: free)])]
    }

    /// What lets a connection without a mark stay where it began. A first packet is not translated
    /// yet, so its answers would go to no address of the box.
    private var stayings: [[NFTStatement]] {
        if begun.isEmpty { return [] }
        return [
            [
                .loadDirection, .equals(NFTStatement.begin), .loadReplyDestination,
                .decidedBy(map: Self.begun),
            ],
            [
                .loadDirection, .equals(NFTStatement.answer), .loadOriginalDestination,
                .decidedBy(map: Self.begun),
            ],
        ]
    }

    private func setPacketMark(_ mark: PacketMark) -> [NFTStatement] {
        [.loadPacketMark, .bits(mask: ~marks.mask, turning: mark.value), .setPacketMark]
    }

    private func setConnectionMark(_ mark: PacketMark) -> [NFTStatement] {
        [.loadConnectionMark, .bits(mask: ~marks.mask, turning: mark.value), .setConnectionMark]
    }

    /// The bits of what was loaded that are natdeck's.
    private var own: NFTStatement { .bits(mask: marks.mask, turning: 0) }

    /// Makes the chains that keep a marked connection at its egress: that of an egress lets nothing
    /// else by.
    var keepingChains: [ChainMessage] {
        marks.marked.indices.map { GateRequest.chain(Self.name(ofMark: $0)) }
    }

    /// Makes their rules.
    var keepingRules: [ChainMessage] {
        marks.marked.enumerated().flatMap { place, marked in
            [
                GateRequest.rule(
                    Self.name(ofMark: place),
                    [.loadOutputName, .equals(GateRequest.padded(marked.egress)), .accept]),
                GateRequest.rule(Self.name(ofMark: place), [.count, .drop]),
            ]
        }
    }

    /// What leads to them from the gate.
    var passes: [[NFTStatement]] {
        marks.marked.enumerated().map { place, marked in
            [
                .loadConnectionMark, own, .equals(NetlinkRequest.number(marked.mark.value)),
                .jump(chain: Self.name(ofMark: place)),
            ]
        }
    }

    private static func name(ofMark place: Int) -> String { "marked\(place)" }
}
