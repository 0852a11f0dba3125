import NATModel
import NATParse
import Testing

@Suite struct AddressReplyTests {
    private func interface(_ name: String) throws -> Interface {
        let all = try AddressReply.parse(try Fixture.bytes("ip-address-kinds.json"))
        return try #require(all.first { $0.name == name })
    }

    @Test func `reads a NIC with secondary addresses in the kernel's order`() throws {
        let eth0 = try interface("eth0")
        #expect(eth0.state == .up)
        #expect(eth0.kind == "veth")
        #expect(
            eth0.addresses.map(\.description)
                == ["172.31.8.207/16", "203.0.113.7/24", "172.31.8.210/16"])
        #expect(eth0.mac?.split(separator: ":").count == 6)
    }

    @Test func `the loopback is one, and has no hardware address`() throws {
        let lo = try interface("lo")
        #expect(lo.isLoopback)
        #expect(lo.mac == nil)
        #expect(lo.state == .up)
    }

    @Test func `the network of a peer address is the peer's`() throws {
        let tun = try interface("tun0")
        #expect(tun.isPointToPoint)
        #expect(tun.mac == nil)
        let address = try #require(tun.addresses.first)
        #expect(address.address.description == "10.9.0.1")
        #expect(address.network.description == "10.9.0.2")
    }

    @Test(arguments: [
        ("eth2", Interface.State.down), ("tun0", .down), ("br0", .up), ("eth0.100", .up),
    ])
    func `tells up from down`(name: String, state: Interface.State) throws {
        #expect(try interface(name).state == state)
    }

    @Test func `a NIC without carrier is down`() throws {
        let reply = try Fixture.bytes("ip-address-no-carrier.json")
        #expect(try AddressReply.parse(reply).map(\.state) == [.down])
    }
}
