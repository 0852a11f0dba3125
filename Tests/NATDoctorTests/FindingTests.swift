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
        }
        #expect(found.status == status)
    }

    @Test func `a later file that says otherwise is named, and not overwritten`() async throws {
        let path = "/etc/sysctl.d/99-other.conf"
        let found = try await Self.check("parameters-not-saved") {
            $0.files[path] = "net.ipv4.ip_forward = 0\n"
        }
        #expect(found.findings == ["net.ipv4.ip_forward is 1, and \(path) sets it to 0"])
        #expect(found.remedy == .manual("set net.ipv4.ip_forward to 1 in \(path)"))
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
        #expect(lost.summary == "172.31.26.176 is kept for eth1, and no rule sends it there")
        let other = try await Self.check("assignments-differ") { box in
            box.files[SavedAssignment.path] = "172.31.26.176 eth0\n"
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
        }
        #expect(other.summary == "172.31.26.176 is kept for eth0, and leaves by eth1")
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
}
