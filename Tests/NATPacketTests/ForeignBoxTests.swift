import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

/// Boxes with firewalls and rules of the kinds that distributions and handbooks bring.
extension PacketTests {
    private func filter(_ lines: [String], on box: BoxUnderTest) async throws {
        let reply = try await box.lab.run(
            in: "nat", Command("iptables-nft-restore", "--noflush"),
            input: lines.joined(separator: "\n") + "\n")
        #expect(reply.status == 0, "\(reply.error)")
    }

    /// Shorewall asks of every packet whether IPsec is to take it, and drops flags of TCP that no
    /// connection has.
    @Test func `what asks for IPsec or for flags that nobody sends is decided`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await filter(
                [
                    "*filter", ":FORWARD DROP [0:0]", ":tcpflags - [0:0]", ":loc-net - [0:0]",
                    "-A FORWARD -p tcp -j tcpflags",
                    "-A FORWARD -p tcp ! --syn -m conntrack --ctstate NEW -j DROP",
                    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                    "-A FORWARD -i eth0 -m policy --dir in --pol none -j loc-net",
                    "-A loc-net -m policy --dir out --pol ipsec -j DROP",
                    "-A loc-net -s \(Self.hostA) -o eth1 -m policy --dir out --pol none -j REJECT",
                    "-A loc-net -j ACCEPT",
                    "-A tcpflags -p tcp -m tcp --tcp-flags ALL FIN,URG,PSH -j DROP",
                    "-A tcpflags -p tcp -m tcp --tcp-flags ALL NONE -j DROP",
                    "-A tcpflags -p tcp -m tcp --tcp-flags SYN,RST SYN,RST -j DROP", "COMMIT",
                ], on: box)
            let done = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(done.output.contains("done, and verified"), "\(done)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let refused = try await box.run("assign", Self.hostA, "eth1", "--yes")
            #expect(refused.status == 2)
            #expect(refused.error.contains("loc-net"), "\(refused.error)")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
        }
    }

    /// The kernel's own answer is for UDP where no protocol is named.
    @Test(arguments: ["ipproto udp", "not ipproto tcp"])
    func `a rule by protocol that the kernel's answer falls under is a doubt, and no failure`(
        rule: String
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let words = rule.hasPrefix("not ") ? "not from all \(rule.dropFirst(4))" : rule
            try await box.ip("route add default via 172.31.0.1 dev eth0 table 100")
            try await box.ip("rule add priority 302 \(words) lookup 100")
            let done = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(done.status == 0, "\(done)")
            #expect(done.output.contains("done, not verified: rule 302"), "\(done)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let status = try await box.run("status", "--json")
            #expect(status.output.contains("rule 302"), "\(status.output)")
        }
    }

    @Test func `a range of which one address is not the interface's is a doubt`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "iptables-nft", "-t", "nat", "-I", "POSTROUTING", "-o", "eth1", "-s",
                Self.hostB, "-j", "SNAT", "--to-source", "172.31.8.208-172.31.8.211")
            let done = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(done.status == 0, "\(done)")
            #expect(done.output.contains("done, not verified"), "\(done)")
            #expect(done.output.contains("not all of them addresses of eth1"), "\(done)")
        }
    }

    @Test func `an undo to a route of several hops names them`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.ip(
                "route replace default nexthop via 172.31.0.1 dev eth0 nexthop via 172.31.0.1"
                    + " dev eth1")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let undone = try await box.run("undo", "--yes")
            #expect(undone.status == 0, "\(undone)")
            #expect(
                undone.output.contains("will leave by eth0 or eth1 again"), "\(undone.output)")
        }
    }

    /// iptables makes its nat table with the first rule; nothing but nft shows that it is there.
    @Test func `where there was no NAT, removal leaves no table of it`() async throws {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            func tables() async throws -> String {
                try await box.lab.output(in: "nat", "nft", "list", "ruleset")
            }
            let before = try await tables()
            try await box.done("setup", "--source", "172.31.0.0/16", "--yes")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await tables() != before)
            try await box.done("setup", "--remove", "--yes")
            #expect(try await tables() == before)
        }
    }

    /// A strict look for the way back, before NAT has given the host's address back and behind it.
    @Test(arguments: ["nft raw", "iptables raw", "nft filter"])
    func `answers that have no way back by their interface are a refusal where rules drop them`(
        kind: String
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let own = "172.31.8.208"
            try await box.ip("rule del from \(own)")
            if kind.hasPrefix("nft") {
                let loaded = try await box.lab.run(
                    in: "nat", Command("nft", "-f", "-"),
                    input: """
                        table ip rpf {
                          chain pre {
                            type filter hook prerouting priority \(kind.dropFirst(4));
                            fib saddr oif missing drop
                            fib saddr . iif oif missing drop
                          }
                        }
                        """)
                #expect(loaded.status == 0, "\(loaded.error)")
            } else {
                try await box.lab.output(
                    in: "nat", "iptables-nft", "-t", "raw", "-A", "PREROUTING", "-m", "rpfilter",
                    "--invert", "-j", "DROP")
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            if kind.hasSuffix("raw") {
                let refused = try await box.run("assign", Self.hostB, "eth1", "--yes")
                #expect(refused.status == 2, "\(refused)")
                #expect(refused.error.contains("the answers to it that come in by eth1"))
                #expect(refused.error.contains(kind.hasPrefix("nft") ? "fib saddr" : "rpfilter"))
                // The packets agree once nobody asks whether they would.
                let table = "900"
                try await box.ip("route add default via 172.31.0.1 dev eth1 table \(table)")
                try await box.ip("rule add priority 100 from \(Self.hostB) lookup \(table)")
                #expect(try await box.lab.seenAs("ec2-b", seconds: 1) == nil)
                try await box.ip("rule del priority 100")
                try await box.ip("rule add priority 101 from \(own) lookup \(table)")
            }
            let done = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(done.output.contains("done, and verified"), "\(done)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    /// iptables tells the address behind whatever it matches.
    @Test func `what chooses among addresses by chance promises one where all are the same`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "iptables-nft", "-t", "nat", "-I", "POSTROUTING", "-o", "eth1", "-m",
                "statistic", "--mode", "nth", "--every", "2", "--packet", "0", "-j", "SNAT",
                "--to-source",
                "172.31.8.208")
            let plan = try await box.run("assign", Self.hostB, "eth1", "--dry-run")
            #expect(plan.output.contains("be seen as \(Self.second)"), "\(plan)")
            let done = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(done.output.contains("done, and verified"), "\(done)")
            for _ in 0..<4 { #expect(try await box.lab.seenAs("ec2-b") == Self.second) }
        }
    }

    /// A table that no rule looks up is somebody's all the same.
    @Test func `the table of another with a number of natdeck's is left to him`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.ip("route add default via 172.31.0.1 dev eth0 table 20001")
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let table = try await box.lab.output(
                in: "nat", "ip", "route", "show", "table", "20001")
            #expect(table.split(separator: "\n").count == 1, "\(table)")
            try await box.done("setup", "--remove", "--yes")
            #expect(
                try await box.lab.output(in: "nat", "ip", "route", "show", "table", "20001")
                    == table)
        }
    }

    /// The rules of nftables that forward are known by what they do.
    @Test func `a port forward of nftables by a third interface is answered by it, or named`()
        async throws
    {
        var topology = Topology.subnets(3)
        topology.hasMetadata = false
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            let host = topology.hosts.first?.address.description ?? ""
            try await Self.serve(on: "host-1", box)
            func load(_ text: String) async throws {
                let reply = try await box.lab.run(
                    in: "nat", Command("nft", "-f", "-"), input: text)
                #expect(reply.status == 0, "\(reply.error)")
            }
            try await load(
                """
                table ip pf {
                  map fw {
                    type inet_service : ipv4_addr . inet_service
                    elements = { 8080 : \(host) . 8080 }
                  }
                  chain pre {
                    type nat hook prerouting priority dstnat
                    iifname "ens7" dnat to tcp dport map @fw
                  }
                }
                """)
            try await box.done("assign", host, "ens6", "--yes")
            let forwarded = try await Self.forwarded(box, by: "203.0.113.13", seconds: 3) {
                try await box.done("assign", host, "ens5", "--yes")
            }
            #expect(forwarded.lost == 0 && !forwarded.seen.isEmpty)
            try await box.done("setup", "--remove", "--yes")
            // Somebody who uses every bit of the marks.
            try await load(
                """
                table ip lb {
                  chain pre {
                    type filter hook prerouting priority mangle
                    iifname "lan0" meta mark set ct mark
                  }
                }
                """)
            let plan = try await box.run("assign", host, "ens6", "--dry-run")
            #expect(
                plan.output.contains("to \(host): what comes in by ens7 is answered by ens6"),
                "\(plan)")
        }
    }

    @Test func `a host in a network that somebody sends elsewhere is told before it goes along`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.ip("route add default via 172.31.0.1 dev eth1 table 900")
            try await box.ip("rule add priority 10002 from \(Self.hostB) lookup 900")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let words = "\(Self.hostB) is in it, and leaves by eth0 in place of eth1: its own rule"
            let done = try await box.run("assign", "172.31.26.0/24", "eth0", "--yes")
            #expect(done.status == 0 && done.output.contains(words), "\(done)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await box.done("undo", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            // Where both are named there is nothing to be told.
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let both = try await box.run("assign", "172.31.26.0/24", "eth0", "--yes")
            #expect(both.status == 0 && !both.output.contains("is in it"), "\(both)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }
}
