import NATDoctor
import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// What the checks make of particular boxes.
@Suite struct FindingTests {
    static func check(_ id: String, _ change: (inout FakeBox) -> Void) async throws -> Check {
        var box = FakeBox.healthy
        change(&box)
        return try #require(await FakeHost(box).snapshot().checks.first { $0.id == id })
    }

    @Test func `strict is right where ways in and out agree`() async throws {
        let found = try await Self.check("rp-filter-strict") {
            $0.sysctls["net.ipv4.conf.all.rp_filter"] = 1
        }
        #expect(found.status == .ok)
    }

    /// Two NICs in one subnet, as a cloud gives them.
    @Test func `a box that answers by another NIC of the same network is not mute`() async throws {
        var box = FakeBox.healthy
        box.rules.removeAll { $0.source != nil }
        let snapshot = await FakeHost(box).snapshot()
        let own = IPv4Prefix(try #require(box.interfaces[2].addresses.first).address)
        let near = try #require(IPv4Address("172.31.77.7"))
        let way = BoxFacts(snapshot).rules?.decision(for: own, to: near, input: "lo")
        #expect(way?.interface == "eth0")
        #expect(snapshot.checks.first { $0.id == "own-network-mute" }?.status == .ok)
    }

    /// A lease brought the interface another address than the operator's rule gives.
    @Test func `an address that the box has lost is told once, with what mends it`() async throws {
        var box = FakeBox.healthy
        box.assignHost([FakeBox.wayOut, FakeBox.backstop])
        box.nat[.nfTables] = FakeBox.emptyChains
        box.addNAT(NATRule(target: "SNAT", output: "eth1", extra: "to:172.31.8.99"))
        let checks = await FakeHost(box).snapshot().checks
        let found = checks.first { $0.id == "nat-address-elsewhere" }
        #expect(found?.status == .error)
        #expect(found?.findings.first?.contains("with 172.31.8.99") == true)
        #expect(found?.fix == "let the rule give an address that this box has")
        #expect(checks.first { $0.id == "not-masqueraded" }?.status == .ok)
    }

    @Test func `an interface that does not forward is named with the hosts that need it`()
        async throws
    {
        let found = try await Self.check("ip-forward-off") { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.sysctls["net.ipv4.conf.eth1.forwarding"] = 0
            box.sysctls["net.ipv4.conf.lo.forwarding"] = 0
        }
        #expect(found.status == .error)
        #expect(
            found.findings == [
                "net.ipv4.conf.eth1.forwarding is 0: nothing that comes in there is forwarded, for"
                    + " 172.31.26.176"
            ])
        #expect(found.fix == "sysctl -w net.ipv4.conf.eth1.forwarding=1")
    }

    @Test func `loose on the interface wins over strict for all`() async throws {
        let found = try await Self.check("rp-filter-strict") { box in
            box.sysctls["net.ipv4.conf.all.rp_filter"] = 1
            box.sysctls["net.ipv4.conf.eth1.rp_filter"] = 2
            box.rules.removeAll { $0.priority == 32765 }
        }
        #expect(found.status == .ok)
    }

    @Test(arguments: [
        ("no", Check.Status.ok), ("false", .ok), ("0", .ok), ("yes", .warning), ("maybe", .warning),
    ])
    func `networkd is believed as systemd reads it`(value: String, status: Check.Status)
        async throws
    {
        let found = try await Self.check("networkd-deletes-rules") { box in
            box.files["/run/systemd/netif/state"] = ""
            box.files["/usr/lib/systemd/networkd.conf.d/10-vendor.conf"] =
                "[Network]\nManageForeignRoutingPolicyRules = \(value)\n"
                + "ManageForeignRoutes=\(value)\n"
        }
        #expect(found.status == status)
    }

    @Test(arguments: [
        ("ManageForeignRoutingPolicyRules", "ManageForeignRoutes"),
        ("ManageForeignRoutes", "ManageForeignRoutingPolicyRules"),
    ])
    func `networkd leaves routes alone and rules, each by a setting of its own`(
        given: String, missing: String
    ) async throws {
        let found = try await Self.check("networkd-deletes-rules") { box in
            box.files["/run/systemd/netif/state"] = ""
            box.files["/etc/systemd/networkd.conf"] = "[Network]\n\(given)=no\n"
        }
        #expect(found.findings == ["systemd-networkd runs, and \(missing) is not set"])
        #expect(found.intent == .mend(.keepForeignRules))
    }

    @Test func `the file that says yes is named`() async throws {
        let found = try await Self.check("networkd-deletes-rules") { box in
            box.files["/run/systemd/netif/state"] = ""
            box.files["/etc/systemd/networkd.conf"] =
                "[Network]\nManageForeignRoutes=yes\nManageForeignRoutingPolicyRules=no\n"
        }
        #expect(found.findings == ["ManageForeignRoutes=yes in /etc/systemd/networkd.conf"])
    }

    @Test func `a later file that says otherwise is named, and not overwritten`() async throws {
        let path = "/etc/sysctl.d/99-other.conf"
        let found = try await Self.check("parameters-not-saved") {
            $0.files[path] = "net.ipv4.ip_forward = 0\n"
        }
        #expect(found.findings == ["net.ipv4.ip_forward is 1, and \(path) sets it to 0"])
        #expect(found.remedy == .manual("set net.ipv4.ip_forward to 1 in \(path)"))
    }

    @Test func `the file of old counts where systemd does not set the parameters`() async throws {
        func check(_ others: [String]) async throws -> Check {
            try await Self.check("parameters-not-saved") { box in
                box.files["/etc/sysctl.conf"] = "net.ipv4.ip_forward = 0\n"
                for path in others { box.files[path] = "" }
            }
        }
        #expect(
            try await check([]).findings == [
                "net.ipv4.ip_forward is 1, and /etc/sysctl.conf sets it to 0"
            ])
        // Only a link in sysctl.d leads systemd to it.
        #expect(try await check(["/usr/lib/systemd/systemd-sysctl"]).status == .ok)
    }

    @Test func `a file of the same name in etc hides the vendor's`() async throws {
        let found = try await Self.check("parameters-not-saved") { box in
            box.files["/usr/lib/sysctl.d/99-other.conf"] = "net.ipv4.ip_forward = 0\n"
            box.files["/etc/sysctl.d/99-other.conf"] = ""
        }
        #expect(found.status == .ok)
    }

    @Test func `a file that will make it strict counts, one that leaves it off does not`()
        async throws
    {
        let strict = try await Self.check("parameters-not-saved") {
            $0.files["/etc/sysctl.d/10-a.conf"] = "net.ipv4.conf.*.rp_filter=1\n"
        }
        #expect(
            strict.intent
                == .mend(
                    .parameters([
                        "net.ipv4.conf.eth0.rp_filter": 2, "net.ipv4.conf.eth1.rp_filter": 2,
                    ])))
        let loose = try await Self.check("parameters-not-saved") {
            $0.sysctls["net.ipv4.conf.eth1.rp_filter"] = 2
        }
        #expect(loose.status == .ok)
    }

    @Test func `without a cloud the networks are those that NAT covers elsewhere`() async throws {
        let found = try await Self.check("masquerade-missing") { box in
            box.cloud = nil
            box.nat[.nfTables] = FakeBox.emptyChains
            box.addNAT(NATRule(target: "MASQUERADE", output: "eth0", source: "172.31.0.0/16"))
        }
        #expect(
            found.intent
                == .mend(
                    .masquerade(["eth1": [FakeBox.source("172.31.0.0/16")]], isKept: true)))
    }

    @Test func `where nothing tells the networks, a person has to`() async throws {
        let found = try await Self.check("masquerade-missing") { box in
            box.cloud = nil
            box.nat[.nfTables] = FakeBox.emptyChains
        }
        #expect(found.remedy == .manual("natdeck setup --source CIDR"))
    }

    @Test func `an exemption by the operator is no fault of natdeck's to mend`() async throws {
        let found = try await Self.check("not-masqueraded") { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.nat[.nfTables] = FakeBox.emptyChains
            box.addNAT(NATRule(target: "RETURN", source: "172.31.26.176"))
        }
        #expect(found.status == .error)
        #expect(found.intent == nil)
        #expect(found.fix?.contains("RETURN out * source 172.31.26.176") == true)
    }

    @Test func `a service that saves rules is told how it lives with natdeck`() async throws {
        let found = try await Self.check("saved-iptables-rules") { box in
            box.files["/etc/systemd/system/multi-user.target.wants/netfilter-persistent.service"] =
                ""
            box.files["/etc/iptables/rules.v4"] = """
                *nat
                -A POSTROUTING -s 172.31.0.0/16 -o eth1 -m comment --comment natdeck -j MASQUERADE
                -A POSTROUTING -s 10.0.0.0/8 -o eth1 -m comment --comment other -j MASQUERADE
                COMMIT

                """
        }
        #expect(
            found.summary.hasPrefix(
                "netfilter-persistent starts at boot: /etc/iptables/rules.v4 holds 1 of"))
    }

    @Test func `the service is missed where a host depends on it`() async throws {
        let found = try await Self.check("service-missing") { box in
            box.files[Environment.servicePath] = nil
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
        }
        #expect(found.status == .warning)
    }

    @Test func `a service that starts nothing, or whose guard does not run, is told`() async throws
    {
        let disabled = try await Self.check("service-missing") {
            $0.files[Environment.serviceLink] = nil
        }
        #expect(disabled.status == .warning)
        #expect(disabled.summary.contains("not started at boot"))
        let ended = try await Self.check("service-missing") { $0.locked = [] }
        #expect(ended.status == .warning)
        #expect(ended.summary.contains("no guard runs"))
    }

    @Test func `what is kept and is not so is told, whichever way it differs`() async throws {
        let lost = try await Self.check("assignments-differ") {
            $0.files[SavedAssignment.path] = "172.31.26.176 eth1\n"
        }
        #expect(
            lost.summary == "172.31.26.176 is kept for eth1, and leaves by eth0: no rule is for it")
        let other = try await Self.check("assignments-differ") { box in
            box.files[SavedAssignment.path] = "172.31.26.176 eth0\n"
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
        }
        #expect(other.summary == "172.31.26.176 is kept for eth0, and leaves by eth1")
        let down = try await Self.check("assignments-differ") { box in
            box.files[SavedAssignment.path] = "172.31.26.176 eth1\n"
            box.assignHost([FakeBox.backstop])
            box.interfaces[2].state = .down
        }
        #expect(down.summary == "172.31.26.176 is kept for eth1, and is blocked: eth1 is down")
        let absent = try await Self.check("assignments-differ") { box in
            box.files[SavedAssignment.path] = "172.31.26.176 eth7\n"
            box.assignHost([FakeBox.backstop])
        }
        #expect(
            absent.summary == "172.31.26.176 is kept for eth7, and is blocked: eth7 is not there")
        let defeated = try await Self.check("assignments-differ") { box in
            box.files[SavedAssignment.path] = "172.31.26.176 eth1\n"
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.addRule(RoutingPolicyRule(priority: 9, action: .lookup(table: FIBTable.main)))
        }
        #expect(
            defeated.summary
                == "172.31.26.176 is kept for eth1, and leaves by eth0: rule 9 «from all lookup main»"
                + " comes first")
    }

    @Test func `a table of ours behind main is told with what it lacks, and what is too many`()
        async throws
    {
        let found = try await Self.check("table-behind-main") { box in
            let host = FakeBox.source("203.0.113.0/24")
            box.assignHost(
                [FakeBox.wayOut, FakeBox.backstop]
                    + FakeBox.thrown([
                        "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12",
                    ])
                    + FakeBox.thrown(["192.168.0.0/16", "198.51.100.0/24"]))
            box.tables[FIBTable.main, default: []].append(
                Route(destination: host, nextHop: IPv4Address("172.31.0.9"), interface: "eth0"))
        }
        #expect(
            found.findings == ["table 20001 is behind table main: 198.51.100.0/24, 203.0.113.0/24"])
        #expect(found.intent == .mend(.tables([20001])))
    }

    @Test func `a file of assignments that does not parse is a problem, and nothing is planned`()
        async throws
    {
        var box = FakeBox.healthy
        box.files[SavedAssignment.path] = "what is this\n"
        let host = FakeHost(box)
        #expect(await host.snapshot().problems.map(\.id) == ["unreadable-assignments"])
        await #expect(throws: PlanRefusal.self) {
            try await host.plan(
                .assign([FakeBox.hostB], egress: "eth1", options: AssignOptions()))
        }
    }

    @Test func `a pending change is told`() async throws {
        var snapshot = await FakeHost(.healthy).snapshot()
        snapshot.pending = .value(
            PendingChange(
                id: "1", title: "a change", author: "root",
                state: .awaitsKeep(remainingMilliseconds: 5000)))
        #expect(snapshot.problems.map(\.id) == ["change-awaits-keep"])
    }

    @Test(arguments: ["nat", "rules"])
    func `a part that could not be read is a problem once`(part: String) async throws {
        let host = FakeHost(.healthy)
        if part == "nat" {
            host.uninstall("iptables-nft")
        } else {
            host.box.unreadable.insert("ip rule show")
        }
        let problems = await host.snapshot().problems
        #expect(problems.map(\.id) == ["unreadable-\(part)"])
        #expect(problems.map(\.severity) == [.error])
    }

    @Test func `a host that two names claim is told with the one that decides`() async throws {
        var snapshot = await FakeHost(.healthy).snapshot()
        let host = FakeBox.hostB
        let names = [SourceName.tag(key: "role", value: "batch"), .dns("worker.internal")]
        func check(_ claimed: [SourceName]) -> Check? {
            snapshot.names = .value(
                claimed.map { name in
                    var followed = FollowedName(name)
                    followed.answeredAtSeconds = 1
                    followed.hosts = [.init(host.network)]
                    return followed
                })
            snapshot.saved = .value([
                SavedAssignment(source: host, egress: "eth1", name: claimed.first)
            ])
            return snapshot.checks.first { $0.id == "names-overlap" }
        }
        #expect(check(names)?.status == .warning)
        #expect(
            check(names)?.findings == [
                "\(host) is claimed by ec2:tag:role=batch and dns:worker.internal: it is kept for"
                    + " eth1, as ec2:tag:role=batch says"
            ])
        #expect(check([names[1]])?.status == .ok)
        #expect(check([]) == nil)
    }
}
