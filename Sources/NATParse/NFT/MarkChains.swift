import NATModel

/// The chains by which connections keep the egress they began with, in natdeck's own table.
///
/// They say to nft(8), for the bits 0x00ff0000 and two egresses:
///
/// ```
/// set remembered { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.7, … } }
/// chain restore { type filter hook prerouting priority -149; ct mark & 0x00ff0000 == 0 accept;
///   meta mark != 0 accept; meta mark set ct mark & 0x00ff0000; }
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
struct MarkChains {
    let marks: ConnectionMarks

    /// The set of the sources whose connections are remembered.
    static let set = "remembered"

    private static let (restore, remember) = ("restore", "remember")
    private static let (arrived, leaving) = ("arrived", "leaving")

    /// The addresses whose connections are remembered.
    var sources: [ClosedRange<UInt32>] { AddressRanges.of(marks.sources) }

    /// Makes the chains.
    var chains: [[UInt8]] {
        [
            // NF_INET_PRE_ROUTING after the mangle tables of others, before routing.
            GateRequest.chain(Self.restore, hook: 0, priority: -149),
            // NF_INET_FORWARD after the gate and the filters of iptables.
            GateRequest.chain(Self.remember, hook: 2, priority: 5),
            GateRequest.chain(Self.arrived), GateRequest.chain(Self.leaving),
        ]
    }

    /// Makes their rules.
    var rules: [[UInt8]] {
        let isUnmarked: [NFTStatement] = [own, .equals(NFTStatement.none)]
        let restore: [[NFTStatement]] = [
            [.loadConnectionMark] + isUnmarked + [.accept],
            [.loadPacketMark, .differs(NFTStatement.none), .accept],
            [.loadConnectionMark, own, .setPacketMark],
        ]
        let remember: [[NFTStatement]] = [
            [.loadConnectionMark, own, .differs(NFTStatement.none), .accept],
            [
                .loadPacketMark, .bits(mask: ~marks.mask, turning: 0), .differs(NFTStatement.none),
                .accept,
            ],
            [.loadDirection, .equals(NFTStatement.answer), .accept],
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
                    [
                        name, .equals(GateRequest.padded(egress)), .loadConnectionMark,
                        .bits(mask: ~marks.mask, turning: mark.value), .setConnectionMark,
                    ])
            }
        }
        return restore.map { GateRequest.rule(Self.restore, $0) }
            + remember.map { GateRequest.rule(Self.remember, $0) } + ends
    }

    /// The bits of what was loaded that are natdeck's.
    private var own: NFTStatement { .bits(mask: marks.mask, turning: 0) }

    /// Makes the chains that keep a marked connection at its egress: that of an egress lets nothing
    /// else by.
    var keepingChains: [[UInt8]] {
        marks.marked.indices.map { GateRequest.chain(Self.name(ofMark: $0)) }
    }

    /// Makes their rules.
    var keepingRules: [[UInt8]] {
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
