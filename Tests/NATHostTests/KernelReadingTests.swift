import NATHost
import NATModel
import NATTesting
import Testing

/// What natdeck reads by netlink, held against what ip(8) prints of the same.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct KernelReadingTests {
    /// A namespace with two links, two ways out and rules between them.
    private static func namespace() async throws -> TestNamespace {
        let namespace = try TestNamespace()
        for line in [
            "link set lo up", "link add d0 type veth peer name d1",
            "link add e0 type veth peer name e1", "addr add 172.31.8.207/16 dev d0",
            "addr add 172.31.8.210/16 dev d0", "addr add 10.9.0.1 peer 10.9.0.2 dev e0",
            "link set d0 mtu 9001", "link set d0 up", "link set d1 up", "link set e0 up",
            "link set e1 up", "link add br0 type bridge", "link set d1 master br0",
            "route add default via 172.31.0.1 dev d0",
            "route add default via 10.9.0.2 dev e0 table 20001",
            "route add unreachable 198.51.100.0/24 table 20001",
            "rule add pref 100 from 10.1.0.0/16 lookup 20001",
            "rule add pref 90 fwmark 0x7 lookup 20001", "rule add pref 80 tos 0x10 lookup 20001",
            "rule add pref 70 ipproto tcp dport 443 lookup 20001",
            "rule add pref 60 from 10.3.0.0/16 prohibit",
            "rule add pref 61 from 10.4.0.0/16 blackhole",
        ] {
            try await namespace.ip(line)
        }
        #expect(try await namespace.run("sysctl", "-qw", "net.ipv4.ip_forward=1") == "")
        for name in ["all", "d0", "e0"] {
            try await namespace.run("sysctl", "-qw", "net.ipv4.conf.\(name).rp_filter=0")
        }
        return namespace
    }

    @Test func `reads the interfaces as ip prints them`() async throws {
        let namespace = try await Self.namespace()
        let interfaces = try #require(await KernelRouting(namespace).interfaces().value)
        let printed = try await namespace.ip("-o link show").split(separator: "\n").map { line in
            // `2: d1@d0: <BROADCAST,…`
            let words = line.split(separator: " ")
            return "\(words[0]) \(words[1].prefix { $0 != "@" && $0 != ":" })"
        }
        #expect(interfaces.map { "\($0.index): \($0.name)" } == printed)
        let d0 = try #require(interfaces.first { $0.name == "d0" })
        #expect(d0.mtu == 9001)
        #expect(d0.state == .up)
        #expect(d0.addresses.map(\.description) == ["172.31.8.207/16", "172.31.8.210/16"])
        #expect(interfaces.first { $0.name == "d1" }?.master == "br0")
        let e0 = try #require(interfaces.first { $0.name == "e0" })
        #expect(e0.addresses.map(\.network.description) == ["10.9.0.2"])
        #expect(interfaces.first?.isLoopback == true)
    }

    private static var questions: [RouteQuestion] {
        let hosts = ["10.1.2.3", "10.2.2.3", "10.3.2.3", "10.4.2.3"].map { IPv4Address($0) }
        var questions: [RouteQuestion] = []
        for host in hosts {
            for text in ["192.0.2.9", "198.51.100.7", "172.31.8.207"] {
                guard let to = IPv4Address(text) else { continue }
                let plain = RouteQuestion(to: to, from: host, input: "d0")
                questions.append(plain)
                var other = plain
                other.mark = 7
                questions.append(other)
                other = plain
                other.typeOfService = 0x10
                questions.append(other)
                other = plain
                other.transport = 6
                other.sourcePort = 1234
                other.destinationPort = 443
                questions.append(other)
            }
        }
        return questions + [
            RouteQuestion(to: .outside), RouteQuestion(to: .outside, from: IPv4Address("10.9.0.1")),
            RouteQuestion(to: .outside, from: IPv4Address("10.2.0.1"), input: "gone0"),
        ]
    }

    @Test func `the kernel's answers are those that ip prints`() async throws {
        let namespace = try await Self.namespace()
        let answers = await KernelRouting(namespace).ways(of: Self.questions)
        #expect(answers.count == Self.questions.count)
        for (question, answer) in zip(Self.questions, answers) {
            let words = Array(question.command.arguments.dropFirst())
            let text = try await namespace.run(["ip", "-N"] + words)
            switch answer {
            case .value(let way):
                let parts = text.split { $0 == " " || $0 == "\n" }.map(String.init)
                func after(_ word: String) -> String? {
                    parts.firstIndex(of: word).map { parts[$0 + 1] }
                }
                #expect(after("dev") == way.interface, "\(question.command): \(text)")
                #expect(after("via") == way.nextHop?.description, "\(question.command): \(text)")
                // iproute2 leaves main out.
                #expect(Int(after("table") ?? "254") == way.table, "\(question.command): \(text)")
            case .failed(let failure):
                #expect(text.contains(failure.reason), "\(question.command): \(text)")
            }
        }
        #expect(answers.contains { $0.value?.table == 20001 })
        #expect(answers.contains { $0.value == nil })
    }

    @Test func `a thousand answers come in one go`() async throws {
        let namespace = try await Self.namespace()
        let questions = (0..<1000).map { number in
            RouteQuestion(
                to: .outside,
                from: IPv4Address(rawValue: 0x0a01_0000 + UInt32(number * 131)), input: "d0")
        }
        let answers = await KernelRouting(namespace).ways(of: questions)
        #expect(answers.compactMap(\.value?.interface).count { $0 == "e0" } == 501)
        #expect(answers.compactMap(\.value?.interface).count == 1000)
    }

    @Test(arguments: [[0x61, 0x1b, 0x62], [0x77, 0xff], [0x2a], [0x23, 0x78], [0x21, 0x65]])
    func `an interface of any name is read, written and handed to programs`(
        bytes: [UInt8]
    ) async throws {
        let name = KernelName.text(bytes)
        let namespace = try TestNamespace()
        // The program gets the very bytes.
        #expect(
            try await namespace.run("ip", "link", "add", name, "type", "veth", "peer", "name", "p0")
                == "")
        #expect(try await namespace.run("ip", "link", "set", "dev", name, "up") == "")
        try await namespace.ip("link set p0 up")
        let routing = KernelRouting(namespace)
        let interfaces = try #require(await routing.interfaces().value)
        #expect(interfaces.first { $0.name == name }?.index == 3)

        let route = Route(
            destination: .all, interface: name, protocolNumber: 201)
        let added = await routing.change([.addRoute(route, table: 20001)], tolerating: [])
        #expect(added == .init(done: 1))
        let tables = try #require(await routing.tables().value)
        #expect(tables.first { $0.id == 20001 }?.routes == [route])
        let removed = await routing.change([.deleteRoute(route, table: 20001)], tolerating: [])
        #expect(removed == .init(done: 1))
    }
}
