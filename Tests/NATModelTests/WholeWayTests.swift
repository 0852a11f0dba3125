import NATModel
import Testing

private func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }
private func address(_ text: String) -> IPv4Address { prefix(text).network }
private let host = prefix("172.31.26.176")

/// A connection needs its answers too, and the chains before and behind FORWARD.
@Suite struct WholeWayTests {
    private func filters(_ chains: [NATChain], table: String = "filter") -> BoxFilters {
        BoxFilters(
            nat: [],
            forward: [
                NATRuleSet(
                    backend: .nfTables, program: "iptables-nft", table: table, chains: chains)
            ])
    }

    private func chain(_ name: String, _ rules: [NATRule], policy: String = "ACCEPT") -> NATChain {
        NATChain(name: name, policy: policy, rules: rules)
    }

    private var packet: ForwardedPacket {
        ForwardedPacket(source: host, input: "lan0", output: "eth1")
    }

    @Test(arguments: [
        // input, output, destination, extra; what becomes of the answer behind a policy of DROP
        ("eth1", "*", "0.0.0.0/0", "ctstate RELATED,ESTABLISHED", RuleMatch.always),
        ("*", "lan0", "172.31.0.0/16", "", .always),
        ("*", "*", "0.0.0.0/0", "! ctstate NEW", .always),
        ("*", "*", "0.0.0.0/0", "tcp spt:443 ctstate ESTABLISHED", .sometimes),
        ("*", "*", "172.31.26.176", "ctstate SNAT", .sometimes),
        ("eth0", "*", "0.0.0.0/0", "ctstate RELATED,ESTABLISHED", .never),
        ("lan0", "*", "0.0.0.0/0", "", .never), ("*", "eth1", "0.0.0.0/0", "", .never),
        ("*", "*", "172.31.26.175", "", .never), ("*", "*", "0.0.0.0/0", "ctstate NEW", .never),
    ])
    func `an answer comes by the other interface, and is ESTABLISHED`(
        input: String, output: String, destination: String, extra: String, match: RuleMatch
    ) throws {
        let accept = NATRule(
            target: "ACCEPT", input: input, output: output, destination: destination, extra: extra)
        let box = filters([chain("FORWARD", [accept], policy: "DROP")])
        let verdict = try #require(box.forward(packet.answer))
        #expect(verdict.isDropped == (match == .never))
        #expect(verdict.passes == (match == .always))
    }

    @Test func `a rule for sources of one's own drops no answer, nor costs a look`() throws {
        let others = (0..<9).map { NATRule(target: "DROP", source: "172.31.27.\($0)") }
        let box = filters([chain("FORWARD", [NATRule(target: "DROP", source: "172.31.0.0/16")])])
        #expect(box.forward(packet.answer)?.passes == true)
        #expect(box.forward(packet)?.isDropped == true)
        #expect(filters([chain("FORWARD", others)]).forward(packet.answer)?.passes == true)
    }

    @Test func `the command that lets answers in names their way and their state`() throws {
        let iptables = try #require(
            filters([chain("FORWARD", [], policy: "DROP")]).forward(packet.answer))
        #expect(
            iptables.openingCommands.map(\.description) == [
                "iptables-nft -I FORWARD -i eth1 -o lan0 -d 172.31.26.176 -m conntrack --ctstate"
                    + " RELATED,ESTABLISHED -j ACCEPT"
            ])
        let base = NATChain.Base(type: "filter", hook: "forward", priority: 0, handle: 1)
        let nft = BoxFilters(
            nat: [],
            forward: [NATRuleSet.of([], policy: "drop", table: "fw", chain: "fwd", base: base)])
        #expect(
            nft.forward(packet.answer)?.openingCommands.map(\.description) == [
                "nft insert rule ip fw fwd iifname eth1 oifname lan0 ip daddr 172.31.26.176 ct state"
                    + " related,established accept"
            ])
    }

    @Test(arguments: [
        (
            "raw", "PREROUTING",
            "iptables-nft -t raw -I PREROUTING -i lan0 -s 172.31.26.176 -j ACCEPT"
        ),
        (
            "mangle", "PREROUTING",
            "iptables-nft -t mangle -I PREROUTING -i lan0 -s 172.31.26.176 -j ACCEPT"
        ),
        (
            "mangle", "POSTROUTING",
            "iptables-nft -t mangle -I POSTROUTING -o eth1 -s 172.31.26.176 -j ACCEPT"
        ),
    ])
    func `what drops before or behind FORWARD drops, and iptables takes the command`(
        table: String, name: String, command: String
    ) throws {
        let box = filters(
            [chain(name, [NATRule(target: "DROP", source: "172.31.26.176")])], table: table)
        let verdict = try #require(box.forward(packet))
        #expect(verdict.drops.map(\.base.chain) == [name])
        #expect(verdict.openingCommands.map(\.description) == [command])
        #expect(box.forward(packet.answer)?.passes == true)
    }

    /// Where NAT has been, or has not been yet, another address stands for the host.
    @Test func `a chain is asked for the address that stands there`() throws {
        func base(_ hook: String, _ priority: Int) -> NATChain.Base {
            NATChain.Base(type: "filter", hook: hook, priority: priority, handle: 1)
        }
        func box(_ hook: String, _ priority: Int, _ rule: NATRule) -> BoxFilters {
            BoxFilters(
                nat: [],
                forward: [
                    NATRuleSet.of([rule], table: "fw", chain: "c", base: base(hook, priority))
                ])
        }
        let fromHost = NATRule(target: "DROP", source: "172.31.26.176")
        let fromNIC = NATRule(target: "DROP", source: "172.31.8.208")
        let toHost = NATRule(target: "DROP", destination: "172.31.26.176")
        let toNIC = NATRule(target: "DROP", destination: "172.31.8.208")
        var known = packet
        known.outsideAddress = address("172.31.8.208")
        #expect(box("postrouting", -150, fromHost).forward(known)?.isDropped == true)
        #expect(box("postrouting", 150, fromHost).forward(known)?.passes == true)
        #expect(box("postrouting", 150, fromNIC).forward(known)?.isDropped == true)
        #expect(box("prerouting", -150, toHost).forward(known.answer)?.passes == true)
        #expect(box("prerouting", -150, toNIC).forward(known.answer)?.isDropped == true)
        #expect(box("prerouting", -90, toHost).forward(known.answer)?.isDropped == true)
        // Where the address is not known, neither is that.
        #expect(box("prerouting", -150, toNIC).forward(packet.answer)?.doubts.count == 1)
        #expect(box("postrouting", 150, fromHost).forward(packet)?.doubts.count == 1)
        // Before conntrack no state is known.
        let established = NATRule(target: "DROP", extra: "ctstate ESTABLISHED")
        #expect(box("prerouting", -150, established).forward(packet)?.passes == true)
        #expect(box("prerouting", -300, established).forward(packet)?.doubts.count == 1)
    }

    @Test func `a chain of a device or a bridge is passed by what goes that way`() throws {
        func set(
            _ family: String, _ hook: String, _ devices: [String]?, _ rule: NATRule
        ) -> NATRuleSet {
            NATRuleSet(
                backend: .nfTables, program: NATRuleSet.nft, family: family, table: "t",
                chains: [
                    NATChain(
                        name: "c", policy: "ACCEPT",
                        base: NATChain.Base(
                            type: "filter", hook: hook, priority: 0, handle: 1,
                            devices: devices?.map { InterfaceSelector.Pattern($0) }), rules: [rule])
                ])
        }
        var links = [
            Interface(name: "lan0", index: 2, state: .up, kind: "bridge"),
            Interface(name: "port1", index: 3, state: .up),
            Interface(name: "eth1", index: 4, state: .up, kind: "vlan"),
            Interface(name: "eth9", index: 5, state: .up),
        ]
        links[1].master = "lan0"
        links[2].parent = "eth9"
        func verdict(
            _ family: String, _ hook: String, _ devices: [String]?, _ rule: NATRule,
            _ packet: ForwardedPacket, ports: Int = 1
        ) throws -> String {
            var all = links
            if ports > 1 {
                all.append(Interface(name: "port2", index: 6, state: .up))
                all[4].master = "lan0"
            }
            let box = BoxFilters(
                nat: [], forward: [set(family, hook, devices, rule)], links: LinkLayers(all))
            let verdict = try #require(box.forward(packet))
            return verdict.isDropped ? "drops" : verdict.passes ? "passes" : "may drop"
        }
        var known = packet
        known.outsideAddress = address("172.31.8.208")
        let fromHost = NATRule(target: "DROP", source: "172.31.26.176")
        let toNIC = NATRule(target: "DROP", destination: "172.31.8.208")
        let fromNIC = NATRule(target: "DROP", source: "172.31.8.208")
        #expect(try verdict("netdev", "ingress", ["lan0"], fromHost, known) == "drops")
        #expect(try verdict("inet", "ingress", ["eth0", "lan0"], fromHost, known) == "drops")
        #expect(try verdict("netdev", "ingress", ["eth0"], fromHost, known) == "passes")
        #expect(try verdict("netdev", "ingress", ["port1"], fromHost, known) == "drops")
        #expect(
            try verdict("netdev", "ingress", ["port1"], fromHost, known, ports: 2) == "may drop")
        // Of a VLAN the parent sees frames with tags.
        #expect(try verdict("netdev", "egress", ["eth9"], fromNIC, known) == "may drop")
        #expect(try verdict("netdev", "egress", ["eth1"], fromNIC, known) == "drops")
        #expect(try verdict("netdev", "egress", ["eth1"], fromHost, known) == "passes")
        #expect(try verdict("netdev", "ingress", ["eth1"], toNIC, known.answer) == "drops")
        #expect(try verdict("netdev", "egress", ["lan0"], toNIC, known.answer) == "passes")
        #expect(try verdict("bridge", "input", nil, fromHost, known) == "drops")
        #expect(try verdict("bridge", "postrouting", nil, fromNIC, known) == "passes")
        let byPort = NATRule(target: "DROP", input: "port1", source: "172.31.26.176")
        #expect(try verdict("bridge", "prerouting", nil, byPort, known) == "may drop")
        // Where nobody knows by which interface a host comes in, nobody knows that.
        var unknown = known
        unknown.input = nil
        #expect(try verdict("netdev", "ingress", ["lan0"], fromHost, unknown) == "may drop")
        #expect(try verdict("bridge", "input", nil, fromHost, unknown) == "may drop")
    }

    @Test func `an answer is for the box until it is translated back, and from nobody of it`()
        throws
    {
        func verdict(_ table: String, _ extra: String, isOwn: Bool?) throws -> String {
            let rule = NATRule(target: "DROP", input: "eth1", extra: extra)
            var packet = packet.answer
            packet.outsideAddress = isOwn.map { _ in address("172.31.8.208") }
            packet.isOutsideAddressOwn = isOwn
            let name = table == "filter" ? "FORWARD" : "PREROUTING"
            let verdict = try #require(
                filters([chain(name, [rule])], table: table).forward(packet))
            return verdict.isDropped ? "drops" : verdict.passes ? "passes" : "may drop"
        }
        let local = "ADDRTYPE match dst-type LOCAL"
        #expect(try verdict("raw", local, isOwn: true) == "drops")
        #expect(try verdict("mangle", "ADDRTYPE match dst-type !LOCAL", isOwn: true) == "passes")
        #expect(try verdict("mangle", "ADDRTYPE match dst-type UNICAST", isOwn: true) == "passes")
        #expect(try verdict("raw", local, isOwn: false) == "passes")
        #expect(try verdict("raw", local, isOwn: nil) == "may drop")
        #expect(try verdict("filter", local, isOwn: true) == "passes")
        #expect(try verdict("raw", "ADDRTYPE match src-type LOCAL", isOwn: true) == "passes")
    }

    /// A host that can only ping has no way out, and one that cannot has one.
    @Test(arguments: ["icmp", "1", "igmp", "esp"])
    func `what is for protocols without connections decides for none`(name: String) throws {
        let accept = NATRule(target: "ACCEPT", proto: name)
        let closed = filters([chain("FORWARD", [accept], policy: "DROP")])
        #expect(closed.forward(packet)?.isDropped == true)
        let drop = filters([chain("FORWARD", [NATRule(target: "DROP", proto: name)])])
        #expect(drop.forward(packet)?.passes == true)
        let others = filters([chain("FORWARD", [NATRule(target: "DROP", proto: "!\(name)")])])
        #expect(others.forward(packet)?.isDropped == true)
        let tcp = filters([chain("FORWARD", [NATRule(target: "DROP", proto: "tcp")])])
        #expect(tcp.forward(packet)?.doubts.count == 1)
    }

    @Test(arguments: [
        ("lan0", "0.0.0.0/0", "tcp dpt:80 redir ports 3128", true),
        ("*", "0.0.0.0/0", "to:10.0.0.9", true),
        ("*", "0.0.0.0/0", "udp dpt:53 redir ports 53", false),
        ("*", "0.0.0.0/0", "multiport dports 53,853 to:10.0.0.9", false),
        ("*", "203.0.113.5", "tcp dpt:443 to:10.0.0.9", false),
        ("*", "0.0.0.0/0", "ADDRTYPE match dst-type LOCAL tcp dpt:80 to:10.0.0.9", false),
        ("eth1", "0.0.0.0/0", "tcp dpt:443 to:10.0.0.9", false),
    ])
    func `what a proxy takes may leave otherwise, and a port forward or a resolver is no matter`(
        input: String, destination: String, extra: String, isDoubt: Bool
    ) throws {
        let rule = NATRule(target: "DNAT", input: input, destination: destination, extra: extra)
        let box = BoxFilters(
            nat: [
                NATRuleSet(
                    backend: .nfTables, program: "iptables-nft", table: "nat",
                    chains: [chain("PREROUTING", [rule])])
            ], forward: [])
        #expect(box.forward(packet)?.doubts.map(\.harm) == (isDoubt ? [.redirect] : []))
        #expect(box.forward(packet.answer)?.passes == true)
    }

    @Test func `a cause names the chain that holds the rule, and what leads there`() throws {
        let drop = NATRule(target: "DROP", source: "172.31.26.176")
        let user = NATChain(name: "DOCKER-USER", references: 1, rules: [drop])
        let box = filters([chain("FORWARD", [NATRule(target: "DOCKER-USER")]), user])
        let verdict = try #require(box.forward(packet))
        #expect(
            verdict.drops.map(\.description) == [
                "iptables-nft -t filter DOCKER-USER (from FORWARD): DROP out * source"
                    + " 172.31.26.176 destination 0.0.0.0/0"
            ])
        #expect(
            verdict.openingCommands.map(\.description) == [
                "iptables-nft -I FORWARD -i lan0 -o eth1 -s 172.31.26.176 -j ACCEPT"
            ])
    }

    @Test(arguments: [
        ("NOTRACK", "", true), ("CT", "CT notrack", true), ("CT", "CT NOTRACK", true),
        ("CT", "CT zone 7", false), ("CT", "CT helper ftp", false),
    ])
    func `what conntrack does not see nothing translates`(
        target: String, extra: String, isUntracked: Bool
    ) throws {
        let rule = NATRule(target: target, source: "172.31.26.176", extra: extra)
        let raw = NATRuleSet(
            backend: .nfTables, program: "iptables-nft", table: "raw",
            chains: [chain("PREROUTING", [rule])])
        let box = BoxFilters(nat: [NATRuleSet.of([NATRule(target: "MASQUERADE")])], forward: [raw])
        let verdict = try #require(box.nat(packet))
        #expect(verdict.onlyOutcome?.end == (isUntracked ? .passes : .masqueraded))
        #expect(verdict.exemption?.rule == (isUntracked ? rule : nil))
        let other = ForwardedPacket(source: prefix("172.31.26.175"), output: "eth1")
        #expect(box.nat(other)?.onlyOutcome?.end == .masqueraded)
        // To a network it may happen.
        let all = ForwardedPacket(source: prefix("172.31.0.0/16"), output: "eth1")
        #expect(box.nat(all)?.outcomes.count == (isUntracked ? 2 : 1))
        // Nor is it NEW.
        let filter = NATRuleSet(
            backend: .nfTables, program: "iptables-nft", table: "filter",
            chains: [chain("FORWARD", [NATRule(target: "DROP", extra: "! ctstate NEW")])])
        let both = BoxFilters(nat: [], forward: [raw, filter])
        #expect(both.forward(packet)?.isDropped == isUntracked)
        // With a private address it gets nowhere; with one of the outside's it does.
        let alone = try #require(BoxFilters(nat: [], forward: [raw]).forward(packet))
        #expect(alone.drops.map(\.harm) == (isUntracked ? [.hide] : []))
        let everyone = NATRuleSet(
            backend: .nfTables, program: "iptables-nft", table: "raw",
            chains: [chain("PREROUTING", [NATRule(target: target, input: "eth1", extra: extra)])])
        let answers = try #require(
            BoxFilters(nat: [], forward: [everyone]).forward(packet.answer))
        #expect(answers.isDropped == isUntracked)
        var outside = packet.answer
        outside.source = prefix("198.51.100.7")
        // In a zone of one way alone no answer is found again.
        #expect(
            BoxFilters(nat: [], forward: [everyone]).forward(outside)?.passes
                == !extra.contains("zone"))
    }
}
