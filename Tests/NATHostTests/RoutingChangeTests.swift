import Glibc
import NATHost
import NATModel
import NATTesting
import Testing

/// Rules and routes as natdeck writes them, held against what ip(8) makes of the same words.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct RoutingChangeTests {
    private static let protocolNumber = Ownership.protocolNumber

    private static let rules: [RoutingPolicyRule] = [
        rule(5000, "172.31.26.176", 20001, by: protocolNumber),
        rule(5080, "10.0.3.0/24", 100, by: nil), rule(5081, "10.0.4.0/24", 254, by: 3),
        rule(5082, "10.0.5.0/24", 255, by: 4), rule(5084, "10.0.7.0/24", 100, by: 2),
        rule(5083, "10.0.6.0/24", 4_294_967_295, by: 99),
        RoutingPolicyRule(
            priority: 4990, action: .lookup(table: 254), protocolNumber: protocolNumber,
            suppressPrefixLength: 0),
        RoutingPolicyRule(
            priority: 4000, action: .lookup(table: 20001), protocolNumber: protocolNumber,
            mark: PacketMark(0x10000, mask: 0xff0000)),
        RoutingPolicyRule(priority: 4001, action: .lookup(table: 20001), mark: PacketMark(7)),
        RoutingPolicyRule(
            priority: 4002, source: IPv4Prefix("10.1.0.0/16"), action: .goto(priority: 32766)),
        RoutingPolicyRule(
            priority: 4003, source: IPv4Prefix("10.2.0.0/16"), action: .other("unreachable")),
        RoutingPolicyRule(priority: 4004, action: .other("blackhole"), mark: PacketMark(8)),
    ]

    private static let routes: [(Route, Int)] = [
        (route("0.0.0.0/0", "172.31.0.1", "d0"), 20001),
        (route("0.0.0.0/0", nil, "d0", metric: 50), 100),
        (route("10.9.0.0/16", "192.0.2.1", "d0", isOnLink: true), 20001),
        (Route(destination: .all, type: "unreachable", metric: .max, protocolNumber: 201), 20001),
        (Route(destination: .all, type: "blackhole", metric: 7), 300),
        (
            Route(destination: FakeBox.source("10.0.0.0/8"), type: "throw", protocolNumber: 201),
            20001
        ),
        (Route(destination: FakeBox.source("10.1.0.0/16"), type: "prohibit"), 254),
        (
            Route(
                destination: FakeBox.source("10.3.0.0/16"),
                hops: [
                    .init(nextHop: IPv4Address("172.31.0.1"), interface: "d0"),
                    .init(nextHop: IPv4Address("172.31.0.2"), interface: "d0"),
                ]), 254
        ),
        (
            Route(
                destination: FakeBox.source("10.4.0.0/16"), nextHop: IPv4Address("172.31.0.1"),
                interface: "d0", preferredSource: IPv4Address("172.31.8.207")), 254
        ),
    ]

    private static var oddRoutes: [(Route, Int)] {
        let to = ["10.20.0.0/16", "10.21.0.0/16", "10.22.0.0/16", "10.23.0.0/16", "10.24.0.0/16"]
            .map(FakeBox.source)
        var routes = to.map { Route(destination: $0, interface: "d0", protocolNumber: 201) }
        routes[0].typeOfService = 0x10
        routes[1].scope = 254
        routes[2].nextHop6 = IPv6Address("fe80::1")
        routes[2].isOnLink = true
        routes[3].interface = nil
        routes[3].nexthopObject = 7
        routes[4].interface = nil
        routes[4].hops = ["172.31.0.1", "172.31.0.2"].map {
            Route.Hop(nextHop: IPv4Address($0), interface: "d0")
        }
        routes[4].hops[1].weight = 5
        return routes.map { ($0, 400) }
    }

    private static var additions: [RoutingChange] {
        rules.map { .addRule($0) } + (routes + oddRoutes).map { .addRoute($0, table: $1) }
    }

    private static func rule(
        _ priority: Int, _ source: String, _ table: Int, by number: Int?
    ) -> RoutingPolicyRule {
        RoutingPolicyRule(
            priority: priority, source: IPv4Prefix(source), action: .lookup(table: table),
            protocolNumber: number)
    }

    private static func route(
        _ destination: String, _ nextHop: String?, _ interface: String, metric: UInt32 = 0,
        isOnLink: Bool = false
    ) -> Route {
        Route(
            destination: FakeBox.source(destination), nextHop: nextHop.flatMap { IPv4Address($0) },
            interface: interface, metric: metric, protocolNumber: 201, isOnLink: isOnLink)
    }

    /// A namespace with a link d0 in 172.31.0.0/16.
    private static func namespace() async throws -> TestNamespace {
        let namespace = try TestNamespace()
        try await namespace.ip("link add d0 type veth peer name d1")
        try await namespace.ip("addr add 172.31.8.207/16 dev d0")
        for name in ["d0", "d1"] { try await namespace.ip("link set \(name) up") }
        try await namespace.ip("nexthop add id 7 via 172.31.0.9 dev d0")
        return namespace
    }

    private static func state(of namespace: TestNamespace) async throws -> String {
        try await namespace.ip("-N -d rule show")
            + namespace.ip("-4 -N -d route show table all")
    }

    @Test func `makes what ip makes of the same words, and removes it`() async throws {
        let ours = try await Self.namespace()
        let theirs = try await Self.namespace()
        let before = try await Self.state(of: ours)
        let routing = KernelRouting(ours)
        for change in Self.additions {
            #expect(await routing.change([change], tolerating: []) == .init(done: 1), "\(change)")
            let words = change.command.arguments.dropFirst().joined(separator: " ")
            try await theirs.ip(words)
            #expect(
                try await Self.state(of: ours) == Self.state(of: theirs), "\(change)")
        }
        // What ip made is deleted by the same words as what natdeck made.
        for change in Self.additions.reversed() {
            let report = await KernelRouting(theirs).change([change.inverse], tolerating: [])
            #expect(report == .init(done: 1), "\(change.inverse)")
        }
        #expect(try await Self.state(of: theirs) == before)
        for change in Self.additions.reversed() {
            try await ours.ip(
                change.inverse.command.arguments.dropFirst().joined(separator: " "))
        }
        #expect(try await Self.state(of: ours) == before)
    }

    // Of many the kernel is not asked one by one whether they are there.
    @Test(arguments: [5, 200])
    func `stops at the first refusal and tells how many went before`(count: Int) async throws {
        let namespace = try await Self.namespace()
        let routing = KernelRouting(namespace)
        let rules = (0..<count).map { Self.rule(5000, "10.0.0.\($0)", 100, by: 201) }
        let changes = rules.map { RoutingChange.addRule($0) }
        #expect(await routing.change([changes[2]], tolerating: []) == .init(done: 1))

        let refused = await routing.change(changes, tolerating: [])
        #expect(refused == .init(done: 2, failure: .init(number: EEXIST, reason: "File exists")))
        // The one after the refused one was not sent.
        #expect(try await !namespace.ip("rule show").contains("10.0.0.3"))

        #expect(await routing.change(changes, tolerating: [EEXIST]) == .init(done: count))
        let made = try #require(await routing.rules().value)
        #expect(
            made.filter { $0.isOwned }.sorted { "\($0)" < "\($1)" }
                == rules.sorted { "\($0)" < "\($1)" })
        let deletions = changes.map(\.inverse)
        #expect(await routing.change(deletions, tolerating: []) == .init(done: count))
        let absent = await routing.change(deletions, tolerating: [])
        #expect(absent.done == 0)
        #expect(absent.failure?.number == ENOENT)
        #expect(absent.failure?.isUncertain == false)
    }

    @Test func `the kernel says in its own words why it refuses`() async throws {
        let routing = KernelRouting(try await Self.namespace())
        let outside = Self.route("10.9.0.0/16", "192.0.2.1", "d0")
        let report = await routing.change([.addRoute(outside, table: 100)], tolerating: [])
        #expect(
            report.failure == .init(number: ENETUNREACH, reason: "Nexthop has invalid gateway"))
        let gone = Self.route("10.9.0.0/16", "192.0.2.1", "gone0")
        #expect(
            await routing.change([.addRoute(gone, table: 100)], tolerating: []).failure
                == .init(number: ENODEV, reason: "Cannot find device \"gone0\""))
    }

    @Test func `a task that is cancelled sends nothing more`() async throws {
        let namespace = try await Self.namespace()
        let changes = Self.rules.map { RoutingChange.addRule($0) }
        let before = try await Self.state(of: namespace)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await KernelRouting(namespace).change(changes, tolerating: [])
        }
        task.cancel()
        let report = await task.value
        #expect(report.done == 0)
        #expect(report.failure?.number == ECANCELED)
        #expect(report.failure?.isUncertain == false)
        #expect(try await Self.state(of: namespace) == before)
    }

    @Test(arguments: ["0", "1"])
    func `the ways of nexthop objects are read, also where the kernel tells them alone`(
        mode: String
    ) async throws {
        let namespace = try await Self.namespace()
        try await namespace.ip("link set lo up")
        try await namespace.ip("nexthop add id 8 via 172.31.0.10 dev d0")
        try await namespace.ip("nexthop add id 20 group 7/8,3")
        try await namespace.ip("nexthop add id 21 blackhole")
        try await namespace.run("sysctl", "-qw", "net.ipv4.nexthop_compat_mode=\(mode)")
        for (number, object) in [7, 20, 21].enumerated() {
            try await namespace.ip("route add 10.\(number).0.0/16 nhid \(object) table 500")
        }
        let tables = try #require(await KernelRouting(namespace).tables().value)
        let routes = try #require(tables.first { $0.id == 500 }).routes
        #expect(routes.map(\.nexthopObject) == [7, 20, 21])
        #expect(routes[0].nextHop?.description == "172.31.0.9")
        #expect(routes[0].interface == "d0")
        #expect(routes[1].hops.map { $0.nextHop?.description } == ["172.31.0.9", "172.31.0.10"])
        #expect(routes[1].hops.map { $0.weight ?? 1 } == [1, 3])
        #expect(routes[2].type == "blackhole")
        let deletions = routes.map { RoutingChange.deleteRoute($0, table: 500) }
        #expect(
            await KernelRouting(namespace).change(deletions, tolerating: []) == .init(done: 3))
    }

    @Test func `what is read of a route of any kind makes it again`() async throws {
        let namespace = try await Self.namespace()
        let routing = KernelRouting(namespace)
        let additions = Self.additions
        #expect(
            await routing.change(additions, tolerating: []) == .init(done: additions.count))
        let state = try await Self.state(of: namespace)
        let tables = try #require(await routing.tables().value)
        for table in tables where table.id != FIBTable.local {
            // Those the kernel makes for addresses go and come with these.
            let changes = table.routes.filter { $0.protocolNumber != 2 }
                .map { RoutingChange.deleteRoute($0, table: table.id) }
            #expect(
                await routing.change(changes, tolerating: []) == .init(done: changes.count))
            #expect(try await Self.state(of: namespace) != state)
            #expect(
                await routing.change(changes.map(\.inverse), tolerating: [])
                    == .init(done: changes.count))
        }
        #expect(try await Self.state(of: namespace) == state)
    }

    @Test func `ten thousand rules come and go`() async throws {
        let namespace = try await Self.namespace()
        let changes = (0..<10_000).map {
            RoutingChange.addRule(Self.rule(5000, "10.1.\($0 / 256).\($0 % 256)", 20001, by: 201))
        }
        let routing = KernelRouting(namespace)
        #expect(await routing.change(changes, tolerating: []) == .init(done: 10_000))
        #expect(try await namespace.ip("rule show").split(separator: "\n").count == 10_003)
        let deletions = changes.map(\.inverse)
        #expect(await routing.change(deletions, tolerating: []) == .init(done: 10_000))
        #expect(try await namespace.ip("rule show").split(separator: "\n").count == 3)
    }
}
