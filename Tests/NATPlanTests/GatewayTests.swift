import NATModel
import NATPlan
import NATTesting
import Testing

private func address(_ text: String) -> IPv4Address { IPv4Prefix(text)?.network ?? .outside }

/// By which router a table of ours leads out.
@Suite struct GatewayTests {
    @Test(arguments: [
        ("172.31.8.208", "it is the box's own address on eth1"),
        ("172.31.8.207", "it is the box's own address on eth0"),
        ("0.0.0.0", "it is an address of «this network»"),
        ("127.0.0.1", "it is a loopback address"), ("224.0.0.1", "it is a multicast address"),
        ("255.255.255.255", "it is a reserved address"),
        ("172.31.255.255", "it is the broadcast address of 172.31.0.0/16"),
        ("172.31.0.0", "it is the address of 172.31.0.0/16"),
    ])
    func `refuses a gateway that cannot be one`(via: String, reason: String) async {
        let refusal = await RefusalTests.refusal(
            .scenario, assign("172.31.26.176", to: "eth1", via: via))
        #expect(refusal?.object == "--via \(via)")
        #expect(refusal?.reason == reason)
    }

    @Test func `warns of a gateway out of reach, but of none where every address is alone`()
        async throws
    {
        let far = try await FakeHost(.scenario).plan(
            assign("172.31.26.176", to: "eth1", via: "1.2.3.4"))
        #expect(far.warnings.count == 1)
        #expect(far.warnings.first?.hasPrefix("1.2.3.4 is in no network of eth1") == true)
        let alone = FakeBox.scenario.with {
            $0.interfaces[2].addresses = FakeBox.addresses("172.31.8.208/32")
        }
        let plan = try await FakeHost(alone).plan(
            assign("172.31.26.176", to: "eth1", via: "172.31.0.1"))
        #expect(plan.warnings == [])
    }

    @Test func `a default route without a gateway is done alike`() async throws {
        let box = FakeBox.scenario.with {
            $0.flap("eth1")
            $0.cloud = nil
            $0.tables[FIBTable.main, default: []].append(
                Route(destination: .all, interface: "eth1", metric: 10001))
        }
        let plan = try await FakeHost(box).plan(assign("172.31.26.176", to: "eth1"))
        #expect(
            plan.steps.map { "\($0.action)" }.contains(
                "ip route add default dev eth1 table 20001 protocol 201"))
    }

    @Test func `a gateway of IPv6 is gone by where the default route names one`() async throws {
        var route = Route(destination: .all, interface: "eth1", metric: 10001)
        route.nextHop6 = IPv6Address("fe80::1")
        let box = FakeBox.scenario.with {
            $0.flap("eth1")
            $0.cloud = nil
            $0.tables[FIBTable.main, default: []].append(route)
        }
        let plan = try await FakeHost(box).plan(assign("172.31.26.176", to: "eth1"))
        let made = "ip route add default via inet6 fe80::1 dev eth1 table 20001 protocol 201"
        #expect(plan.steps.map { "\($0.action)" }.contains(made))
        // One that is given goes before it.
        let given = try await FakeHost(box).plan(
            assign("172.31.26.176", to: "eth1", via: "172.31.0.1"))
        #expect(
            given.steps.map { "\($0.action)" }.contains(
                "ip route add default via 172.31.0.1 dev eth1 table 20001 protocol 201"))
    }

    @Test func `refuses where nobody tells the gateway`() async throws {
        let blind = FakeBox.scenario.with {
            $0.flap("eth1")
            $0.cloud = nil
        }
        let refusal = await RefusalTests.refusal(blind, assign("172.31.26.176", to: "eth1"))
        #expect(refusal?.object == "eth1")
        for way in [
            "no table that a rule looks up has a default route", "the cloud's metadata", "--via",
        ] {
            #expect(refusal?.reason.contains(way) == true, "\(way)")
        }
        #expect(refusal?.fix == "add --via GATEWAY")
        // Each of the three ways is enough.
        let given = try await FakeHost(blind).plan(
            assign("172.31.26.176", to: "eth1", via: "172.31.0.1"))
        #expect(
            given.steps.map { "\($0.action)" }.contains(
                "ip route add default via 172.31.0.1 dev eth1 table 20001 protocol 201"))
        let cloud = FakeBox.scenario.with { $0.flap("eth1") }
        #expect(
            try await FakeHost(cloud).plan(assign("172.31.26.176", to: "eth1"))
                == given.with {
                    $0.intent = assign("172.31.26.176", to: "eth1")
                    $0.title += " and be seen as 203.0.113.8"
                })
    }

    @Test func `a link with a single peer needs no gateway`() async throws {
        let box = FakeBox.scenario.with {
            $0.addInterface("tun0", "10.9.0.1/32")
            $0.interfaces[3].isPointToPoint = true
        }
        let plan = try await FakeHost(box).plan(assign("172.31.26.176", to: "tun0"))
        #expect(
            plan.steps.map { "\($0.action)" }.contains(
                "ip route add default dev tun0 table 20001 protocol 201"))
    }

    /// A /31 (RFC 3021) and a peer's address leave no choice.
    @Test(arguments: [
        (InterfaceAddress(address("192.168.9.1"), prefixLength: 31), "192.168.9.0"),
        (
            InterfaceAddress(
                address("10.99.0.1"), prefixLength: 32, peer: address("10.99.0.2")), "10.99.0.2"
        ),
    ])
    func `the only other address on a link is the gateway`(
        own: InterfaceAddress, gateway: String
    ) async throws {
        let box = FakeBox.scenario.with {
            $0.addInterface("up0", "10.9.0.1/32")
            $0.interfaces[3].addresses = [own]
        }
        let plan = try await FakeHost(box).plan(assign("172.31.26.176", to: "up0"))
        #expect(
            plan.steps.map { "\($0.action)" }.contains(
                "ip route add default via \(gateway) dev up0 table 20001 protocol 201"))
        // Where there is a choice, nobody makes it.
        let several = box.with {
            $0.interfaces[3].addresses.append(
                InterfaceAddress(address("10.98.0.1"), prefixLength: 24))
        }
        await #expect(throws: PlanRefusal.self) {
            try await FakeHost(several).plan(assign("172.31.26.176", to: "up0"))
        }
    }
}
