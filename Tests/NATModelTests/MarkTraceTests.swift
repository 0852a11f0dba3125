import NATModel
import Testing

private func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }

/// The mark of what a host sends is followed from rule to rule. NATPacketTests hold it against the
/// kernel on random tables.
@Suite struct MarkTraceTests {
    private let host = prefix("10.77.100.11")

    private func table(
        _ name: String, _ chains: [(name: String, rules: [NATRule])], policy: String = "ACCEPT"
    ) -> NATRuleSet {
        NATRuleSet(
            backend: .nfTables, program: "iptables-nft", table: name,
            chains: chains.map { chain in
                let isBase = chain.name == chain.name.uppercased()
                return NATChain(
                    name: chain.name, policy: isBase ? policy : nil, rules: chain.rules)
            })
    }

    private func packet(from input: String = "tailscale0") -> ForwardedPacket {
        ForwardedPacket(source: host, input: input, output: "ens5")
    }

    /// As tailscaled has it on a node that others leave by: who comes in by the tailnet is marked in
    /// FORWARD, accepted by that and translated by that.
    @Test func `a mark that FORWARD gives is known there and where the source is translated`()
        throws
    {
        let marked = "mark match 0x40000/0xff0000"
        let forward = table(
            "filter",
            [
                ("FORWARD", [NATRule(target: "ts-forward")]),
                (
                    "ts-forward",
                    [
                        NATRule(
                            target: "MARK", input: "tailscale0", extra: "MARK xset 0x40000/0xff0000"
                        ),
                        NATRule(target: "ACCEPT", extra: marked),
                    ]
                ),
            ], policy: "DROP")
        let masquerade = NATRule(target: "MASQUERADE", extra: marked)
        let box = BoxFilters(
            nat: [table("nat", [("POSTROUTING", [masquerade])])], forward: [forward])
        #expect(box.forward(packet())?.passes == true)
        #expect(box.nat(packet())?.translation == masquerade)
        // Who comes in elsewhere has no mark: dropped, and translated by nothing.
        #expect(box.forward(packet(from: "br-lan"))?.isDropped == true)
        #expect(box.nat(packet(from: "br-lan"))?.onlyOutcome?.end == .passes)
    }

    /// As kube-proxy has it: nothing but what a service is for has the bit.
    @Test func `a bit that no rule sets for a host is known not to be set`() throws {
        let marked = "mark match ! 0x4000/0x4000"
        let masquerade = NATRule(target: "MASQUERADE")
        let nat = table(
            "nat",
            [
                ("PREROUTING", [NATRule(target: "KUBE-MARK-MASQ-x", destination: "10.43.0.1")]),
                ("KUBE-MARK-MASQ-x", [NATRule(target: "MARK", extra: "MARK or 0x4000")]),
                (
                    "POSTROUTING",
                    [NATRule(target: "KUBE-x"), NATRule(target: "MASQUERADE", output: "ens5")]
                ),
                (
                    "KUBE-x",
                    [
                        NATRule(target: "RETURN", extra: marked),
                        NATRule(target: "MARK", extra: "MARK xor 0x4000"), masquerade,
                    ]
                ),
            ])
        let box = BoxFilters(nat: [nat], forward: [])
        #expect(box.nat(packet())?.translation?.output == "ens5")
        #expect(box.nat(packet())?.doubts == [])
    }

    /// As mwan3 has it, with the mark of a new connection restored, given and saved.
    @Test func `what a chain gives by source is known when a packet is routed`() {
        let free = "mark match 0x0/0x3f00"
        func mangle(_ restored: String) -> NATRuleSet {
            table(
                "mangle",
                [
                    (
                        "PREROUTING",
                        [
                            NATRule(target: "CONNMARK", extra: restored),
                            NATRule(target: "rules", extra: free),
                            NATRule(target: "CONNMARK", extra: "CONNMARK save mask 0x3f00"),
                        ]
                    ),
                    (
                        "rules",
                        [
                            NATRule(
                                target: "MARK", source: "10.77.100.11",
                                extra: "\(free) MARK xset 0x200/0x3f00"),
                            NATRule(target: "MARK", extra: "\(free) MARK xset 0x100/0x3f00"),
                        ]
                    ),
                ])
        }
        func decision(_ source: IPv4Prefix, _ restored: String) -> EgressDecision {
            var snapshot = Snapshot.unread(hostName: "")
            snapshot.nat = .value([])
            snapshot.forward = .value([mangle(restored)])
            snapshot.interfaces = .value([])
            snapshot.tables = .value(
                [(254, "ens5"), (1, "ens5"), (2, "ens6")].map { id, name in
                    FIBTable(id: id, routes: [Route(destination: .all, interface: name)])
                })
            snapshot.rules = .value([
                RoutingPolicyRule(
                    priority: 2001, action: .lookup(table: 1), mark: PacketMark(0x100, mask: 0x3f00)
                ),
                RoutingPolicyRule(
                    priority: 2002, action: .lookup(table: 2), mark: PacketMark(0x200, mask: 0x3f00)
                ),
                RoutingPolicyRule(priority: 32766, action: .lookup(table: 254)),
            ])
            return BoxFacts(snapshot).decision(for: source)
        }
        let words = "CONNMARK restore mask 0x3f00"
        #expect(decision(host, words).end == .leaves(by: "ens6"))
        #expect(decision(host, words).doubts == [])
        #expect(decision(prefix("10.77.100.12"), words).rule?.priority == 2001)
        // What is not understood may be anything.
        let unclear = decision(host, "CONNMARK transmogrify 0x3f00")
        #expect(unclear.doubts.map(\.priority) == [2002])
    }

    @Test func `a rule that may match leaves known what both ways have in common`() {
        let mangle = table(
            "mangle",
            [
                (
                    "PREROUTING",
                    [
                        NATRule(
                            target: "MARK",
                            extra: "statistic mode random probability 0.5 MARK set 0x5")
                    ]
                )
            ])
        func passes(_ mark: String) -> Bool? {
            let accept = NATRule(target: "ACCEPT", extra: "mark match \(mark)")
            let filter = table("filter", [("FORWARD", [accept])], policy: "DROP")
            return box(mangle, filter).forward(packet())?.passes
        }
        func box(_ sets: NATRuleSet...) -> BoxFilters { BoxFilters(nat: [], forward: sets) }
        #expect(passes("0x0/0x2") == true)
        #expect(passes("0x0/0x4") == false)
        #expect(passes("0x2/0x2") == false)
    }

    @Test func `what comes by a tunnel of the box may bring a mark along`() {
        let mangle = table(
            "mangle",
            [("PREROUTING", [NATRule(target: "MARK", input: "eth9", extra: "MARK set 0x1")])])
        let drop = NATRule(target: "DROP", extra: "mark match 0x1")
        let filter = table("filter", [("FORWARD", [drop])])
        let box = BoxFilters(nat: [], forward: [mangle, filter], tunnels: ["gre1"])
        #expect(box.forward(packet(from: "br-lan"))?.passes == true)
        #expect(box.forward(packet(from: "gre1"))?.doubts.map(\.rule) == [drop])
    }
}
