import NATDoctor
import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct CheckTests {
    private func check(_ id: String, _ host: FakeHost) async throws -> Check {
        let checks = await host.snapshot().checks
        return try #require(checks.first { $0.id == id }, "\(checks.map(\.id))")
    }

    @Test func `finds nothing wrong with a healthy box`() async {
        let host = FakeHost(.healthy)
        let snapshot = await host.snapshot()
        #expect(snapshot.checks.filter { $0.status != .ok } == [])
        #expect(snapshot.problems == [])
        #expect(
            Set(snapshot.checks.map(\.id))
                == Set(Fault.all.map(\.id) + ["assignments-not-saved"] + Growth.ids))
        #expect(host.log == [], "looking changed something")
    }

    @Test(arguments: Fault.all)
    func `finds a fault, and says what was read and what mends it`(fault: Fault) async throws {
        var box = FakeBox.healthy
        fault.happens(&box)
        let host = FakeHost(box)
        let found = try await check(fault.id, host)
        #expect(found.status == fault.status)
        #expect(!found.findings.isEmpty)
        #expect(!found.reason.isEmpty)
        #expect((found.intent != nil) == fault.isMendable, "\(String(describing: found.remedy))")
        #expect((found.fix != nil) == fault.hasFix)
        for text in found.findings + [found.reason] { #expect(!text.hasSuffix("."), "\(text)") }
        let problems = await host.snapshot().problems
        #expect(problems.contains { $0.id == fault.id && $0.fix == found.fix })
    }

    @Test(arguments: Fault.all)
    func `what cannot be read is unknown, and never ok`(fault: Fault) async throws {
        var box = FakeBox.healthy
        fault.happens(&box)
        let host = FakeHost(box)
        fault.hides(host)
        let found = try await check(fault.id, host)
        #expect(found.status == .unknown)
        #expect(found.findings.joined() != "")
    }

    @Test(arguments: Fault.all.filter(\.isMendable))
    func `the plan mends it, and taking it back brings it back`(fault: Fault) async throws {
        var box = FakeBox.healthy
        fault.happens(&box)
        let host = FakeHost(box)
        let intent = try #require(try await check(fault.id, host).intent)
        let plan = try await host.plan(intent)
        #expect(!plan.isEmpty)
        #expect(await host.local.applier.apply(plan) == .done)
        #expect(host.unknown == [])
        #expect(try await check(fault.id, host).status == .ok)
        #expect(try await host.plan(intent).isEmpty, "there is more to do the second time")
        for step in plan.steps.reversed() {
            switch step.inverse {
            case .write(let path, let contents): try host.write(contents, to: path)
            case .remove(let path): try host.remove(path)
            case .setGate(let gate): #expect(await host.make(gate) == nil)
            case .steer(let change):
                #expect(await host.make(host.box.gate?.changed([change])) == nil)
            case .forgetMarks: continue
            case .routing(let change):
                #expect(await host.change([change], tolerating: []).failure == nil)
            case let inverse?:
                let command = try #require(inverse.command)
                #expect(try await host.run(command).status == 0)
            case nil: continue
            }
        }
        // Of rules with one priority and different sources, the order says nothing.
        func inOrder(_ box: FakeBox) -> FakeBox {
            var box = box
            box.rules.sort { ($0.priority, $0.words) < ($1.priority, $1.words) }
            return box
        }
        #expect(inOrder(host.box) == inOrder(box))
    }

    @Test func `the worst comes first`() async {
        var box = FakeBox.healthy
        box.sysctls["net.netfilter.nf_conntrack_acct"] = 0
        box.sysctls["net.ipv4.conf.eth0.send_redirects"] = 1
        box.sysctls["net.ipv4.ip_forward"] = 0
        let checks = await FakeHost(box).snapshot().checks
        #expect(
            checks.prefix(3).map(\.id) == [
                "ip-forward-off", "send-redirects-on", "conntrack-accounting-off",
            ])
    }

    @Test func `mending a parameter leaves the tables to their hosts`() async throws {
        var box = FakeBox.healthy
        box.files[SysctlFile.path] = nil
        box.sysctls["net.netfilter.nf_conntrack_acct"] = 0
        box.lacksGate = "the kernel has no nf_tables"
        let host = FakeHost(box)
        func carryOut(_ intent: Intent) async throws {
            #expect(await host.local.applier.apply(try await host.plan(intent)) == .done)
        }
        try await carryOut(.mend(.parameters(["net.netfilter.nf_conntrack_acct": 1])))
        let mended = host.box
        try await carryOut(.assign([FakeBox.hostB], egress: "eth1", options: AssignOptions()))
        try await carryOut(.release([FakeBox.hostB]))
        #expect(host.box == mended)
    }

    @Test func `assignments are checked once it is known which are saved`() async {
        var box = FakeBox.healthy
        box.assignHost([FakeBox.wayOut, FakeBox.backstop])
        let read = await FakeHost(box).snapshot()
        func status(_ saved: Reading<[SavedAssignment]?>) -> Check.Status? {
            var snapshot = read
            snapshot.saved = saved
            return Doctor.checks(of: snapshot).first { $0.id == "assignments-not-saved" }?.status
        }
        #expect(status(.failed(.unread)) == .unknown)
        #expect(status(.value(nil)) == .warning)
        #expect(status(.value([])) == .warning)
        #expect(
            status(.value([SavedAssignment(source: FakeBox.hostB, egress: "eth1")])) == .ok)
    }
}
