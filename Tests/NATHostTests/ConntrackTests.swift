import Glibc
import NATHost
import NATModel
import NATTesting
import Testing

/// Flows as natdeck reads them, held against what conntrack(8) prints of the same.
@Suite(
    .serialized,
    .enabled(
        if: TestNamespace.complaint == nil && access("/usr/sbin/conntrack", X_OK) == 0,
        "needs root and conntrack"))
struct ConntrackTests {
    /// A flow in the words of `conntrack -L -o extended`, without what moves by itself.
    private struct Line: Hashable, Comparable {
        var text: String

        static func < (one: Line, other: Line) -> Bool { one.text < other.text }

        init(_ flow: ConntrackFlow) {
            func tuple(_ tuple: ConntrackFlow.Tuple) -> String {
                var text = "src=\(tuple.source) dst=\(tuple.destination)"
                switch tuple.transport {
                case 6, 17, 132: text += " sport=\(tuple.sourcePort) dport=\(tuple.destinationPort)"
                case 47:
                    func key(_ number: UInt16) -> String { "0x" + String(number, radix: 16) }
                    text += " srckey=\(key(tuple.sourcePort)) dstkey=\(key(tuple.destinationPort))"
                case 1:
                    text += " type=\(tuple.destinationPort >> 8)"
                    text += " code=\(tuple.destinationPort & 0xff) id=\(tuple.sourcePort)"
                default: break
                }
                return text
            }
            text = "\(flow.original.transport) \(tuple(flow.original)) \(tuple(flow.reply))"
            text += " mark=\(flow.mark)" + (flow.zone == 0 ? "" : " zone=\(flow.zone)")
            text += flow.hasReplied ? "" : " [UNREPLIED]"
        }

        /// `ipv4 2 tcp 6 119 SYN_SENT src=… [UNREPLIED] src=… mark=0 zone=3 use=1`.
        init(printed line: Substring) {
            let words = line.split(separator: " ").map(String.init)
            let kept = words.filter { word in
                [
                    "src=", "dst=", "sport=", "dport=", "type=", "code=", "id=", "mark=", "srckey=",
                    "dstkey=",
                ]
                .contains { word.hasPrefix($0) }
            }
            let zone = words.first { $0.hasPrefix("zone=") }
            text = ([words[3]] + kept + [zone].compactMap { $0 }).joined(separator: " ")
            text += words.contains("[UNREPLIED]") ? " [UNREPLIED]" : ""
        }
    }

    /// A namespace with flows of every protocol, made up and real ones.
    private static func namespace(seed: UInt64) async throws -> TestNamespace {
        var random = SeededRandom(seed: seed)
        let namespace = try TestNamespace()
        try await namespace.ip("link set lo up")
        func address() -> String {
            "10.\(random.pick([1, 2, 3])).\(Int.random(in: 0...255, using: &random))"
                + ".\(Int.random(in: 1...254, using: &random))"
        }
        for _ in 0..<60 {
            let (source, other, outside) = (address(), address(), "198.51.100.7")
            var words = ["-I", "-s", source, "-d", outside, "-t", "600"]
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                let state = random.pick(["ESTABLISHED", "TIME_WAIT", "SYN_SENT", "CLOSE"])
                words += ["-p", "tcp", "--sport", "\(Int.random(in: 1...65535, using: &random))"]
                words += ["--dport", "443", "--state", state]
            case 1:
                words += ["-p", "udp", "--sport", "\(Int.random(in: 1...65535, using: &random))"]
                words += ["--dport", "53"]
            case 2:
                words += ["-p", "icmp", "--icmp-type", "8", "--icmp-code", "0"]
                words += ["--icmp-id", "\(Int.random(in: 0...65535, using: &random))"]
            case 3: words += ["-p", "gre", "--srckey", "5", "--dstkey", "6"]
            case 4: words += ["-p", "50"]
            default:
                words += ["-p", "sctp", "--state", "ESTABLISHED", "--sport", "7", "--dport", "9"]
                words += ["--orig-vtag", "1", "--reply-vtag", "2"]
            }
            if random.oneIn(2) { words += ["--src-nat", other] }
            if random.oneIn(2) { words += ["-u", "SEEN_REPLY"] }
            if random.oneIn(3) { words += ["-m", "\(random.pick([1, 65536, 4_294_967_295]))"] }
            if random.oneIn(4) { words += ["-w", "\(random.pick([1, 7]))"] }
            // What the program or the kernel does not take is no flow.
            try await namespace.run(["conntrack"] + words)
        }
        for _ in 0..<5 {
            try await namespace.run([
                "conntrack", "-I", "-s", "2001:db8::\(random.pick([1, 2, 3, 4]))",
                "-d", "2001:db8::9", "-p", "udp", "--sport", "5", "--dport", "53", "-t", "600",
            ])
        }
        // With a rule that looks at connections, the kernel follows what is sent.
        try await namespace.run(
            "iptables", "-A", "INPUT", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT")
        try await namespace.run("ping", "-c1", "-W1", "127.0.0.1")
        try await namespace.run("bash", "-c", "echo x > /dev/udp/127.0.0.1/9")
        try await namespace.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9")
        return namespace
    }

    private static func all(_ namespace: TestNamespace) async throws -> [ConntrackFlow] {
        let reading = await KernelConntrack(namespace).total([ConntrackFlow]()) { $0.append($1) }
        return try #require(reading.value)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `every flow is read as conntrack prints it`(seed: UInt64) async throws {
        let namespace = try await Self.namespace(seed: seed)
        let flows = try await Self.all(namespace)
        let printed = try await namespace.run(
            "conntrack", "-L", "-f", "ipv4", "-o", "extended"
        )
        .split(separator: "\n")
        #expect(flows.count > 40)
        #expect(Set(flows.map(\.original.transport)).count >= 4)
        #expect(flows.map { Line($0) }.sorted() == printed.map { Line(printed: $0) }.sorted())
        for flow in flows where flow.original.transport == 6 {
            #expect(flow.tcpState != nil)
        }
    }

    @Test func `the live connections of many sources are counted in one go`() async throws {
        let namespace = try await Self.namespace(seed: 4)
        let sources = ["10.1.0.0/16", "10.2.0.0/16", "10.0.0.0/8", "192.0.2.0/24"]
            .map(FakeBox.source)
        let counts = try #require(
            await KernelConntrack(namespace).liveConnections(of: sources).value)
        let flows = try await Self.all(namespace).filter { flow in
            flow.isLive && (flow.isSourceTranslated || flow.leadsOutside)
        }
        // A host whose address is public needs no NAT.
        #expect(flows.contains { !$0.isSourceTranslated })
        for source in sources {
            #expect(counts[source]?.count == flows.count { source.contains($0.original.source) })
        }
        #expect(counts[sources[2]].map { $0.count > 3 } == true)
        #expect(counts[sources[3]]?.count == 0)
    }

    @Test func `the kernel tells the flows of one source alone`() async throws {
        let namespace = try await Self.namespace(seed: 6)
        let conntrack = KernelConntrack(namespace)
        let flows = try await Self.all(namespace)
        let sources = Set(flows.map(\.original.source))
        #expect(sources.count > 20)
        for source in sources {
            let told = try #require(
                await conntrack.total([ConntrackFlow](), from: source, { $0.append($1) }).value)
            #expect(
                told.map { Line($0) }.sorted()
                    == flows.filter { $0.original.source == source }.map { Line($0) }.sorted())
        }
        let none = await conntrack.total(0, from: .outside) { count, _ in count += 1 }
        #expect(none == .value(0))
    }

    @Test func `the kernel tells the flows over TCP to one port alone`() async throws {
        let namespace = try await Self.namespace(seed: 9)
        let flows = try await Self.all(namespace)
        for (sockets, isFiltered) in [
            (namespace as any NetlinkOpener, true), (FilterlessSockets(of: namespace), false),
        ] {
            for port in [443, 53, 9, 22] as [UInt16] {
                let told = try #require(
                    await KernelConntrack(sockets).total([ConntrackFlow](), toTCPPort: port) {
                        $0.append($1)
                    }.value)
                let wanted = flows.filter { $0.isOverTCP(to: port) }
                #expect(
                    told.filter { $0.isOverTCP(to: port) }.map { Line($0) }.sorted()
                        == wanted.map { Line($0) }.sorted())
                #expect(told.count == wanted.count, "\(port), \(isFiltered)")
                if port == 443 { #expect(wanted.count > 3) }
            }
        }
    }

    @Test(arguments: [0, 20_000])
    func `all flows of one host are marked, those that it answers too, and no others`(
        manyFlows: Int
    ) async throws {
        let namespace = try await Self.namespace(seed: 10)
        let host = try #require(try await Self.all(namespace).first?.original.source)
        for (port, destination) in [("80", "203.0.113.5"), ("81", "203.0.113.6")] {
            try await namespace.run(
                "conntrack", "-I", "-s", "198.51.100.99", "-d", destination, "-t", "600",
                "-p", "tcp", "--sport", "1234", "--dport", port, "--state", "ESTABLISHED",
                "--dst-nat", port == "80" ? "\(host)" : "10.9.9.9")
        }
        let before = try await Self.all(namespace)
        let isOfHost: @Sendable (ConntrackFlow) -> Bool = {
            $0.original.source == host || $0.reply.source == host
        }
        let wanted = before.count(where: isOfHost)
        #expect(wanted >= 2)
        let marked = await KernelConntrack(namespace, manyFlows: manyFlows).mark(of: host) {
            isOfHost($0) ? PacketMark(0x0300_0000, mask: 0x0f00_0000) : nil
        }
        #expect(marked == .value(wanted))
        for flow in try await Self.all(namespace) where isOfHost(flow) {
            #expect(flow.mark & 0x0f00_0000 == 0x0300_0000)
        }
        let after = try await Self.all(namespace)
        #expect(
            after.filter { !isOfHost($0) }.map { Line($0) }.sorted()
                == before.filter { !isOfHost($0) }.map { Line($0) }.sorted())
    }

    @Test func `a kernel that does not know the filter is asked for all, and nothing else is told`()
        async throws
    {
        let namespace = try await Self.namespace(seed: 7)
        let flow = try #require(try await Self.all(namespace).first)
        let conntrack = KernelConntrack(FilterlessSockets(of: namespace))
        let told = await conntrack.total([ConntrackFlow](), from: flow.original.source) {
            $0.append($1)
        }
        #expect(told.value?.contains { $0.original == flow.original } == true)
        #expect(told.value?.allSatisfy { $0.original.source == flow.original.source } == true)
    }

    @Test func `a flow ends by the command that is printed, and by netlink alike`() async throws {
        let namespace = try await Self.namespace(seed: 8)
        let conntrack = KernelConntrack(namespace)
        var ended: Set<UInt8> = []
        for (number, flow) in try await Self.all(namespace).enumerated() {
            let selection = FlowSelection(FlowKey(flow))
            if number.isMultiple(of: 2) {
                #expect(await conntrack.endFlows([selection]) == .value(1))
            } else {
                let words = selection.deletion.description.split(separator: " ").map(String.init)
                let printed = try await namespace.run(words)
                #expect(printed.contains("src=\(flow.original.source)"), "\(words): \(printed)")
                ended.insert(flow.original.transport)
            }
        }
        #expect(try await Self.all(namespace).isEmpty)
        #expect(ended.isSuperset(of: [1, 6, 17]))
    }

    @Test func `only the flows that were chosen end`() async throws {
        let namespace = try await Self.namespace(seed: 5)
        let before = try await Self.all(namespace)
        let first = FakeBox.source("10.1.0.0/16")
        let conntrack = KernelConntrack(namespace)
        let isChosen: @Sendable (ConntrackFlow) -> Bool = {
            first.contains($0.original.source) && $0.zone != 7
        }
        let ended = await conntrack.end(from: nil, isChosen)
        #expect(ended == .value(before.count(where: isChosen)))
        #expect(ended.value.map { $0 > 5 } == true)
        let after = try await Self.all(namespace)
        #expect(
            after.map { Line($0) }.sorted()
                == before.filter { !isChosen($0) }.map { Line($0) }.sorted())
        // IPv6 has its own.
        let others = try await namespace.run("conntrack", "-f", "ipv6", "-L")
        #expect(others.contains("2001:db8::9"))
        #expect(await conntrack.end(from: nil, isChosen) == .value(0))
    }
}

/// What natdeck makes of a kernel that does not simply tell its flows.
@Suite struct ConntrackFailureTests {
    private static func refusal(_ number: Int32) -> [UInt8] {
        [36, 0, 0, 0, 2, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
            + withUnsafeBytes(of: -number) { Array($0) } + [UInt8](repeating: 0, count: 16)
    }

    private static func failure(_ script: ScriptedSockets) async -> ReadFailure? {
        await KernelConntrack(script).total(0) { count, _ in count += 1 }.failure
    }

    @Test func `a kernel without connection tracking says so, and how to get it`() async {
        let failure = await Self.failure(ScriptedSockets([.answer(Self.refusal(EINVAL))]))
        #expect(failure?.reason == "the kernel has no connection tracking")
        #expect(failure?.fix == "modprobe nf_conntrack_netlink")
        let refused = await Self.failure(ScriptedSockets([.answer(Self.refusal(EPERM))]))
        #expect(refused?.fix == "run it as root")
        let held = await Self.failure(ScriptedSockets([.answer(Self.refusal(EBUSY))]))
        #expect(held?.reason == "a flowtable of nftables forwards one, and holds it")
    }

    @Test func `half of the flows are none`() async {
        let failure = await Self.failure(ScriptedSockets([.error(ENOBUFS)]))
        #expect(failure?.reason == "No buffer space available")
    }

    @Test func `a table that keeps changing is asked for again, and then that is said`() async {
        // NLMSG_DONE with NLM_F_MULTI and NLM_F_DUMP_INTR.
        let interrupted: [UInt8] = [20, 0, 0, 0, 3, 0, 0x12, 0] + [UInt8](repeating: 0, count: 12)
        let whole: [UInt8] = [20, 0, 0, 0, 3, 0, 2, 0] + [UInt8](repeating: 0, count: 12)
        let settled = ScriptedSockets([.answer(interrupted), .answer(interrupted), .answer(whole)])
        #expect(await Self.failure(settled) == nil)
        let script = ScriptedSockets(
            [ScriptedSockets.Event](
                repeating: .answer(interrupted), count: 5))
        #expect(await Self.failure(script)?.reason == "kept changing while it was read")
        #expect(script.rest == 2)
    }

    @Test func `a task that is cancelled waits no longer`() async {
        let script = ScriptedSockets([.answer(Self.refusal(0))])
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await Self.failure(script)
        }
        task.cancel()
        #expect(await task.value?.reason == "Operation canceled")
        #expect(script.rest == 1)
    }

    @Test func `an address is found in the networks that hold it`() {
        let set = SourceSet(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3"].map(FakeBox.source))
        #expect(
            set.holding(IPv4Address("10.1.2.3") ?? .outside).map(\.description)
                == ["10.1.2.3", "10.1.0.0/16", "10.0.0.0/8"])
        #expect(set.holding(.outside) == [])
        #expect(set.contains(IPv4Address("10.9.9.9") ?? .outside))
    }
}
