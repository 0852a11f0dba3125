import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

private func arrange(
    _ pairs: KeyValuePairs<String, String?>, _ options: AssignOptions = AssignOptions()
) -> Intent {
    .arrange(
        pairs.map { source, egress in
            Arrangement(FakeBox.source(source), egress: egress.flatMap { Egress($0) })
        }, options: options)
}

@Suite struct ArrangePlanTests {
    private func check(_ name: String, _ box: FakeBox, _ intent: Intent) async throws {
        let host = FakeHost(box)
        let plan = try await host.plan(intent)
        try Golden.expect(plan, is: name)
        try await carryOut(plan, on: host)
        let again = try await host.plan(intent)
        #expect(again.isEmpty, "\(Golden.text(again))")
    }

    @Test func `sends several hosts out by several interfaces`() async throws {
        try await check(
            "arrange-mixed", FakeBox.scenario.withoutNAT,
            arrange(["172.31.26.175": "eth0", "172.31.26.176": "eth1", "172.31.27.0/24": "eth1"]))
    }

    @Test func `moves, adds and releases in one plan`() async throws {
        let box = try await FakeBox.scenario.after(
            assign("172.31.26.175", "172.31.26.176", to: "eth1"))
        try await check(
            "arrange-back", box,
            arrange(["172.31.26.175": "eth0", "172.31.26.176": nil, "172.31.26.177": "eth1"]))
    }

    @Test func `tells a released host's way by the rules the same plan makes`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth0"))
        try await check(
            "arrange-under", box, arrange(["172.31.26.0/24": "eth1", "172.31.26.176": nil]))
    }

    @Test func `a host never leaves by the way of its network meanwhile`() async throws {
        let names = ["172.31.26.0/24", "172.31.26.176", "172.31.27.9", "172.31.0.0/16"]
        func sources(_ steps: [Step], added: Bool) -> [String] {
            steps.compactMap { step in
                switch step.action {
                case .routing(.addRule(let rule)) where added: rule.source?.description
                case .routing(.deleteRule(let rule)) where !added: rule.source?.description
                default: nil
                }
            }
        }
        func plan(_ box: FakeBox, _ egress: Egress?) async throws -> Plan {
            try await FakeHost(box).plan(
                .arrange(
                    names.map { Arrangement(FakeBox.source($0), egress: egress) },
                    options: AssignOptions()))
        }
        let assigned = sources(try await plan(.scenario, Egress("eth1")).steps, added: true)
        #expect(assigned.filter(names.contains) == [names[1], names[2], names[0], names[3]])
        let box = try await FakeBox.scenario.after(
            .arrange(
                names.map { Arrangement(FakeBox.source($0), egress: Egress("eth1")) },
                options: AssignOptions()))
        let released = sources(try await plan(box, nil).steps, added: false)
        #expect(released.filter(names.contains) == [names[3], names[0], names[1], names[2]])
        let removed = sources(try await FakeHost(box).plan(.removeAll).steps, added: false)
        #expect(removed.filter(names.contains) == [names[3], names[0], names[1], names[2]])
    }

    @Test func `names of many sources only those that change`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.175", to: "eth1"))
        try await check(
            "arrange-one-missing", box,
            arrange(["172.31.26.175": "eth1", "172.31.26.176": "eth1"]))
    }

    @Test func `brings a box of an earlier natdeck to how this one works`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1")).earlier
        try await check("migrate", box, arrange(["172.31.26.176": "eth1"]))
    }

    @Test func `the rule of an earlier natdeck goes with the last source it was for`() async throws
    {
        let box = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1")).earlier
        try await check("migrate-release", box, release("172.31.26.176"))
        let bare = FakeBox.scenario.withoutMarks
        let earlier = try await bare.after(assign("172.31.26.176", to: "eth1")).earlier
        #expect(try await earlier.after(release("172.31.26.176")) == bare)
    }

    @Test func `accepts the way somebody else made where it is right`() async throws {
        let options = AssignOptions(foreignRules: .accepted)
        let right = try await FakeHost(.byHand).plan(arrange(["172.31.26.176": "eth1"], options))
        #expect(right.isEmpty, "\(Golden.text(right))")
        try await check("arrange-foreign", .byHand, arrange(["172.31.26.176": "eth0"], options))
    }

    @Test func `leaves foreign rules alone where that is asked for`() async throws {
        let options = AssignOptions(foreignRules: .leftAlone)
        let host = FakeHost(.byHand)
        let before = host.box.foreign
        try await carryOut(
            try await host.plan(arrange(["172.31.26.176": "eth0"], options)), on: host)
        #expect(host.box.foreign == before)
        #expect(
            BoxFacts(await host.snapshot()).decision(for: FakeBox.source("172.31.26.176")).interface
                == "eth0")
    }

    @Test func `goes by the last gateway where the link took all others along`() async throws {
        var box = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1"))
        box.flap("eth1")
        box.cloud = nil
        let host = FakeHost(box)
        await #expect(throws: PlanRefusal.self) {
            try await host.plan(assign("172.31.26.176", to: "eth1"))
        }
        let gateways = ["eth1": IPv4Address("172.31.0.1")].compactMapValues { $0 }
        try await carryOut(
            try await host.plan(
                arrange(["172.31.26.176": "eth1"], AssignOptions(lastGateways: gateways))),
            on: host)
        #expect(
            BoxFacts(await host.snapshot()).decision(for: FakeBox.source("172.31.26.176")).interface
                == "eth1")
    }

    @Test func `setup makes no second table for a link that flapped`() async throws {
        var box = try await FakeBox.bare.after(setup)
        let before = box.tables
        box.tables[20002]?.removeAll { $0.type == "unicast" }
        try await carryOut(try await FakeHost(box).plan(setup), on: FakeHost(box))
        #expect(try await box.after(setup).tables.keys == before.keys)
    }

    @Test func `refuses two ways for one source`() async throws {
        await #expect(throws: PlanRefusal.self) {
            try await FakeHost(.scenario).plan(
                arrange(["172.31.26.176": "eth0", "172.31.26.176/32": "eth1"]))
        }
    }
}
