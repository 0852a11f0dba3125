import NATModel
import NATParse
import Testing

@Suite struct LinkReplyTests {
    private func interface(_ name: String) throws -> Interface {
        let reply = try LinkReply().whole(try Fixture.bytes("netlink-links-kinds.bin"))
        return try #require(reply.interfaces.first { $0.name == name })
    }

    private func addresses(_ name: String) throws -> [InterfaceAddress] {
        let reply = try AddressReply().whole(try Fixture.bytes("netlink-addresses-kinds.bin"))
        return reply.addresses[try interface(name).index] ?? []
    }

    @Test func `reads a NIC with secondary addresses in the kernel's order`() throws {
        let eth0 = try interface("eth0")
        #expect(eth0.state == .up)
        #expect(eth0.kind == "veth")
        #expect(eth0.mtu == 9001)
        #expect(eth0.master == nil)
        #expect(
            try addresses("eth0").map(\.description)
                == ["172.31.8.207/16", "203.0.113.7/24", "172.31.8.210/16"])
        #expect(eth0.mac == "36:d2:5f:e2:05:d9")
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
        let address = try #require(try addresses("tun0").first)
        #expect(address.address.description == "10.9.0.1")
        #expect(address.network.description == "10.9.0.2")
    }

    @Test(arguments: [
        ("eth2", Interface.State.down), ("eth3", .down), ("tun0", .down), ("br0", .up),
        ("p0", .up),
    ])
    func `tells up from down`(name: String, state: Interface.State) throws {
        #expect(try interface(name).state == state)
    }

    @Test func `the member of a bridge knows it`() throws {
        #expect(try interface("p0").master == "br0")
        #expect(try interface("br0").kind == "bridge")
    }

    @Test func `what comes in by a member of a VRF is looked up in its table`() throws {
        func link(_ index: UInt8, _ name: UInt8, _ rest: [UInt8]) -> [UInt8] {
            let header: [UInt8] = [0, 0, 0, 0, index, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]
            return NetlinkBytes.message(16, header + [6, 0, 3, 0, name, 0, 0, 0] + rest)
        }
        // IFLA_LINKINFO: the kind, and of a VRF its table, 700.
        let info: [UInt8] = [
            24, 0, 18, 0, 8, 0, 1, 0, 0x76, 0x72, 0x66, 0, 12, 0, 2, 0, 8, 0, 1, 0, 0xbc, 2, 0, 0,
        ]
        let bytes = link(9, 0x76, info) + link(8, 0x6d, [8, 0, 10, 0, 9, 0, 0, 0])
        let interfaces = try LinkReply().whole(bytes + NetlinkBytes.done).interfaces
        #expect(interfaces.map(\.name) == ["v", "m"])
        #expect(interfaces.map(\.kind) == ["vrf", nil])
        #expect(interfaces.map(\.vrfTable) == [700, 700])
        #expect(interfaces.map(\.master) == [nil, "v"])
    }

    @Test(arguments: [
        Array("a\u{1b}b".utf8), [0x77, 0xff], Array("*".utf8), Array("café".utf8),
    ])
    func `a name of odd bytes can be had back`(name: [UInt8]) throws {
        let text = KernelName.text(name)
        #expect(KernelName.bytes(text) == name)
        #expect(text.strippedOfControls == text)
        if name.count < 5 { #expect(try interface(text).index > 1) }
    }
}
