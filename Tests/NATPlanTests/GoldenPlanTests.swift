import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct GoldenPlanTests {
    private func check(_ name: String, _ box: FakeBox, _ intent: Intent) async throws {
        let host = FakeHost(box)
        let plan = try await host.plan(intent)
        try Golden.expect(plan, is: name)
        try await carryOut(plan, on: host)
        #expect(try await host.plan(intent).isEmpty, "planning again after \(name)")
        for step in plan.steps.reversed() {
            if let inverse = step.inverse { try await perform(inverse, on: host) }
        }
        #expect(host.box.comparable == box.comparable, "taking \(name) back")
    }

    @Test func `assigns the scenario's host to eth1`() async throws {
        try await check("assign", .scenario, assign("172.31.26.176", to: "eth1"))
    }

    @Test func `has nothing to do where it is so`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1"))
        try await check("assign-again", box, assign("172.31.26.176", to: "eth1"))
    }

    @Test func `moves a host from one of our tables to another`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1"))
        try await check("assign-move", box, assign("172.31.26.176", to: "eth0"))
    }

    @Test func `takes over the hand procedure's rule`() async throws {
        try await check("assign-takeover", .byHand, assign("172.31.26.176", to: "eth1"))
    }

    @Test func `adopts the table that ec2-net-utils made`() async throws {
        try await check(
            "assign-adopt", .scenario, assign("172.31.26.176", to: "eth1", adopting: true))
    }

    @Test func `assigns a network`() async throws {
        try await check("assign-network", .scenario, assign("172.31.26.0/24", to: "eth1"))
    }

    @Test func `the box's own addresses in an assigned network keep their way`() async throws {
        try await check("assign-own", .scenario, assign("172.31.8.0/24", to: "eth1"))
        let host = FakeHost(try await FakeBox.scenario.after(assign("172.31.8.0/24", to: "eth1")))
        for (own, egress) in [("172.31.8.207", "eth0"), ("172.31.8.208", "eth1")] {
            let question = RouteQuestion(to: .outside, from: FakeBox.source(own).network)
            #expect(host.ways(of: [question]).first?.value?.interface == egress)
        }
        let neighbour = RouteQuestion(
            to: .outside, from: FakeBox.source("172.31.8.9").network, input: "eth0")
        #expect(host.ways(of: [neighbour]).first?.value?.interface == "eth1")
    }

    @Test func `what keeps own addresses on their way goes with the network`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.8.0/24", to: "eth1"))
        try await check("release-own", box, release("172.31.8.0/24"))
        let bare = FakeBox.scenario.withoutMarks
        #expect(
            try await bare.after(assign("172.31.8.0/24", to: "eth1"), release("172.31.8.0/24"))
                == bare)
    }

    @Test func `closes what cannot leave yet where that is asked for`() async throws {
        let box = FakeBox.scenario.with {
            $0.interfaces[2].state = .down
            $0.flap("eth1")
        }
        let options = AssignOptions(closesUnusable: true)
        try await check(
            "assign-closed", box,
            .assign([FakeBox.source("172.31.26.176")], egress: "eth1", options: options))
    }

    @Test func `a host inside an assigned network comes first`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.0/24", to: "eth1"))
        try await check("assign-inside", box, assign("172.31.26.176", to: "eth0"))
    }

    @Test func `assigns several hosts at once`() async throws {
        try await check(
            "assign-several", .scenario,
            assign("172.31.26.175", "172.31.26.176", "172.31.26.175", to: "eth1"))
    }

    @Test func `adds MASQUERADE where nothing covers the host`() async throws {
        try await check(
            "assign-uncovered", FakeBox.scenario.withoutNAT, assign("172.31.26.176", to: "eth1"))
    }

    @Test func `leaves an exemption alone and warns of it`() async throws {
        let exemption = NATRule(target: "ACCEPT", source: "172.31.26.0/24")
        let box = FakeBox.scenario.withoutNAT.with { $0.addNAT(exemption) }
        try await check("assign-exempt", box, assign("172.31.26.176", to: "eth1"))
    }

    @Test func `uses the table of setup`() async throws {
        let box = try await FakeBox.bare.after(setup)
        try await check("assign-after-setup", box, assign("172.31.26.176", to: "eth1"))
    }

    @Test func `mends the table a link flap emptied`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1"))
        try await check(
            "assign-after-flap", box.with { $0.flap("eth1") }, assign("172.31.26.176", to: "eth1"))
    }

    @Test func `mends a wrong gateway`() async throws {
        let box = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1"))
        try await check(
            "assign-gateway", box, assign("172.31.26.176", to: "eth1", via: "172.31.0.9"))
    }

    @Test func `releases one of two hosts`() async throws {
        let box = try await FakeBox.scenario.after(
            assign("172.31.26.175", "172.31.26.176", to: "eth1"))
        try await check("release-one", box, release("172.31.26.176"))
    }

    @Test func `releases the last host and cleans up`() async throws {
        let box = try await FakeBox.scenario.withoutNAT.after(
            assign("172.31.26.176", to: "eth1"))
        try await check("release-last", box, release("172.31.26.176"))
    }

    @Test func `releases nothing where nothing is assigned`() async throws {
        try await check("release-unassigned", .scenario, release("172.31.26.176"))
    }

    @Test func `sets up a bare box`() async throws {
        try await check("setup-bare", .bare, setup)
    }

    @Test func `has nothing to set up twice`() async throws {
        try await check("setup-again", try await FakeBox.bare.after(setup), setup)
    }

    @Test func `loosens a strict reverse path filter`() async throws {
        let box = FakeBox.bare.with {
            $0.sysctls["net.ipv4.conf.all.rp_filter"] = 1
            $0.sysctls["net.ipv4.conf.eth0.rp_filter"] = 1
        }
        try await check("setup-strict", box, setup)
    }

    @Test func `sets up what is down too, all but its table`() async throws {
        let box = FakeBox.bare.with {
            $0.interfaces[2].state = .down
            $0.flap("eth1")
        }
        let host = FakeHost(box)
        try Golden.expect(try await host.plan(setup), is: "setup-down")
    }

    @Test func `sets up for networks given where no cloud tells them`() async throws {
        let box = FakeBox.bare.with { $0.cloud = nil }
        let intent = Intent.setup(SetupOptions(sources: [FakeBox.source("10.0.0.0/8")]))
        try await check("setup-sources", box, intent)
    }

    @Test func `spells the parameters of an interface with a dot as paths`() async throws {
        let box = FakeBox.bare.with {
            $0.addInterface("eth0.100", "10.9.0.2/24")
            $0.tables[9] = [
                Route(
                    destination: .all, nextHop: IPv4Address("10.9.0.1"), interface: "eth0.100")
            ]
            $0.addRule(
                RoutingPolicyRule(
                    priority: 9, source: FakeBox.source("10.9.0.2"), action: .lookup(table: 9)))
        }
        try await check("setup-dotted", box, setup)
    }

    @Test func `removes all that is ours`() async throws {
        let box = try await FakeBox.bare.after(setup, assign("172.31.26.176", to: "eth1"))
        try await check("remove", box, .removeAll)
        let host = FakeHost(box)
        try await carryOut(try await host.plan(.removeAll), on: host)
        #expect(host.box == .bare)
    }
}
