import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct RefusalTests {
    static func refusal(_ box: FakeBox, _ intent: Intent) async -> PlanRefusal? {
        do throws(PlanRefusal) {
            let plan = try await FakeHost(box).plan(intent)
            Issue.record("a plan was made: \(plan.title)")
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (
            "172.31.26.176/16", "host bits are set beyond /16",
            "say 172.31.0.0/16 for the network or 172.31.26.176 for the host"
        ),
        ("2001:db8::1", "natdeck moves IPv4 sources only, and this looks like IPv6", nil),
        ("ec2-b", "not an IPv4 address or prefix", "such as 172.31.26.176 or 10.0.3.0/24"),
        ("172.31.26", "not an IPv4 address or prefix", "such as 172.31.26.176 or 10.0.3.0/24"),
        (
            "172.31.26.176/33", "not an IPv4 address or prefix",
            "such as 172.31.26.176 or 10.0.3.0/24"
        ),
    ])
    func `refuses a source that is none`(text: String, reason: String, fix: String?) {
        let refusal = #expect(throws: PlanRefusal.self) { try IPv4Prefix.source(text) }
        #expect(refusal == PlanRefusal(text, reason, fix: fix))
    }

    @Test(arguments: ["", " ", "\u{1b}"])
    func `an empty source is called so`(text: String) {
        let refusal = #expect(throws: PlanRefusal.self) { try IPv4Prefix.source(text) }
        #expect(
            refusal?.description == "the source: it is empty")
    }

    @Test func `shows a source without its escape characters`() {
        let refusal = #expect(throws: PlanRefusal.self) { try IPv4Prefix.source("\u{1b}[2Jx") }
        #expect(refusal?.object == "[2Jx")
    }

    @Test(arguments: [
        ("127.0.0.1", "that is a loopback address, and no host's"),
        ("224.0.0.0/4", "it holds a multicast address"),
        ("239.1.2.3", "that is a multicast address, and no host's"),
        ("255.255.255.255", "that is a reserved address, and no host's"),
        ("0.0.0.1", "that is an address of «this network», and no host's"),
        ("169.254.169.254", "that is a link-local address, and no host's"),
        ("172.31.255.255", "that is the broadcast address of 172.31.0.0/16 on eth0"),
        ("0.0.0.0/0", "that is every host and the box itself: change the default route instead"),
        ("172.31.8.207", "that is the box's own address on eth0"),
        ("172.31.8.208", "that is the box's own address on eth1"),
    ])
    func `refuses a source whose move breaks more than it moves`(
        source: String, reason: String
    ) async {
        let refusal = await Self.refusal(.scenario, assign(source, to: "eth1"))
        #expect(refusal?.object == source)
        #expect(refusal?.reason == reason)
    }

    @Test func `warns of a source that is a gateway`() async throws {
        let plan = try await FakeHost(.scenario).plan(assign("172.31.0.1", to: "eth1"))
        #expect(plan.warnings == ["172.31.0.1 is a gateway of this box, and not a host behind it"])
    }

    /// What it sends itself moves; those behind it have addresses of their own.
    @Test func `a router behind the box is a host as any other`() async throws {
        let box = FakeBox.scenario.with {
            $0.tables[FIBTable.main, default: []].append(
                Route(
                    destination: FakeBox.source("10.99.0.0/24"),
                    nextHop: FakeBox.source("172.31.26.176").network, interface: "eth0"))
            $0.flows = [FakeBox.source("172.31.26.176")]
        }
        let fake = FakeHost(box)
        #expect(try await fake.plan(assign("172.31.26.176", to: "eth1")).warnings == [])
        var snapshot = await fake.snapshot()
        snapshot.flows = .value(
            FlowTotals(hosts: [FakeBox.source("172.31.26.176").network: HostFlows()]))
        #expect(
            BoxFacts(snapshot).hosts.contains(FakeBox.source("172.31.26.176").network))
        #expect(!BoxFacts(snapshot).hosts.contains(FakeBox.source("172.31.0.1").network))
    }

    @Test func `a neighbour that no network of its uplink holds is nobody behind this box`()
        async throws
    {
        var snapshot = await FakeHost(.scenario).snapshot()
        let seen = ["172.31.77.7", "172.20.9.9", "172.21.0.9"].map { FakeBox.source($0).network }
        snapshot.neighbours = .value(
            seen.map { Neighbour(address: $0, interface: "eth0", mac: "02:00:00:00:00:09") })
        snapshot.tables = snapshot.tables.map { tables in
            tables.map { table in
                var table = table
                if table.id == FIBTable.main {
                    table.routes.append(
                        Route(destination: FakeBox.source("172.21.0.0/24"), interface: "eth0"))
                }
                return table
            }
        }
        #expect(BoxFacts(snapshot).hosts.filter(seen.contains) == [seen[2], seen[0]])
    }

    @Test(arguments: [
        (RoutingPolicyRule(priority: 100, action: .lookup(table: 254)), "sends it out of eth0"),
        (
            RoutingPolicyRule(
                priority: 100, source: FakeBox.source("172.31.26.176"), action: .other("prohibit")),
            "lets nothing out"
        ),
    ])
    func `refuses where an earlier rule is sure to decide, also what is assigned already`(
        rule: RoutingPolicyRule, consequence: String
    ) async throws {
        let assigned = try await FakeBox.scenario.after(assign("172.31.26.176", to: "eth1"))
        for box in [FakeBox.scenario, assigned] {
            let refusal = await Self.refusal(
                box.with { $0.addRule(rule) }, assign("172.31.26.176", to: "eth1"))
            #expect(
                refusal
                    == PlanRefusal(
                        "172.31.26.176",
                        "the rule 100 «\(rule.words)» comes first and \(consequence)",
                        fix:
                            "find out what made rule 100: its own settings say which hosts it is for;"
                            + " one made by hand can stand behind natdeck's, after 5330"))
        }
    }

    @Test func `a rule that leads past those of natdeck is named, and not the one it leads to`()
        async throws
    {
        let box = FakeBox.scenario.with {
            $0.addRule(
                RoutingPolicyRule(
                    priority: 200, source: FakeBox.source("172.31.26.176"),
                    action: .goto(priority: 32766)))
        }
        let refusal = await Self.refusal(box, assign("172.31.26.176", to: "eth1"))
        #expect(
            refusal?.reason
                == "the rule 200 «from 172.31.26.176 goto 32766» passes over all rules of natdeck")
        #expect(
            refusal?.fix
                == "find out what made rule 200: its own settings say which hosts it is for")
    }

    @Test(arguments: [
        ("0.0.0.0/0", "that is every host there is: name those behind this box"),
        ("127.0.0.0/8", "it holds a loopback address"),
        ("224.0.0.0/4", "it holds a multicast address"),
        ("172.31.8.207", "that is the box's own address on eth0"),
    ])
    func `refuses to masquerade what has no hosts`(source: String, reason: String) async {
        let intent = Intent.setup(SetupOptions(sources: [FakeBox.source(source)]))
        #expect(await Self.refusal(.bare, intent) == PlanRefusal(source, reason))
    }

    @Test func `refuses to release an address of the box, without a fix that cuts it off`() async {
        let refusal = await Self.refusal(.scenario, release("172.31.8.208"))
        #expect(
            refusal == PlanRefusal("172.31.8.208", "that is the box's own address on eth1"))
    }

    @Test func `refuses 0.0.0.0/1, which holds the loopback`() async {
        #expect(await Self.refusal(.scenario, assign("0.0.0.0/1", to: "eth1")) != nil)
    }

    @Test func `names the interfaces there are`() async {
        let refusal = await Self.refusal(.scenario, assign("172.31.26.176", to: "eth9"))
        #expect(
            refusal == PlanRefusal("eth9", "no such interface", fix: "this box has eth0, eth1"))
    }

    @Test func `refuses the loopback`() async {
        let refusal = await Self.refusal(.scenario, assign("172.31.26.176", to: "lo"))
        #expect(refusal?.reason == "the loopback leads nowhere outside")
    }

    @Test func `refuses an interface that is down`() async {
        let box = FakeBox.scenario.with { $0.interfaces[2].state = .down }
        let refusal = await Self.refusal(box, assign("172.31.26.176", to: "eth1"))
        #expect(
            refusal
                == PlanRefusal("eth1", "the interface is down", fix: "ip link set eth1 up"))
    }

    @Test func `refuses where the box forwards nothing`() async {
        let refusal = await Self.refusal(.bare, assign("172.31.26.176", to: "eth1"))
        #expect(refusal?.object == "net.ipv4.ip_forward")
        #expect(refusal?.fix == "natdeck setup")
    }

    @Test func `refuses to adopt where there is no table to adopt`() async {
        let refusal = await Self.refusal(
            .scenario, assign("172.31.26.176", to: "eth0", adopting: true))
        #expect(refusal?.reason == "no table but main has a default route by it to adopt")
    }

    @Test func `refuses to release what natdeck did not make`() async {
        let refusal = await Self.refusal(.byHand, release("172.31.26.176"))
        #expect(
            refusal
                == PlanRefusal(
                    "172.31.26.176", "its rule at priority 32764 was not made by natdeck",
                    fix: "ip rule del priority 32764 from 172.31.26.176 lookup 10001"))
    }

    @Test func `refuses a takeover that would delete another rule`() async {
        let box = FakeBox.scenario.with {
            for input in ["eth0", nil] {
                $0.addRule(
                    RoutingPolicyRule(
                        priority: 32764, source: FakeBox.source("172.31.26.176"),
                        action: .lookup(table: 10001), selectors: RuleSelectors { $0.input = input }
                    ))
            }
        }
        let refusal = await Self.refusal(box, assign("172.31.26.176", to: "eth1"))
        #expect(refusal?.reason.contains("iif eth0") == true)
    }

    @Test func `refuses setup where nobody tells the network behind the box`() async {
        let box = FakeBox.bare.with { $0.cloud = nil }
        let refusal = await Self.refusal(box, setup)
        #expect(refusal?.fix == "natdeck setup --source CIDR")
    }

    @Test func `refuses setup without an egress`() async {
        let refusal = await Self.refusal(FakeBox(), setup)
        #expect(refusal?.object == "egress interfaces")
    }

    @Test(arguments: ["ip -json -N -4 rule", "iptables-nft", "ip -json -N -details addr"])
    func `refuses where a part of the box cannot be read`(words: String) async throws {
        var snapshot = await FakeHost(.scenario).snapshot()
        let failure = ReadFailure(words, "exit status 1", fix: "do this")
        switch words {
        case "iptables-nft": snapshot.nat = .failed(failure)
        case "ip -json -N -4 rule": snapshot.rules = .failed(failure)
        default: snapshot.interfaces = .failed(failure)
        }
        #expect(throws: PlanRefusal(words, "exit status 1", fix: "do this")) {
            try Planner.plan(assign("172.31.26.176", to: "eth1"), on: snapshot)
        }
    }

    @Test func `refuses a host for a name where another name has it already`() async throws {
        var snapshot = await FakeHost(.scenario).snapshot()
        let host = FakeBox.source("172.31.26.176")
        let (one, other) = (
            SourceName.tag(key: "role", value: "batch"), SourceName.instance("i-00000001")
        )
        var followed = FollowedName(one)
        followed.hosts = [.init(host.network, instance: "i-00000001", label: "worker")]
        snapshot.names = .value([followed])
        snapshot.saved = .value([SavedAssignment(source: host, egress: "eth1", name: one)])
        func plan(_ name: SourceName, to egress: Egress) throws(PlanRefusal) -> Plan {
            try Planner.plan(
                .arrange([Arrangement(host, egress: egress, name: name)], options: AssignOptions()),
                on: snapshot)
        }
        let refusal = #expect(throws: PlanRefusal.self) { try plan(other, to: "eth0") }
        #expect(refusal?.object == "172.31.26.176 (i-00000001 worker)")
        #expect(
            refusal?.reason
                == "ec2:tag:role=batch claims it already, and ec2:i-00000001 would claim it too")
        #expect(refusal?.fix == "natdeck release ec2:tag:role=batch, or a tag that fewer have")
        // By the same name it may move, and by its address it leaves the name's care.
        _ = try plan(one, to: "eth1")
        _ = try Planner.plan(
            .assign([host], egress: "eth1", options: AssignOptions()), on: snapshot)
    }
}

extension Plan {
    /// The plan with something changed.
    func with(_ change: (inout Plan) -> Void) -> Plan {
        var plan = self
        change(&plan)
        return plan
    }
}
