import FoundationEssentials
import NATHost
import NATLab
import NATModel
import Testing

/// A check as `natdeck doctor --json` prints it; every key must be there.
private struct PrintedCheck: Decodable {
    var id: String
    var title: String
    var status: String
    var read: [String]
    var why: String
    var mendable: Bool
    var fix: String?
}

extension BoxUnderTest {
    /// What the doctor says of the box, by id.
    fileprivate func checks() async throws -> [String: PrintedCheck] {
        let reply = try await run("doctor", "--json")
        #expect(reply.status == 0, "\(reply.error)")
        let list = try JSONDecoder().decode(
            [PrintedCheck].self, from: Data(reply.output.utf8))
        for check in list {
            #expect(["error", "warning", "unknown", "info", "ok"].contains(check.status))
            #expect(!check.read.isEmpty && !check.title.isEmpty && !check.why.isEmpty)
        }
        return try Dictionary(list.map { ($0.id, $0) }) { check, _ in
            throw LabError(check.id, "there are two of it")
        }
    }

    /// The checks that found something.
    fileprivate func failing() async throws -> Set<String> {
        Set(try await checks().filter { $0.value.status != "ok" }.keys)
    }
}

extension PacketTests {
    @Test func `the doctor names the faults of a bare box and mends them one by one`()
        async throws
    {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let faults = [
                "masquerade-missing", "ip-forward-off", "send-redirects-on",
                "conntrack-accounting-off",
            ]
            #expect(
                try await box.failing() == Set(faults + ["service-missing", "cloud-not-checked"]))
            #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil)
            #expect(try await box.state() == before, "looking changed something")
            for id in faults {
                let shown = try await box.run("doctor", "--fix", id, "--dry-run")
                #expect(shown.status == 0)
                #expect(shown.output.contains("To undo"))
                #expect(try await box.checks()[id]?.status != "ok")
                try await box.done("doctor", "--fix", id, "--yes")
                #expect(try await box.checks()[id]?.status == "ok", "\(id)")
                let again = try await box.run("doctor", "--fix", id, "--yes")
                #expect(again.status == 0)
                #expect(again.output.contains("nothing to do"))
            }
            #expect(try await box.failing() == ["service-missing", "cloud-not-checked"])
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("setup", "--remove", "--yes")
            #expect(try await box.state() == before)
        }
    }

    @Test func `--fix refuses what it does not know and what it cannot do`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let unknown = try await box.run("doctor", "--fix", "no-such-check", "--yes")
            #expect(unknown.status == 2)
            #expect(unknown.error.contains("ip-forward-off"))
            let manual = try await box.run("doctor", "--fix", "service-missing", "--yes")
            #expect(manual.status == 2)
            #expect(manual.error.contains("natdeck service install"))
            #expect(try await box.run("doctor", "--dry-run").status == 64)
            #expect(try await box.state() == before)
        }
    }

    @Test func `a strict reverse path filter that cuts the second interface off is mended`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.checks()["rp-filter-strict"]?.status == "ok")
            try await box.lab.output(in: "nat", "sysctl", "-w", "net.ipv4.conf.all.rp_filter=1")
            // With its own rule eth1's address answers by eth1, and strict is right.
            #expect(try await box.checks()["rp-filter-strict"]?.status == "ok")
            try await box.lab.output(in: "nat", "ip", "rule", "del", "from", "172.31.8.208")
            // The router asks for eth1 anew, and strict drops the question.
            try await box.lab.output(in: "router", "ip", "neigh", "flush", "all")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 2) == nil)
            #expect(try await box.checks()["rp-filter-strict"]?.status == "error")
            try await box.done("doctor", "--fix", "rp-filter-strict", "--yes")
            #expect(try await box.checks()["rp-filter-strict"]?.status == "ok")
            try await box.lab.output(in: "router", "ip", "neigh", "flush", "all")
            #expect(try await box.lab.seenAs("ec2-b", seconds: 5) == Self.second)
        }
    }

    @Test func `rules that a service has saved come back as ours, and once`() async throws {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.done("setup", "--yes")
            let after = try await box.state()
            // What `netfilter-persistent save` and its start do.
            let saved = try await box.lab.output(in: "nat", "iptables-save")
            let path = "/etc/iptables/rules.v4"
            try await box.lab.output(in: "nat", "mkdir", "-p", "/etc/iptables")
            try await box.lab.run(in: "nat", Command("tee", path), input: saved)
            try await box.lab.output(in: "nat", "iptables", "-t", "nat", "-F")
            let empty = try await box.checks()
            #expect(empty["masquerade-missing"]?.status == "warning")
            #expect(empty["saved-iptables-rules"]?.read.first?.contains("holds 2 of") == true)
            try await box.lab.run(in: "nat", Command("iptables-restore"), input: saved)
            #expect(try await box.state() == after)
            let again = try await box.run("setup", "--yes")
            #expect(again.output.contains("already set up"))
            try await box.done("setup", "--remove", "--yes")
            #expect(try await box.state() == before)
        }
    }

    @Test func `mends a fault by keys in the dashboard`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(in: "nat", "sysctl", "-w", "net.ipv4.ip_forward=0")
            #expect(try await box.lab.seenAs("ec2-a", seconds: 1) == nil)
            try await Tmux.with(try box.command()) { (tmux: Tmux) async throws in
                try await tmux.wait(forText: "forwarding OFF")
                try await tmux.press("!")
                try await tmux.wait(forText: "error    ip-forward-off")
                try await tmux.press("g", "Enter")
                try await tmux.wait(forText: "Apply this plan?")
                try await tmux.wait(forText: "net.ipv4.ip_forward=1")
                try await Task.sleep(for: .milliseconds(600))
                try await tmux.press("End", "y")
                try await tmux.wait(forText: "Keep?")
                try await tmux.press("K")
                try await tmux.wait(forText: "ok       ip-forward-off")
                try await tmux.press("q")
            }
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.checks()["ip-forward-off"]?.status == "ok")
        }
    }
}
