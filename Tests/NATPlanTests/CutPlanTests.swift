import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// Plans that end connections and change nothing else.
@Suite struct CutPlanTests {
    private static let host = FakeBox.source("172.31.26.176")
    private static let first = IPv4Address("172.31.8.207") ?? IPv4Address(rawValue: 0)
    private static let second = IPv4Address("172.31.8.208") ?? IPv4Address(rawValue: 0)

    /// The scenario with EC2-B on eth1 and so many of its flows seen as each address.
    private static func snapshot(
        _ seen: [IPv4Address: Int], of host: IPv4Prefix = host
    ) async -> Snapshot {
        var snapshot = await FakeHost(.byHand).snapshot()
        var flows = HostFlows()
        for (address, count) in seen {
            var sum = HostFlows.Seen()
            sum.flows = count
            flows.seen[address] = sum
            flows.flows += count
        }
        snapshot.flows = .value(FlowTotals(hosts: [host.network: flows]))
        return snapshot
    }

    @Test func `all of them end by one command, which has no undo`() async throws {
        let plan = try Planner.plan(
            .cut(.all([Self.host])), on: await Self.snapshot([Self.first: 2, Self.second: 3]))
        #expect(plan.title == "end 5 connections of 172.31.26.176")
        #expect(plan.steps.map(\.action.description) == ["conntrack -D -s 172.31.26.176 --src-nat"])
        #expect(plan.steps.allSatisfy { $0.inverse == nil })
        #expect(!plan.hasUndo)
        #expect(plan.warnings.first?.contains("does not come back") == true)
        #expect(ConnectionFates(plan).fate(of: Self.host) == .end)
        #expect(plan.movesOthers == [])
    }

    @Test func `the old ones are those that leave another way than the rules say now`()
        async throws
    {
        let plan = try Planner.plan(
            .cut(.old([Self.host])), on: await Self.snapshot([Self.first: 2, Self.second: 3]))
        #expect(plan.title == "end 2 connections of 172.31.26.176 still on eth0")
        #expect(
            plan.steps.map(\.action.description) == [
                "conntrack -D -s 172.31.26.176 -q 172.31.8.207"
            ])
        #expect(ConnectionFates(plan).fate(of: Self.host) == .someEnd)
        let other = try #require(IPv4Prefix("172.31.26.175"))
        #expect(ConnectionFates(plan).fate(of: other) == .stay)
    }

    @Test func `of a network the old ones of each host end`() async throws {
        let network = IPv4Prefix(Self.host.network, length: 24)
        let plan = try Planner.plan(
            .cut(.old([network])), on: await Self.snapshot([Self.first: 2]))
        #expect(
            plan.steps.map(\.action.description) == [
                "conntrack -D -s 172.31.26.176 -q 172.31.8.207"
            ])
    }

    @Test func `where none is left there is nothing to do`() async throws {
        for cut in [Cut.old([Self.host]), .all([Self.host])] {
            let seen = cut == .all([Self.host]) ? [:] : [Self.second: 3]
            let plan = try Planner.plan(.cut(cut), on: await Self.snapshot(seen))
            #expect(plan.isEmpty)
            #expect(plan.title.contains("no connection"))
        }
    }

    @Test func `flows that cannot be read are not ended blindly`() async {
        var snapshot = await Self.snapshot([:])
        snapshot.flows = .failed(ReadFailure("conntrack -L", "refused", fix: "run it as root"))
        #expect(throws: PlanRefusal("conntrack -L", "refused", fix: "run it as root")) {
            try Planner.plan(.cut(.all([Self.host])), on: snapshot)
        }
    }

    @Test func `a host whose SSH session comes back to the box is not cut without a word`()
        async throws
    {
        var snapshot = await Self.snapshot([Self.first: 1])
        snapshot.sshPeers = .value([Self.host.network])
        let plan = try Planner.plan(.cut(.all([Self.host])), on: snapshot)
        #expect(plan.movesSessionsFrom == [Self.host.network])
    }

    @Test(arguments: [
        ConntrackFlow.Tuple(
            source: host.network, destination: IPv4Address(rawValue: 0xc633_640a), transport: 6,
            sourcePort: 40000, destinationPort: 443),
        ConntrackFlow.Tuple(
            source: host.network, destination: IPv4Address(rawValue: 0xc633_640a), transport: 1,
            sourcePort: 77, destinationPort: 8 << 8),
        ConntrackFlow.Tuple(
            source: host.network, destination: IPv4Address(rawValue: 0xc633_640a), transport: 50),
    ])
    func `one flow ends by its name, and the step is read back as it was written`(
        tuple: ConntrackFlow.Tuple
    ) async throws {
        let plan = try Planner.plan(
            .cut(.flows([FlowKey(tuple, zone: 3)])), on: await Self.snapshot([:]))
        let step = try #require(plan.steps.first)
        #expect(step.action.description.hasSuffix(" -w 3"))
        #expect(step.action == .endFlows(FlowSelection(FlowKey(tuple, zone: 3))))
        #expect(plan.title.hasPrefix("end \(Transport.name(tuple.transport)) 172.31.26.176"))
    }

    @Test func `what is cut is no change to undo, and is carried out while flows stand`()
        async throws
    {
        let fake = FakeHost(FakeBox.byHand.with { $0.flows = [Self.host] })
        let plan = try await fake.plan(.cut(.all([Self.host])))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.box.flows == [])
        #expect(throws: PlanRefusal.self) { try fake.local.applier.history.undo() }
        #expect(await fake.local.applier.apply(plan) != .done)
    }
}
