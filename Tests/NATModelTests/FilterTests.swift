import NATModel
import Testing

private func prefix(_ text: String) -> IPv4Prefix { IPv4Prefix(text) ?? .all }
private func address(_ text: String) -> IPv4Address { prefix(text).network }
private let host = prefix("172.31.26.176")

private func nat(_ sets: [NATRuleSet], source: IPv4Prefix = host) -> NATVerdict {
    NATVerdict(
        of: ForwardedPacket(source: source, input: "lan0", output: "eth1"),
        in: FilterIndex(sets, at: .postrouting))
}

private func forward(
    _ sets: [NATRuleSet], input: String? = "lan0", source: IPv4Prefix = host
) -> ForwardVerdict {
    ForwardVerdict(
        of: ForwardedPacket(source: source, input: input, output: "eth1"),
        in: FilterIndex(sets, at: .forward))
}

@Suite struct FilterMatchTests {
    /// What the columns and the text behind them say of the first packet of a forwarded connection.
    @Test(arguments: [
        ("ctstate NEW", RuleMatch.always), ("ctstate NEW,RELATED", .always),
        ("ctstate RELATED,ESTABLISHED", .never), ("! ctstate RELATED,ESTABLISHED", .always),
        ("! ctstate NEW", .never), ("ctstate INVALID", .never), ("ctstate DNAT", .sometimes),
        ("state NEW tcp dpt:80", .sometimes), ("tcp dpt:80 state ESTABLISHED", .never),
        ("owner UID match 1000", .never), ("! owner UID match 0", .always),
        ("! owner UID match 0 ! owner GID match 7", .always),
        ("! owner UID match 0 owner GID match 7", .never),
        ("! owner socket exists", .always), ("owner socket exists", .never),
        ("ADDRTYPE match dst-type LOCAL", .never), ("ADDRTYPE match dst-type !LOCAL", .always),
        ("ADDRTYPE match src-type LOCAL", .never),
        ("ADDRTYPE match dst-type !LOCAL limit-out", .always),
        ("ADDRTYPE match dst-type UNICAST", .sometimes),
        ("mark match 0x1", .sometimes), ("mark match ! 0x4000/0x4000", .sometimes),
        ("match-set nonat src", .sometimes), ("! match-set nonat src", .sometimes),
        ("match-set nonat src ctstate ESTABLISHED", .never),
        ("source IP range 172.31.26.1-172.31.26.200", .always),
        ("source IP range ! 172.31.26.1-172.31.26.200", .never),
        ("source IP range 10.0.0.1-10.0.0.9", .never),
        ("destination IP range 10.0.0.1-10.0.0.9", .never),
        ("destination IP range 1.0.0.0-9.255.255.255", .sometimes),
        ("statistic mode random probability 0.5", .sometimes),
        ("TIME from 01:00:00 to 02:00:00 UTC", .sometimes),
        ("limit: avg 3/min burst 5 ctstate ESTABLISHED", .never),
        ("multiport dports  !1,2:4 ctstate ESTABLISHED", .never),
        ("policy match dir out pol ipsec", .sometimes), ("connmark match  0x1", .sometimes),
        ("PHYSDEV match ! --physdev-is-bridged", .sometimes), ("something new", .sometimes),
        ("/* ctstate ESTABLISHED */", .always), ("/* a */ ctstate NEW /* b */", .always),
        ("tcp flags:0x06/0x02 ctstate ESTABLISHED", .never), ("icmptype 8", .sometimes),
        // What no connection sends, and what none begins with.
        ("tcp flags:0x3F/0x29", .never), ("tcp flags:0x3F/0x00", .never),
        ("tcp flags:0x03/0x03", .never), ("tcp flags:!0x17/0x02 ctstate NEW", .never),
        ("tcp flags:!0x17/0x02", .sometimes), ("tcp flags:0x04/0x04", .sometimes),
        ("tcp flags:0x17/0x02 ctstate NEW", .always), ("tcp flags:!0x03/0x03", .always),
        ("tcp dpt:80 flags:0x17/0x02 ctstate NEW", .sometimes),
        ("policy match dir out pol none", .sometimes), ("rpfilter invert", .sometimes),
        ("rpfilter loose validmark invert ctstate ESTABLISHED", .never),
    ])
    func `text behind the columns is decided, or may match`(extra: String, match: RuleMatch) {
        for target in ["ACCEPT", "RETURN", "MASQUERADE", "MINE"] {
            let rule = NATRule(target: target, extra: extra)
            let packet = ForwardedPacket(source: host, input: "lan0", output: "eth1")
            #expect(rule.filter.match(packet) == match, "\(target) \(extra)")
        }
    }

    @Test func `an input that is not known may match`() {
        let rule = NATRule(target: "ACCEPT", input: "lan+").filter
        func match(_ input: String?) -> RuleMatch {
            rule.match(ForwardedPacket(source: host, input: input, output: "eth1"))
        }
        #expect(match("lan0") == .always)
        #expect(match("eth0") == .never)
        #expect(match(nil) == .sometimes)
    }

    @Test func `a set of addresses holds, touches or misses a network`() {
        let ranges = ["10.0.0.0/9", "10.128.0.0/9", "192.0.2.7", "172.16.0.0/12"].map {
            IPv4Range(prefix($0))
        }
        let selector = AddressSelector(ranges)
        // What touches is one range.
        #expect(selector.ranges.count == 3)
        #expect(selector.match(prefix("10.0.0.0/8")) == .always)
        #expect(selector.match(prefix("192.0.2.0/24")) == .sometimes)
        #expect(selector.match(prefix("192.0.2.7")) == .always)
        #expect(selector.match(prefix("192.0.2.8")) == .never)
        #expect(selector.match(.all) == .sometimes)
        #expect(AddressSelector(ranges, isNegated: true).match(prefix("10.9.9.9")) == .never)
        #expect(AddressSelector([]).match(host) == .never)
        #expect(selector.matchOutside == .sometimes)
        let inside = AddressSelector(ranges.filter { $0.first != address("192.0.2.7") })
        #expect(inside.matchOutside == .never)
        #expect(
            AddressSelector(["0.0.0.0/1", "128.0.0.0/1"].map { IPv4Range(prefix($0)) })
                .matchOutside == .always)
    }
}

@Suite struct RedirectionTests {
    private let forward = NATRuleSet.of(
        [
            NATRule(target: "ACCEPT", extra: "ctstate RELATED,ESTABLISHED"),
            NATRule(target: "ACCEPT", extra: "ctstate DNAT"),
            NATRule(target: "REJECT", extra: "reject-with icmp-host-prohibited"),
        ], table: "filter", chain: "FORWARD")

    private func verdict(_ redirections: [NATRule]?) -> ForwardVerdict? {
        let chain = redirections.map {
            [NATChain(name: "PREROUTING", policy: "ACCEPT", rules: $0)]
        }
        return BoxFilters(nat: chain.map { [NATRuleSet.of([], $0)] }, forward: [forward]).forward(
            ForwardedPacket(source: host, input: "lan0", output: "eth1"))
    }

    @Test func `what lets through the box's port forwards lets no host out`() {
        #expect(verdict([])?.isDropped == true)
        // One from the outside is none of what hosts send.
        #expect(
            verdict([NATRule(target: "DNAT", input: "eth1", extra: "to:1.2.3.4")])?.isDropped
                == true)
        let local = NATRule(target: "DNAT", extra: "ADDRTYPE match dst-type LOCAL to:1.2.3.4")
        #expect(verdict([local])?.isDropped == true)
    }

    @Test func `what may be redirected may be let through`() {
        let proxy = NATRule(target: "REDIRECT", proto: "tcp", extra: "tcp dpt:80 redir ports 3128")
        #expect(verdict([proxy])?.isDropped == false)
        #expect(verdict([proxy])?.passes == false)
        // So may be what nobody could read.
        #expect(verdict(nil)?.isDropped == false)
    }
}

@Suite struct FilterWalkTests {
    private let masquerade = NATRule(target: "MASQUERADE")
    private let mayReturn = NATRule(target: "RETURN", extra: "match-set nonat src")
    private let snat = NATRule(target: "SNAT", extra: "to:203.0.113.7")

    @Test func `a RETURN that may match makes what comes after it uncertain`() {
        let verdict = nat([NATRuleSet.of([mayReturn, masquerade])])
        #expect(verdict.outcomes.map(\.end) == [.masqueraded, .passes])
        #expect(verdict.doubts.map(\.rule) == [mayReturn])
    }

    @Test func `in a user chain it makes only the rest of that chain uncertain`() {
        let mine = NATChain(name: "MINE", references: 1, rules: [mayReturn, snat])
        let jump = NATRule(target: "MINE")
        let verdict = nat([NATRuleSet.of([jump, masquerade], [mine])])
        #expect(verdict.outcomes.map(\.end).count == 2)
        #expect(verdict.translation == nil)
        let empty = NATChain(name: "MINE", references: 1, rules: [mayReturn])
        #expect(nat([NATRuleSet.of([jump, masquerade], [empty])]).translation == masquerade)
    }

    @Test func `a jump that may happen to a chain that changes nothing is no doubt`() {
        let chain = NATChain(
            name: "MINE", references: 1,
            rules: [NATRule(target: "MARK", extra: "MARK or 0x4000"), mayReturn])
        let jump = NATRule(target: "MINE", extra: "match-set x src")
        #expect(nat([NATRuleSet.of([jump, masquerade], [chain])]).translation == masquerade)
    }

    @Test func `a goto that may happen may pass the rest over`() {
        let chain = NATChain(name: "MINE", references: 1)
        let goto = NATRule(target: "MINE", extra: "[goto] match-set x src")
        let verdict = nat([NATRuleSet.of([goto, masquerade], [chain])])
        #expect(Set(verdict.outcomes.map(\.end)) == [.masqueraded, .passes])
        #expect(verdict.doubts.first?.rule == goto)
    }

    @Test func `a target nobody knows may do anything`() {
        #expect(nat([NATRuleSet.of([NATRule(target: "RAWNAT"), masquerade])]).onlyOutcome == nil)
    }

    @Test func `what several rules may do alike is sure`() {
        let may = NATRule(target: "MASQUERADE", extra: "mark match 0x1")
        #expect(nat([NATRuleSet.of([may, masquerade])]).onlyOutcome?.end == .masqueraded)
    }

    @Test func `kube-proxy's marks leave what comes after them uncertain`() {
        let kube = NATChain(
            name: "KUBE-POSTROUTING", references: 1,
            rules: [
                NATRule(target: "RETURN", extra: "mark match ! 0x4000/0x4000"),
                NATRule(target: "MARK", extra: "MARK xor 0x4000"),
                NATRule(target: "MASQUERADE", extra: "/* kubernetes */ random-fully"),
            ])
        let jump = NATRule(target: "KUBE-POSTROUTING", extra: "/* kubernetes */")
        #expect(nat([NATRuleSet.of([jump, masquerade], [kube])]).onlyOutcome?.end == .masqueraded)
        let both = nat([NATRuleSet.of([jump, snat], [kube])])
        #expect(both.outcomes.map(\.end).count == 2)
    }

    private func base(_ hook: String, _ priority: Int, _ handle: UInt64 = 1) -> NATChain.Base {
        NATChain.Base(
            type: hook == "forward" ? "filter" : "nat", hook: hook, priority: priority,
            handle: handle)
    }

    @Test func `the first translation in the order of priorities wins, ACCEPT does not end it`() {
        let accept = NATRuleSet.of([NATRule(target: "ACCEPT")])
        func nft(_ rules: [NATRule], _ priority: Int) -> NATRuleSet {
            NATRuleSet.of(
                rules, table: "t\(priority)", chain: "post", base: base("postrouting", priority))
        }
        #expect(nat([accept, nft([snat], 150)]).translation == snat)
        #expect(nat([NATRuleSet.of([masquerade]), nft([snat], 150)]).translation == masquerade)
        #expect(nat([NATRuleSet.of([masquerade]), nft([snat], 50)]).translation == snat)
        // Whose chain of the same priority is newer, nobody tells.
        let same = nat([NATRuleSet.of([masquerade]), nft([snat], 100)])
        #expect(same.outcomes.count == 2)
        #expect(same.doubts.count == 2)
        #expect(nat([NATRuleSet.of([masquerade]), nft([masquerade], 100)]).translation != nil)
        // Of one table it is known.
        var two = nft([snat], 100)
        two.chains.append(
            NATChain(
                name: "newer", policy: "accept", base: base("postrouting", 100, 9),
                rules: [masquerade]))
        #expect(nat([two]).translation == masquerade)
        two.isDormant = true
        #expect(nat([two]).onlyOutcome?.end == .passes)
    }

    @Test func `FORWARD drops where any chain does, whatever others accept`() {
        let accepting = NATRuleSet.of(
            [NATRule(target: "ACCEPT")], policy: "DROP", table: "filter", chain: "FORWARD")
        #expect(forward([accepting]).passes)
        let nft = NATRuleSet.of(
            [], policy: "drop", table: "fw", chain: "fwd", base: base("forward", 10))
        #expect(forward([accepting, nft]).isDropped)
        #expect(
            forward([accepting, nft]).openingCommands.map(\.description) == [
                "nft insert rule ip fw fwd iifname lan0 oifname eth1 ip saddr 172.31.26.176 accept"
            ])
    }

    @Test func `the box of an owner who lets only one NIC through drops by policy`() {
        let box = NATRuleSet.of(
            [
                NATRule(target: "ACCEPT", input: "lan0", output: "eth0"),
                NATRule(target: "ACCEPT", extra: "ctstate RELATED,ESTABLISHED"),
            ], policy: "DROP", table: "filter", chain: "FORWARD")
        let verdict = forward([box])
        #expect(verdict.isDropped)
        #expect(verdict.drops.map(\.description) == ["iptables-nft -t filter FORWARD: policy DROP"])
        #expect(
            verdict.openingCommands.map(\.description) == [
                "iptables-nft -I FORWARD -i lan0 -o eth1 -s 172.31.26.176 -j ACCEPT"
            ])
        // Where it comes in is not known: nor is that any rule lets it through by this NIC.
        #expect(forward([box], input: nil).isDropped)
    }

    @Test func `a rule that may accept leaves the drop behind it uncertain`() {
        let may = NATRule(target: "ACCEPT", extra: "match-set good src")
        let box = NATRuleSet.of([may], policy: "DROP", table: "filter", chain: "FORWARD")
        let verdict = forward([box])
        #expect(!verdict.isDropped)
        #expect(verdict.doubts.contains { $0.rule == may })
        #expect(!verdict.passes)
    }

    @Test func `a rule for a part of a network decides for that part`() {
        let part = NATRule(target: "DROP", source: "172.31.26.176")
        let box = NATRuleSet.of([part], table: "filter", chain: "FORWARD")
        #expect(forward([box], source: prefix("172.31.0.0/16")).doubts.map(\.rule) == [part])
        #expect(forward([box]).isDropped)
        #expect(forward([box], source: prefix("172.31.27.0/24")).passes)
    }

    @Test func `only an address of the egress covers`() {
        let nic = Interface(
            name: "eth1", index: 3, state: .up,
            addresses: ["172.31.8.208", "172.31.8.209"].map {
                InterfaceAddress(address($0), prefixLength: 16)
            })
        func answer(_ rules: [NATRule]) -> NATAnswer {
            nat([NATRuleSet.of(rules)]).answer(
                host,
                on: EgressInterface(
                    interface: nic, publicAddresses: nil, ownedTable: nil, masquerade: nil),
                nextHop: nil)
        }
        func to(_ text: String) -> NATRule { NATRule(target: "SNAT", extra: "to:\(text)") }
        #expect(answer([masquerade]).address == address("172.31.8.208"))
        #expect(answer([masquerade]).isCovered == true)
        #expect(answer([to("172.31.8.209")]).isCovered == true)
        #expect(answer([to("172.31.8.208-172.31.8.209")]).isCovered == true)
        #expect(answer([to("172.31.8.208-172.31.8.210")]).isCovered == nil)
        #expect(answer([to("10.77.1.5")]).isCovered == false)
        #expect(answer([to("10.77.1.5")]).address == address("10.77.1.5"))
        #expect(answer([]).isCovered == false)
        #expect(answer([mayReturn, masquerade]).isCovered == nil)
        #expect(answer([mayReturn, masquerade]).doubts.map(\.rule) == [mayReturn])
        let may = NATRule(target: "MASQUERADE", extra: "mark match 0x1")
        #expect(answer([may, to("172.31.8.208")]).address == address("172.31.8.208"))
        #expect(answer([may, to("172.31.8.209")]).isCovered == true)
        #expect(answer([may, to("172.31.8.209")]).address == nil)
        let netmap = answer([NATRule(target: "NETMAP", extra: "to:172.31.8.0/24")])
        #expect(netmap.address == address("172.31.8.176"))
        #expect(netmap.isCovered == false)
        // Of a network that is mapped the host's own address is all that counts.
        let one = answer([NATRule(target: "NETMAP", extra: "to:172.31.8.208/31")])
        #expect(one.address == address("172.31.8.208"))
        #expect(one.isCovered == true)
    }
}
