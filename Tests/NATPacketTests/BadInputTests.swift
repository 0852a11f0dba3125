import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    @Test func `bad input is refused with the fix, and nothing is touched`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            for (source, nic, words) in [
                ("10.0.0.5/24", "eth1", ["10.0.0.5/24", "10.0.0.0/24", "10.0.0.5"]),
                ("2001:db8::1", "eth1", ["2001:db8::1", "IPv6"]),
                ("0.0.0.0/0", "eth1", ["0.0.0.0/0", "default route"]),
                ("127.0.0.1", "eth1", ["127.0.0.1", "loopback"]),
                ("224.0.0.5", "eth1", ["224.0.0.5", "multicast"]),
                ("172.31.8.207", "eth1", ["172.31.8.207", "own address on eth0"]),
                ("host-b", "eth1", ["host-b", "not an IPv4 address"]),
                ("172.31.26.176", "eth9", ["eth9", "no such interface", "eth0, eth1"]),
                ("172.31.26.176", "lo", ["lo", "loopback"]),
                ("172.31.26.176", "eth1; reboot", ["eth1; reboot", "no such interface"]),
            ] {
                let reply = try await box.run("assign", source, nic, "--yes")
                #expect(reply.status == 2, "\(source) \(nic)")
                #expect(reply.error.hasPrefix("natdeck: "))
                for word in words { #expect(reply.error.contains(word), "\(reply.error)") }
            }
            #expect(try await box.run("assign", Self.hostB).status == 64)
            #expect(try await box.run("assign", Self.hostB, "eth1", "--now").status == 64)
            let silent = try await box.run("assign", Self.hostB, "eth1")
            #expect(silent.status == 2)
            #expect(silent.error.contains("add --yes"))
            #expect(try await box.state() == before)
        }
    }

    @Test func `a gateway nobody knows is asked for, naming the three ways tried`() async throws {
        var topology = Topology.scenario
        topology.hasMetadata = false
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "ip", "route", "flush", "table", "10001")
            try await box.lab.output(
                in: "nat", "ip", "route", "del", "default", "dev", "eth1", "metric", "10001")
            let before = try await box.state()
            let reply = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(reply.status == 2)
            for word in ["eth1", "default route", "metadata", "--via"] {
                #expect(reply.error.contains(word), "\(reply.error)")
            }
            #expect(try await box.state() == before)
            try await box.done("assign", Self.hostB, "eth1", "--via", "172.31.0.1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    @Test func `a program that is missing is missed by nobody who does not need it`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            // natdeck looks into /usr/sbin by itself, so the programs are hidden there.
            let hidden = [
                "ip", "iptables", "iptables-nft", "iptables-legacy", "conntrack", "sysctl",
            ]
            let hide = hidden.map {
                "for f in /usr/sbin/\($0) /usr/bin/\($0); do"
                    + " [ -e $f ] && mount --bind /dev/null $f; done"
            }.joined(separator: "; ")
            for (words, seen) in [
                ("assign \(Self.hostB) eth1", Self.second), ("release \(Self.hostB)", Self.first),
            ] {
                let command = Command(
                    "unshare", "--mount", "sh", "-c", "\(hide); exec \(box.natdeck) \(words) --yes")
                let reply = try await box.lab.run(in: "nat", command)
                #expect(reply.status == 0, "\(reply.error)")
                #expect(try await box.lab.seenAs("ec2-b") == seen)
            }
        }
    }

    @Test(.enabled(if: !UserNamespace.isInside, "a user namespace of one user has no other"))
    func `without privilege the box is shown and not changed`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
            let change = try await box.lab.run(
                in: "nat", Command(nobody + [box.natdeck, "assign", Self.hostB, "eth1", "--yes"]))
            #expect(change.status == 77, "\(change.error)")
            let status = try await box.lab.run(
                in: "nat", Command(nobody + [box.natdeck, "status"]))
            #expect(status.status == 0)
            #expect(String(decoding: status.output, as: UTF8.self).contains("203.0.113.195"))
        }
    }

    @Test func `a held xtables lock costs the nat part alone`() async throws {
        var topology = Topology.scenario
        topology.backend = .legacy
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            let holder = Task {
                try await box.lab.run(
                    in: "nat", Command("flock", "/run/xtables.lock", "sleep", "12"),
                    deadline: .seconds(15))
            }
            try await Task.sleep(for: .milliseconds(300))
            let started = ContinuousClock.now
            let reply = try await box.run("status", "--json")
            #expect(ContinuousClock.now - started < .seconds(10))
            #expect(reply.status == 0)
            #expect(reply.output.contains("\"nat\":null"))
            #expect(reply.output.contains("\"id\":\"unreadable-nat\""))
            #expect(reply.output.contains("xtables lock"))
            #expect(reply.output.contains("203.0.113.195"))
            holder.cancel()
            _ = try? await holder.value
        }
    }
}
