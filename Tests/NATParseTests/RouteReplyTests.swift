import NATModel
import NATParse
import Testing

@Suite struct RouteReplyTests {
    private func tables() throws -> [FIBTable] {
        let names = [1: "lo", 2: "br0", 4: "eth0", 6: "eth1", 8: "dum0", 9: "tun0"]
        return try RouteReply { names[$0] }
            .whole(try Fixture.bytes("netlink-routes-everything.bin")).tables
    }

    private func route(_ table: Int, _ destination: String) throws -> Route {
        let found = try tables().first { $0.id == table }?.routes.first {
            $0.destination.description == destination
        }
        return try #require(found)
    }

    @Test func `sorts the routes into their tables`() throws {
        #expect(try tables().map(\.id) == [100, 101, 102, 254, 255, 20001])
    }

    @Test func `our table is owned and fails closed`() throws {
        let ours = try #require(try tables().last)
        #expect(ours.isOwned)
        #expect(ours.defaultRoute?.interface == "eth1")
        #expect(ours.defaultRoute?.isOnLink == true)
        #expect(ours.routes.map(\.type) == ["unicast", "unreachable"])
        #expect(ours.routes.last?.metric == .max)
    }

    @Test func `a route whose link has no carrier is dead`() throws {
        #expect(try tables().last?.defaultRoute?.isDead == true)
    }

    @Test func `reads multipath routes hop by hop`() throws {
        let hops = try route(100, "0.0.0.0/0").hops
        #expect(hops.map(\.interface) == ["eth0", "eth0"])
        #expect(hops.map { $0.nextHop?.description } == ["172.31.0.1", "172.31.0.2"])
    }

    @Test(arguments: [
        (100, "10.10.0.0/16", "throw"), (100, "10.12.0.0/16", "prohibit"),
        (254, "10.11.0.0/16", "blackhole"), (100, "10.17.0.0/16", "local"),
        (100, "239.0.0.0/8", "multicast"), (255, "172.31.255.255", "broadcast"),
    ])
    func `names the types the kernel numbers`(table: Int, destination: String, type: String) throws
    {
        #expect(try route(table, destination).type == type)
    }

    @Test func `a route by an IPv6 gateway has no IPv4 next hop`() throws {
        let route = try route(254, "10.13.0.0/16")
        #expect(route.nextHop == nil)
        #expect(route.nextHop6 != nil)
        #expect(route.interface == "eth0")
    }

    @Test func `a route by a nexthop object has the object's gateway`() throws {
        #expect(try route(254, "10.16.0.0/16").nextHop?.description == "172.31.0.9")
    }

    @Test func `the default route of main is the one with the lowest metric`() throws {
        let main = try #require(try tables().first { $0.id == FIBTable.main })
        #expect(main.defaultRoute?.metric == 0)
        #expect(main.routes.filter { $0.destination == .all }.map(\.metric) == [0, 10001])
    }

    /// One line for each route, or for each hop of several.
    @Test func `reads as many routes as ip prints, in its order`() throws {
        let text = String(decoding: try Fixture.bytes("ip-route-everything.txt"), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("\t") }.map {
            // A type that is not unicast stands before the destination.
            $0.split(separator: " ").first { $0.count > 1 }.map(String.init)
        }
        // iproute2 prints the kernel's order, which is not by table.
        let routes = try tables().flatMap(\.routes).map(\.destination)
        #expect(
            routes.map { $0 == .all ? "default" : "\($0)" }.sorted()
                == lines.compactMap(\.self).sorted())
    }

    @Test func `an interface that has gone meanwhile is named by its index, as ip does`() throws {
        let reply = try RouteReply { _ in nil }
            .whole(try Fixture.bytes("netlink-routes-everything.bin"))
        #expect(reply.tables.last?.defaultRoute?.interface == "if6")
    }

    @Test func `what the kernel found out for one destination is no route of a table`() throws {
        var body = Self.route(flags: 0)
        body[9] = 0x2  // RTM_F_CLONED
        let reply = try RouteReply { _ in nil }
            .whole(NetlinkBytes.message(24, body) + NetlinkBytes.done)
        #expect(reply.tables == [])
    }

    /// A default route of main with these `RTNH_F_*`.
    private static func route(flags: UInt8) -> [UInt8] {
        [2, 0, 0, 0, 254, 3, 0, 1, flags, 0, 0, 0]
    }

    @Test func `reads which way the kernel sends a packet, and the table that decided`() throws {
        // By the gateway 172.31.0.1 of interface 6, in table 20001.
        let body: [UInt8] = [
            2, 32, 32, 0, 252, 0, 0, 1, 0, 16, 0, 0, 8, 0, 15, 0, 0x21, 0x4e, 0, 0,
            8, 0, 4, 0, 6, 0, 0, 0, 8, 0, 5, 0, 172, 31, 0, 1,
        ]
        let reply = try WayReply().whole(
            NetlinkBytes.message(24, body) + NetlinkBytes.done)
        #expect(
            reply.way
                == RouteAnswer(interface: nil, nextHop: IPv4Address("172.31.0.1"), table: 20001))
        #expect(reply.interface == 6)
    }

    @Test func `a route the kernel passes over is told from one without a carrier`() throws {
        let reply = try RouteReply { _ in nil }.whole(
            NetlinkBytes.message(24, Self.route(flags: 0x11))
                + NetlinkBytes.message(24, Self.route(flags: 0x10)) + NetlinkBytes.done)
        let routes = reply.tables.flatMap(\.routes)
        #expect(routes.map(\.isDead) == [true, true])
        #expect(routes.map(\.isPassedOver) == [true, false])
    }
}
