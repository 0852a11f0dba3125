import FoundationEssentials
import NATModel
import NATPlan
import NATTesting
import Testing

/// Steps as the journal and the history keep them.
@Suite struct StepTextTests {
    private func decoded(_ line: String) throws -> Step {
        try JSONDecoder().decode(Step.self, from: try JSONEncoder().encode(line))
    }

    @Test func `a plan that was written down is read back as it was`() async throws {
        var kinds: Set<String> = []
        for seed in UInt64(1)...120 {
            var random = RandomBox(seed: seed)
            let host = FakeHost(try await random.box())
            let intent = random.intent()
            guard let plan = try? await host.plan(intent) else { continue }
            let read = try JSONDecoder().decode(Plan.self, from: try JSONEncoder().encode(plan))
            #expect(read == plan, "\(seed)")
            for step in plan.steps {
                for field in "\(step)".split(separator: "\t").dropFirst() {
                    kinds.insert(String(field.prefix { $0 != " " }))
                }
            }
        }
        #expect(
            kinds.isSuperset(of: [
                "rule+", "rule-", "route+", "route-", "nat+", "nat-", "set", "end", "write",
                "remove",
            ]), "only \(kinds) were tried")
    }

    @Test func `what an earlier natdeck wrote, a text for each line, is read too`() async throws {
        let plan = try await FakeHost(.scenario).plan(assign("172.31.26.176", to: "eth1"))
        let written = try JSONEncoder().encode(plan)
        var old = String(decoding: written, as: UTF8.self)
        for lines in [plan.steps.map(\.line), plan.verifications.map(\.line)] {
            let texts = String(decoding: try JSONEncoder().encode(lines), as: UTF8.self)
            let text = String(
                decoding: try JSONEncoder().encode(lines.joined(separator: "\n")), as: UTF8.self)
            #expect(lines.count > 1)
            #expect(old.contains(text))
            old = old.replacing(text, with: texts)
        }
        #expect(try JSONDecoder().decode(Plan.self, from: Data(old.utf8)) == plan)
        let torn = old.replacing("leaves 172.31.26.176", with: "leaves 172.31.26")
        #expect(torn != old)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Plan.self, from: Data(torn.utf8))
        }
    }

    @Test func `a step is one short line`() throws {
        let rule = RoutingPolicyRule(
            priority: 5000, source: FakeBox.source("10.0.0.1"), action: .lookup(table: 20001),
            protocolNumber: 201)
        let step = Step(
            "send it", .routing(.addRule(rule)), inverse: .routing(.deleteRule(rule)))
        #expect(
            "\(step)"
                == "send it\trule+ 5000 from=10.0.0.1 table=20001 protocol=201\t~")
    }

    @Test(arguments: [
        FlowSelection(FakeBox.source("10.0.0.7"), seenAs: IPv4Address(rawValue: 7)),
        FlowSelection(untranslated: FakeBox.source("10.0.0.0/8"), but: []),
        FlowSelection(
            untranslated: FakeBox.source("10.0.0.0/8"),
            but: [FakeBox.source("10.0.0.1"), FakeBox.source("10.9.0.0/16")]),
    ])
    func `which flows end is read back as it was`(selection: FlowSelection) throws {
        let step = Step("end them", .endFlows(selection), inverse: nil, mayFail: true)
        #expect(try decoded("\(step)") == step)
        // Fewer that are left out would be more that end.
        for torn in ["", "x", "10.0.0.1,", "10.0.0.300"] {
            let line = "x\tend 10.0.0.0/8 untranslated-but=\(torn)\t-"
            #expect(throws: (any Error).self) { try decoded(line) }
        }
    }

    @Test func `summaries and files keep their tabs, line ends and backslashes`() throws {
        let step = Step(
            "a\tb", .write(path: SysctlFile.path, contents: "x = 1\n\\n\ty\n"),
            inverse: .remove(path: SysctlFile.path), mayFail: true)
        #expect(try decoded("\(step)") == step)
    }

    @Test(arguments: [
        // Programs, files and parameters that are none of natdeck's.
        "x\trun sh -c id\t-", "x\twrite /etc/passwd root::0:0\t-",
        "x\twrite /etc/sysctl.d/../passwd x\t-", "x\tremove /etc/passwd\t-",
        "x\tset kernel.core_pattern 1\t-", "x\tset net.ipv4.conf.../../../x.rp_filter 1\t-",
        "x\tset net.ipv4.conf.a/b.rp_filter 1\t-", "x\tset net.ipv4.tcp_syncookies 0\t-",
        "x\tnat- /tmp/iptables legacy 10.0.0.1 eth1\t-",
        "x\tnat+ end iptables legacy 10.0.0.1 a/../b\t-", "x\tnat+ 0 iptables legacy 10.0.0.1 e\t-",
        // Rules and routes of others.
        "x\trule- 0 table=255\t-", "x\trule- 32766 table=254\t-",
        "x\trule+ 5000 from=10.0.0.1 table=255\t-", "x\trule+ 70000 from=10.0.0.1 table=7\t-",
        "x\troute- 254 unicast 0.0.0.0/0 via=10.0.0.1 dev=eth0\t-",
        "x\troute- 254 unicast 0.0.0.0/0 via=10.0.0.1 dev=eth0 protocol=201\t-",
        "x\troute- 20001 local 10.0.0.1 dev=eth0 protocol=201\t-",
        // What is torn, or says more than was understood.
        "", "x", "x\trule+ 5000\t-", "x\trule+ 5000 from=10.0.0.1 table=20001 protocol=201",
        "x\trule+ 5000 from=10.0.0.300 table=20001 protocol=201\t-",
        "x\trule+ 5000 from=10.0.0.1 table=20001 protocol=201 iif=eth0\t-",
        "x\trule+ 5000 from=10.0.0.1 table=20001 protocol=201\t-\tnever",
        "x\tset net.ipv4.ip_forward 1\t~", "x\tend everything\t-",
    ])
    func `a line that natdeck never writes is refused`(line: String) {
        #expect(throws: DecodingError.self) { try decoded(line) }
    }

    @Test func `a step of an earlier version is refused, and not guessed at`() {
        let old = #"""
            {"summary": "x", "action": {"run": {"_0": {"arguments": ["id"]}}}, "mayFail": false}
            """#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Step.self, from: Data(old.utf8))
        }
    }

    @Test func `a foreign rule that is taken over may be deleted, and comes back`() throws {
        let step = try decoded("x\trule- 32764 from=172.31.26.176 table=10001\t~")
        #expect("\(step.action)" == "ip rule del priority 32764 from 172.31.26.176 lookup 10001")
        #expect(
            step.inverse?.description
                == "ip rule add priority 32764 from 172.31.26.176 lookup 10001")
    }
}
