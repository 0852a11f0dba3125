import NATModel
import NATPlan
import NATTesting
import Testing

/// What goes to internal networks passes by the rules for sources where there are many.
@Suite struct PassTests {
    private let passes = ["4700 from all to 172.16.0.0/12 goto 5330 proto 201"]

    private func assign(_ count: Int, to egress: String? = "eth1") -> Intent {
        .arrange(
            (1...count).map {
                Arrangement(
                    FakeBox.source("172.31.27.\($0)"), egress: egress.flatMap { Egress($0) })
            }, options: AssignOptions())
    }

    /// The rules that let anything internal pass, once a plan is carried out.
    private func passes(_ box: FakeBox, after intent: Intent) async throws -> [String] {
        let host = FakeHost(box)
        let plan = try await host.plan(intent)
        try await carryOut(plan, on: host)
        #expect(try await host.plan(intent).isEmpty)
        return host.box.rules.filter { $0.isPass && $0.source == nil }.map {
            "\($0.priority) \($0.words)"
        }
    }

    @Test func `from sixteen sources on, and no longer than that`() async throws {
        #expect(try await passes(.scenario, after: assign(15)) == [])
        #expect(try await passes(.scenario, after: assign(16)) == passes)
        let box = try await FakeBox.scenario.after(assign(16))
        #expect(try await passes(box, after: assign(1, to: nil)) == [])
        let released = try await box.after(assign(16, to: nil))
        #expect(!released.rules.contains { $0.isPass || $0.isLanding })
    }

    @Test func `what spares the kernel the rules goes before them, what they lead to after them`()
        async throws
    {
        let box = try await FakeBox.scenario.after(assign(16))
        let deleted = try await FakeHost(box).plan(assign(16, to: nil)).steps.compactMap { step in
            if case .routing(.deleteRule(let rule)) = step.action { rule } else { nil }
        }
        let pass = try #require(deleted.firstIndex { $0.isPass })
        let landing = try #require(deleted.firstIndex { $0.isLanding })
        let hosts = deleted.indices.filter { deleted[$0].source != nil }
        #expect(hosts.count == 16)
        #expect(hosts.allSatisfy { pass < $0 && $0 < landing })
    }

    @Test func `not where others have a rule among ours, which would be passed by too`()
        async throws
    {
        let theirs = RoutingPolicyRule(priority: 5100, action: .lookup(table: 52))
        let box = FakeBox.scenario.with { $0.rules.append(theirs) }
        #expect(try await passes(box, after: assign(16)) == [])
        // It came later: the next plan looks again.
        let later = try await FakeBox.scenario.after(assign(16)).with {
            $0.rules.append(theirs)
            $0.rules.sort { $0.priority < $1.priority }
        }
        #expect(try await passes(later, after: assign(17)) == [])
    }

    @Test func `not where a table of ours leads anything internal somewhere`() async throws {
        let inside = Route(
            destination: FakeBox.source("172.31.99.0/24"), interface: "eth0", protocolNumber: 201)
        let box = try await FakeBox.scenario.after(assign(15)).with {
            $0.tables[Ownership.firstTable, default: []].append(inside)
        }
        #expect(try await passes(box, after: assign(16)) == [])
    }
}
