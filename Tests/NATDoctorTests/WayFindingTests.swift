import NATDoctor
import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// What the checks make of rules that keep a host from its way.
@Suite struct WayFindingTests {
    private func check(_ id: String, _ change: (inout FakeBox) -> Void) async throws -> Check {
        try await FindingTests.check(id, change)
    }

    @Test(arguments: [
        (
            RoutingPolicyRule(priority: 100, action: .lookup(table: 254)), "from all lookup main",
            "sends it out of eth0"
        ),
        (
            RoutingPolicyRule(priority: 100, source: FakeBox.hostB, action: .other("prohibit")),
            "from 172.31.26.176 prohibit", "lets nothing out"
        ),
    ])
    func `an earlier rule that defeats an assignment is an error, and nobody is told to delete it`(
        rule: RoutingPolicyRule, words: String, way: String
    ) async throws {
        let found = try await check("shadowed-rules") { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.addRule(rule)
        }
        #expect(found.status == .error)
        #expect(
            found.findings.first
                == "172.31.26.176 does not go by rule 5000 «from 172.31.26.176 lookup 20001 proto"
                + " 201»: rule 100 «\(words)» comes first and \(way)")
        #expect(
            found.fix
                == "find out what made rule 100: its own settings say which hosts it is for")
    }

    @Test func `a rule behind the kernel's own is told, with what makes one that is reached`()
        async throws
    {
        let found = try await check("shadowed-rules") { $0.send(to: 10001, priority: 40000) }
        #expect(found.status == .error)
        #expect(
            found.findings == [
                "172.31.26.176 does not go by rule 40000 «from 172.31.26.176 lookup 10001»: rule"
                    + " 32766 «from all lookup main» comes first and sends it out of eth0"
            ])
        #expect(found.fix == "natdeck assign 172.31.26.176 eth1, if it is to leave so")
    }

    @Test func `a copy of the kernel's own rule is told, and nobody is told to delete one`()
        async throws
    {
        let found = try await check("duplicate-rules") {
            $0.addRule(RoutingPolicyRule(priority: 100, action: .lookup(table: FIBTable.main)))
        }
        #expect(found.findings == ["rule 32766 «from all lookup main» repeats rule 100"])
        #expect(found.intent == nil)
        #expect(found.fix?.contains("ip rule del") == false)
    }

    @Test func `an open table is said to leak, with the interface, and not to be closed`()
        async throws
    {
        func change(_ box: inout FakeBox) {
            box.send(to: 10001, priority: 32764)
            box.tables[10001] = nil
        }
        #expect(
            try await check("assignment-open", change).findings == [
                "172.31.26.176 leaves by eth0, whatever was wanted: table 10001 has no default"
                    + " route and falls through"
            ])
        #expect(try await check("assignment-closed", change).status == .ok)
    }

    @Test func `a rule inside an assigned network is never reached`() async throws {
        let found = try await check("shadowed-rules") { box in
            box.addRule(
                RoutingPolicyRule(
                    priority: 100, source: FakeBox.source("172.31.26.0/24"),
                    action: .lookup(table: 10001)))
            box.send(to: FIBTable.main, priority: 200)
        }
        #expect(
            found.findings == [
                "172.31.26.176 does not go by rule 200 «from 172.31.26.176 lookup main»: rule 100"
                    + " «from 172.31.26.0/24 lookup 10001» comes first and sends it out of eth1"
            ])
        #expect(
            found.fix
                == "find out what made rule 100: its own settings say which hosts it is for")
    }

    @Test func `a host before its network is reached`() async throws {
        let found = try await check("shadowed-rules") { box in
            box.send(to: FIBTable.main, priority: 100)
            box.addRule(
                RoutingPolicyRule(
                    priority: 200, source: FakeBox.source("172.31.26.0/24"),
                    action: .lookup(table: 10001)))
        }
        #expect(found.status == .ok)
    }
}
