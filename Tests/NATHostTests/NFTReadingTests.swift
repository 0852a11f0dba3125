import NATHost
import NATModel
import NATParse
import NATPlan
import NATTesting
import Testing

/// The kernel's own rules as natdeck reads them, beside what nft(8) says of them.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct NFTReadingTests {
    /// Rules that nft prints as they stand here.
    private static let filter = """
        table inet fw {
        	set lans {
        		type ipv4_addr
        		flags interval
        		elements = { 10.0.0.0/8, 192.168.1.1-192.168.1.9 }
        	}

        	set names {
        		type ifname
        		elements = { "ens5", "ens6" }
        	}

        	map way {
        		type ipv4_addr : verdict
        		elements = { 10.1.1.1 : accept, 10.1.1.2 : jump other }
        	}

        	chain other {
        		counter packets 5 bytes 300
        		return
        	}

        	chain forw {
        		type filter hook forward priority filter; policy drop;
        		ct state established,related accept
        		ct state != new drop
        		iifname "lan0" oifname { "ens5", "ens6" } accept comment "hello world"
        		oifname @names accept
        		ip saddr @lans meta mark 0x00000010 accept
        		ip saddr vmap @way
        		ip saddr 10.0.0.0/24 ip daddr != 10.0.0.0/8 tcp dport { 80, 443-450 } counter packets 0 bytes 0 accept
        		ip saddr 10.0.0.0/23 accept
        		ip saddr != { 10.0.0.1, 10.0.0.5-10.0.0.9 } accept
        		ip saddr . oifname { 10.0.0.1 . "ens5", 10.0.1.0/24 . "ens6" } accept
        		meta l4proto tcp ip saddr 10.0.0.5-10.0.0.9 accept
        		ip saddr != 10.0.0.5-10.0.0.9 accept
        		oifname "veth*" log prefix "x " reject with icmpx admin-prohibited
        		meta mark & 0x000000ff == 0x00000010 accept
        		meta nfproto ipv6 accept
        		iifname "lan0" fib daddr type local accept
        		fib saddr . iif oif missing drop
        		ct status dnat accept
        		iif "lo" accept
        		ip protocol icmp accept
        		icmp type echo-request accept
        		tcp flags syn accept
        		tcp flags syn / fin,syn,rst,ack accept
        		tcp flags != syn / fin,syn accept
        		tcp flags ! fin,syn accept
        		meta skuid 1000 accept
        		udp dport 53 accept
        		meta l4proto { tcp, udp } accept
        		iifname != "lan*" drop
        		iifgroup 5 oifgroup 7 accept
        		ip saddr & 0.0.0.1 == 0.0.0.1 accept
        		goto other
        	}
        }
        table ip nat2 {
        	chain post {
        		type nat hook postrouting priority srcnat; policy accept;
        		oifname "ens5" masquerade random
        		oifname "ens6" snat to 10.77.2.6
        		snat to ip saddr map { 10.0.0.1 : 1.2.3.4, 10.0.0.2 : 1.2.3.5 }
        		meta l4proto tcp snat to 1.2.3.4-1.2.3.8:1000-2000 persistent
        		ip saddr 10.0.0.0/8 ip daddr != 10.0.0.0/8 counter packets 3 bytes 180 masquerade
        	}

        	chain pre {
        		type nat hook prerouting priority dstnat; policy accept;
        		tcp dport 25 redirect to :2525
        		iifname "ens5" tcp dport 80 dnat to 10.0.0.1:8080
        	}
        }
        """

    /// The rules that nft lists, by `table chain`.
    private static func listed(_ text: String) -> [String: [String]] {
        var rules: [String: [String]] = [:]
        var table = ""
        var chain: String?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("table ") {
                table = "\(words[1]) \(words[2])"
            } else if line.hasPrefix("\tchain ") {
                chain = words.dropFirst().first.map { "\(table) \($0)" }
            } else if line == "\t}" {
                chain = nil
            } else if let chain, !line.hasPrefix("\t\ttype ") {
                rules[chain, default: []].append(String(line.dropFirst(2)))
            }
        }
        return rules
    }

    private static func read(
        _ namespace: TestNamespace, _ part: NFTPart
    ) async throws -> [NATRuleSet] {
        let reading = await NATPrograms.system(SystemRunner(), namespace).nftables(part)
        guard let sets = try #require(reading.value, "\(String(describing: reading.failure))")
        else {
            try Test.cancel("this kernel has no nftables")
        }
        return sets
    }

    private static func load(_ text: String) async throws -> TestNamespace {
        guard SystemRunner().path(of: "nft") != nil else { try Test.cancel("nft is not installed") }
        let namespace = try TestNamespace()
        try await namespace.ip("link set lo up")
        let loaded = try await namespace.run("sh", "-c", "nft -f - <<'END'\n\(text)\nEND")
        #expect(loaded.isEmpty, "\(loaded)")
        return namespace
    }

    @Test func `each rule is read, and written as nft writes it`() async throws {
        let namespace = try await Self.load(Self.filter)
        let sets =
            try await Self.read(namespace, .forward(iptables: nil))
            + Self.read(namespace, .nat(withIPTables: true))
        let listed = Self.listed(try await namespace.run("nft", "list", "ruleset"))
        var read: [String: [String]] = [:]
        for set in sets {
            for chain in set.chains {
                read["\(set.family) \(set.table) \(chain.name)"] = chain.rules.map(\.words)
            }
        }
        #expect(Set(read.keys) == Set(listed.keys))
        for (chain, rules) in listed {
            let words = read[chain] ?? []
            #expect(words.count == rules.count, "\(chain)")
            // What was counted stands in columns of its own, so that a rule keeps its words.
            let uncounted = /(counter) packets \d+ bytes \d+/
            for (mine, theirs) in zip(words, rules) {
                #expect(mine == theirs.replacing(uncounted) { String($0.output.1) })
            }
        }
        let counters = sets.flatMap(\.chains).flatMap(\.rules).filter(\.isCounted)
        #expect(counters.map(\.packets) == [5, 0, 3])
    }

    @Test func `what the rules mean is decided`() async throws {
        let namespace = try await Self.load(
            """
            table ip fw {
              set hosts { type ipv4_addr; flags interval; elements = { 10.0.0.0/24, 10.0.1.5 }; }
              chain other { ip saddr 10.0.0.9 drop; }
              chain forw { type filter hook forward priority 0; policy drop;
                ct state vmap { established : accept, related : accept, invalid : drop }
                iifname . oifname vmap { "lan0" . "ens5" : jump other, "lan0" . "ens6" : accept }
                iifname "lan0" oifname { "ens5", "veth*" } ip saddr @hosts accept
              }
            }
            table inet t {
              chain post {
                type nat hook postrouting priority 90;
                oifname "ens5" snat ip to ip saddr map { 10.0.0.1 : 192.0.2.1, 10.0.0.2 : 192.0.2.2 }
                oifname { "ens5", "ens6" } meta nfproto ipv6 masquerade
                ip saddr 10.0.0.3 oifname "ens5" accept
                ip saddr 10.0.0.0/8 ip daddr != { 10.0.0.0/8, 192.168.0.0/16 } masquerade
              }
            }
            """)
        let filters = BoxFilters(
            nat: try await Self.read(namespace, .nat(withIPTables: true)),
            forward: try await Self.read(namespace, .forward(iptables: nil)))
        func packet(_ source: String, _ output: String, input: String? = "lan0") -> ForwardedPacket
        {
            ForwardedPacket(source: IPv4Prefix(source) ?? .all, input: input, output: output)
        }
        func forward(_ source: String, _ output: String) throws -> String {
            let verdict = try #require(filters.forward(packet(source, output)))
            return verdict.passes ? "passes" : verdict.isDropped ? "dropped" : "may be dropped"
        }
        #expect(try forward("10.0.0.1", "ens6") == "passes")
        #expect(try forward("10.0.0.1", "ens5") == "passes")
        #expect(try forward("10.0.0.9", "ens5") == "dropped")
        #expect(try forward("10.0.1.6", "ens5") == "dropped")
        #expect(try forward("10.0.1.5", "veth7") == "passes")
        #expect(try forward("10.0.1.5", "ens7") == "dropped")
        #expect(try forward("10.0.0.0/24", "ens5") == "may be dropped")
        func nat(_ source: String, _ output: String) throws -> [FilterOutcome.End] {
            try #require(filters.nat(packet(source, output))).outcomes.map(\.end)
        }
        let first = try #require(IPv4Prefix("192.0.2.1"))
        #expect(try nat("10.0.0.1", "ens5") == [.translated([IPv4Range(first)])])
        #expect(try nat("10.0.0.1", "ens6") == [.masqueraded])
        #expect(try nat("10.0.0.3", "ens5") == [.passes])
        #expect(try nat("10.0.0.4", "ens5") == [.masqueraded])
        #expect(try nat("172.16.0.1", "ens5") == [.passes])
    }

    @Test func `chains of devices and bridges are read, and what is hidden before a verdict`()
        async throws
    {
        let namespace = try await Self.load(
            """
            table netdev guard {
              chain come { type filter hook ingress device "lo" priority 5; ip saddr 10.0.0.9 drop; }
            }
            table inet both {
              chain come { type filter hook ingress device "lo" priority -5; }
              chain raw {
                type filter hook prerouting priority raw;
                ip saddr 10.0.0.0/24 notrack ip daddr 10.9.0.0/16 accept
              }
            }
            table bridge br {
              chain up { type filter hook input priority 0; ip saddr 10.0.0.9 drop; }
              chain over { type filter hook forward priority 0; drop; }
            }
            """)
        let sets = try await Self.read(namespace, .forward(iptables: nil))
        let bases = sets.flatMap { set in
            set.chains.map { chain in
                "\(set.family) \(chain.name) \(chain.base?.hook ?? "") "
                    + "\(chain.base?.devices?.map(\.name).joined() ?? "-")"
            }
        }
        #expect(
            Set(bases) == [
                "netdev come ingress lo", "inet come ingress lo", "inet raw prerouting -",
                "bridge up input -",
            ])
        let rules = sets.flatMap(\.chains).flatMap(\.rules)
        #expect(
            rules.map(\.filter.effect).contains(
                .firstOf([
                    FilterRule([], .untrack),
                    FilterRule(
                        [.destination(AddressSelector(try #require(IPv4Prefix("10.9.0.0/16"))))],
                        .accept),
                ])))
    }

    @Test func `policies of IPsec are chains in the order of the kernel`() async throws {
        let namespace = try TestNamespace()
        let tunnel = "tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel"
        for words in [
            "src 10.0.0.0/24 dst 0.0.0.0/0 dir out priority 100 \(tunnel)",
            "src 10.0.0.9 dst 0.0.0.0/0 dir out priority 100 action block",
            "src 10.0.0.7 dst 0.0.0.0/0 proto tcp dport 443 dir out priority 50 mark 0x7/0xff",
            "src 10.0.0.6 dst 0.0.0.0/0 dir out if_id 7 priority 1 action block",
            "src 0.0.0.0/0 dst 10.0.0.0/24 dir in priority 1 \(tunnel)",
            "src 0.0.0.0/0 dst 10.0.0.0/24 dir fwd priority 1 \(tunnel) level use",
            "src ::/0 dst ::/0 dir out action block",
        ] {
            let said = try await namespace.run(
                ["ip", "xfrm", "policy", "add"] + words.split(separator: " ").map(String.init))
            guard said.isEmpty else { try Test.cancel("this kernel has no IPsec: \(said)") }
        }
        let sets = try #require(
            await NATPrograms.system(SystemRunner(), namespace).policies().value)
        let chains = sets.flatMap(\.chains)
        #expect(chains.map(\.name) == ["fwd", "out", "out"])
        #expect(
            chains[1].rules.map(\.words) == [
                "src 10.0.0.7 dst 0.0.0.0/0 proto tcp dport 443 mark 0x7/0xff priority 50",
                "src 10.0.0.0/24 dst 0.0.0.0/0 priority 100 tmpl src 192.0.2.1 dst 192.0.2.2 proto"
                    + " esp mode tunnel",
                "src 10.0.0.9 dst 0.0.0.0/0 priority 100 action block",
            ])
        #expect(chains[1].rules.map(\.target) == ["allow", "ipsec", "block"])
        #expect(chains[0].rules.map(\.filter.effect).first != .drop)
        let empty = try TestNamespace()
        #expect(await NATPrograms.system(SystemRunner(), empty).policies().value == [])
    }

    @Test func `our own rules are elements of a set, added once and taken away`() async throws {
        let namespace = try await Self.load("table ip mine { }")
        let rules = try ["10.77.0.0/16", "10.88.0.9"].map { source in
            Masquerade(
                try #require(IPv4Prefix(source)), leavingBy: "ens5", in: .nfTables,
                program: NATRuleSet.nft)
        }
        func run(_ actions: Step.Action...) async throws {
            let script = NFTMasquerade.script(actions)
            let said = try await namespace.run("sh", "-c", "nft -f - <<'END'\n\(script)\nEND")
            #expect(said.isEmpty, "\(said)")
        }
        func rows() async throws -> [NATRule] {
            try await Self.read(namespace, .nat(withIPTables: true)).flatMap(\.chains)
                .flatMap(\.rules)
        }
        for rule in rules { try await run(.addMasquerade(rule, position: nil)) }
        try await run(.addMasquerade(rules[0], position: 3))
        #expect(try await rows().map(\.source).sorted() == ["10.77.0.0/16", "10.88.0.9"])
        #expect(try await rows().allSatisfy { $0.isOwned && $0.outputName == "ens5" })
        try await run(.deleteMasquerade(rules[1]))
        try await run(.deleteMasquerade(rules[1]))
        #expect(try await rows().map(\.source) == ["10.77.0.0/16"])
        try await run(.deleteMasquerade(rules[0]))
        #expect(try await rows().isEmpty)
    }
}
