import Glibc
import NATHost
import NATModel
import NATTesting
import Testing

/// The table that natdeck makes by netlink, in a network namespace of its own.
@Suite(
    .serialized, .enabled(if: TestNamespace.complaint == nil, "needs root"))
struct KernelGateTests {
    private static let hasNFT = access("/usr/sbin/nft", X_OK) == 0

    private static func listing(_ namespace: TestNamespace) async throws -> String {
        try await namespace.run("nft", "-s", "list", "table", "ip", "natdeck")
    }

    /// Its chains and sets, whichever was made first.
    private static func parts(_ namespace: TestNamespace) async throws -> [String] {
        let lines = try await listing(namespace).split(
            separator: "\n", omittingEmptySubsequences: false)
        return lines.dropFirst().dropLast(2).joined(separator: "\n").split(separator: "\n\n")
            .map(String.init).sorted()
    }

    @Test(.enabled(if: hasNFT, "needs nft"))
    func `nft lists it as if it had made it from the words`() async throws {
        var random = SeededRandom(seed: 21)
        for round in 0..<12 {
            let gate = Self.gate(&random)
            let sent = try TestNamespace()
            let written = try TestNamespace()
            _ = try await KernelGate(sent).set(gate, over: nil)
            let script = GateScript(gate).text
            let complaint = try await written.run(
                "sh", "-c", "printf '%s' \"$0\" | nft -f -", script)
            #expect(complaint.isEmpty, "\(script)")
            let listing = try await Self.listing(sent)
            #expect(listing.contains("chain forward") == gate.keeps)
            #expect(listing.contains("chain remember") == (gate.marks?.looksOnce == false))
            #expect(listing.contains("chain begin") == (gate.marks?.looksOnce == true))
            #expect(listing.contains("chain given {") == (gate.addresses != nil))
            #expect(listing == (try await Self.listing(written)), "round \(round): \(script)")
            #expect(listing.contains("map steer") == ((gate.map?.count ?? 0) > 0))
        }
    }

    @Test(.enabled(if: hasNFT, "needs nft"))
    func `what else nf_tables holds stands until somebody else changes anything`() async throws {
        let namespace = try TestNamespace()
        let kernel = KernelGate(namespace)
        var gate = Gate(
            marks: ConnectionMarks(mask: 0x00ff_0000, egresses: [1: "eth0"]), map: SourceMap())
        gate.map?[IPv4Prefix(IPv4Address(rawValue: 0x0a00_0007))] = 1
        _ = try await kernel.set(gate, over: nil)
        let seen = try #require(await kernel.generation())
        #expect(await kernel.isAlone(since: seen))
        for host in 8..<11 as Range<UInt32> {
            var next = gate
            next.map?[IPv4Prefix(IPv4Address(rawValue: 0x0a00_0000 + host))] = 1
            _ = try await kernel.set(next, over: gate)
            gate = next
            #expect(await kernel.isAlone(since: seen))
            #expect(await kernel.generation() != seen)
        }
        // Before it was made there was another state.
        #expect(await kernel.isAlone(since: seen &- 1) == false)
        // Who has not seen it made knows nothing of what came before.
        #expect(await KernelGate(namespace).isAlone(since: seen) == false)
        try await namespace.run("nft", "add", "table", "ip", "site")
        #expect(await kernel.isAlone(since: seen) == false)
        // It is taken for what it is from then on, and no further back.
        let then = try #require(await kernel.generation())
        _ = await kernel.state(noted: nil)
        #expect(await kernel.isAlone(since: then))
        #expect(await kernel.isAlone(since: seen) == false)
    }

    @Test(.enabled(if: hasNFT, "needs nft"))
    func `what changes in a table that is known gives the table that is made anew`()
        async throws
    {
        var random = SeededRandom(seed: 23)
        var changed = 0
        for _ in 0..<12 {
            let known = try TestNamespace()
            let kernel = KernelGate(known)
            var gate = Self.gate(&random)
            gate.marks = gate.marks ?? ConnectionMarks(mask: 0x00ff_0000, egresses: [1: "eth0"])
            gate.map = gate.map ?? SourceMap()
            _ = try await kernel.set(gate, over: nil)
            for _ in 0..<6 {
                var next = gate
                // All of it may become another one, or some of it.
                if random.oneIn(4) {
                    next = Self.gate(&random)
                    next.marks =
                        next.marks ?? ConnectionMarks(mask: 0x00ff_0000, egresses: [1: "eth0"])
                    next.map = next.map ?? SourceMap()
                }
                let source = IPv4Prefix(
                    IPv4Address(rawValue: 0x0a00_0000 + .random(in: 0...600, using: &random)),
                    length: random.pick([24, 32, 32]))
                next.map?[source] = random.oneIn(3) ? nil : random.pick([0, 1])
                next.marks?.sources.append(IPv4Prefix(source.network))
                next.map?.cover = random.oneIn(2) ? [] : [source]
                // The table as it was is known by what was told of it last.
                _ = await kernel.fingerprint
                _ = try await kernel.set(next, over: gate)
                let told = try #require(await kernel.fingerprint.value ?? nil)
                let anew = try TestNamespace()
                let other = KernelGate(anew)
                _ = try await other.set(next, over: nil)
                #expect(await other.fingerprint.value == told, "\(gate) to \(next)")
                if gate.map?.lengths == next.map?.lengths { changed += 1 }
                // Whoever asks the kernel for all of it is told the same number.
                #expect(await KernelGate(known).fingerprint.value == told)
                let noted = try #require(await kernel.state(noted: nil).value ?? nil)
                #expect(await KernelGate(known).state(noted: noted).value == noted)
                #expect(try await Self.parts(known) == (try await Self.parts(anew)))
                gate = next
            }
        }
        #expect(changed > 10)
    }

    @Test(.enabled(if: hasNFT, "needs nft"))
    func `a table that is another one by now is made anew`() async throws {
        let namespace = try TestNamespace()
        let kernel = KernelGate(namespace)
        let marks = ConnectionMarks(mask: 0x00ff_0000, egresses: [1: "eth0"])
        var gate = Gate(marks: marks, map: SourceMap())
        gate.map?[IPv4Prefix(IPv4Address(rawValue: 0x0a00_0001))] = 1
        _ = try await kernel.set(gate, over: nil)
        let told = await kernel.fingerprint
        #expect(try await namespace.run("nft", "flush map ip natdeck steer32") == "")
        var next = gate
        next.map?[IPv4Prefix(IPv4Address(rawValue: 0x0a00_0002))] = 1
        _ = try await kernel.set(next, over: gate)
        #expect(try await Self.listing(namespace).contains("10.0.0.1 : goto to1"))
        _ = try await kernel.set(gate, over: next)
        #expect(await kernel.fingerprint == told)
    }

    @Test func `a gate replaces another one, and goes where it is told to`() async throws {
        let namespace = try TestNamespace()
        let kernel = KernelGate(namespace)
        #expect(await kernel.fingerprint.value == .some(nil))
        _ = try await kernel.set(nil, over: nil)
        #expect(await kernel.fingerprint.value == .some(nil))
        var random = SeededRandom(seed: 22)
        var seen: Set<UInt64> = []
        let gates = (0..<8).map { _ in Self.gate(&random) }
        for gate in gates + gates {
            _ = try await kernel.set(gate, over: nil)
            let fingerprint = try #require(await kernel.fingerprint.value ?? nil)
            // Another process that looks sees the same.
            #expect(await KernelGate(namespace).fingerprint.value == fingerprint)
            seen.insert(fingerprint)
        }
        #expect(seen.count == Set(gates).count)
        _ = try await kernel.set(nil, over: nil)
        #expect(await kernel.fingerprint.value == .some(nil))
    }

    @Test func `ten thousand sources are made and seen in one go`() async throws {
        let namespace = try TestNamespace()
        let kernel = KernelGate(namespace)
        let gate = Self.gate(sources: 10_000)
        let begun = ContinuousClock.now
        _ = try await kernel.set(gate, over: nil)
        let made = ContinuousClock.now
        let fingerprint = try #require(await KernelGate(namespace).fingerprint.value ?? nil)
        print("gate: 10,000 sources made in \(made - begun), seen in \(ContinuousClock.now - made)")
        // One source less is another table.
        _ = try await kernel.set(Self.gate(sources: 9_999), over: nil)
        #expect(await kernel.fingerprint.value != fingerprint)
        _ = try await kernel.set(gate, over: nil)
        #expect(await kernel.fingerprint.value == fingerprint)
    }

    @Test(
        .enabled(if: hasNFT, "needs nft"),
        arguments: [
            "insert rule ip natdeck forward accept",
            "add rule ip natdeck egress0 accept",
            "flush chain ip natdeck private",
            "add element ip natdeck internal { 198.51.100.0/24 }",
            "delete element ip natdeck length32 { 10.0.0.1 }",
            "add chain ip natdeck forward { policy drop; }",
            "add table ip natdeck { flags dormant; }",
            "add chain ip natdeck other",
            "flush set ip natdeck translated",
        ])
    func `whatever somebody does to it is seen`(deed: String) async throws {
        let namespace = try TestNamespace()
        let kernel = KernelGate(namespace)
        _ = try await kernel.set(Self.gate(sources: 3), over: nil)
        let before = await kernel.fingerprint
        #expect(try await namespace.run("nft", "add", "table", "ip", "another") == "")
        #expect(await kernel.fingerprint == before)
        #expect(try await namespace.run("nft", deed) == "")
        let after = await kernel.fingerprint
        #expect(after.value != nil)
        #expect(after != before)
    }

    @Test(.enabled(if: hasNFT, "needs nft"))
    func `a table that was flushed away is none, and one that is not ours is not kept`()
        async throws
    {
        let namespace = try TestNamespace()
        let kernel = KernelGate(namespace)
        _ = try await kernel.set(Self.gate(sources: 3), over: nil)
        #expect(try await namespace.run("nft", "flush", "ruleset") == "")
        #expect(await kernel.fingerprint.value == .some(nil))
        #expect(
            try await namespace.run(
                "nft", "add table ip natdeck; add chain ip natdeck strange") == "")
        #expect(await kernel.fingerprint.value != .some(nil))
        _ = try await kernel.set(Self.gate(sources: 3), over: nil)
        #expect(try await !Self.listing(namespace).contains("strange"))
    }

    @Test(.enabled(if: hasNFT, "needs nft"))
    func `what others do while it is made is none of it`() async throws {
        let namespace = try TestNamespace()
        let gate = Self.gate(sources: 3)
        let alone = try await KernelGate(namespace).set(gate, over: nil)
        let kernel = KernelGate(namespace)
        for _ in 0..<20 {
            async let meddling = namespace.run(
                "sh", "-c",
                "for n in 1 2 3 4; do nft insert rule ip natdeck forward accept; done 2>&1")
            let made = try await kernel.set(gate, over: nil)
            #expect(made?.fingerprint == alone?.fingerprint)
            _ = try await meddling
        }
    }

    @Test func `a kernel that knows no nf_tables is told of as one`() async {
        let refusal = Self.refusal(EINVAL)
        let kernel = KernelGate(ScriptedSockets([.answer(refusal), .answer(refusal)]))
        let failure = await kernel.state(noted: nil).failure
        #expect(failure?.reason == "the kernel has no nf_tables")
        await #expect(throws: RoutingChangeReport.Failure.self) {
            try await kernel.set(nil, over: nil)
        }
        // From then on nobody asks any more.
        #expect(await kernel.state(noted: nil).failure?.reason.contains("cannot hold it") == true)
    }

    /// NLMSG_ERROR with a number.
    private static func refusal(_ number: Int32) -> [UInt8] {
        let number = withUnsafeBytes(of: -number) { Array($0) }
        return [36, 0, 0, 0, 2, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + number
            + [UInt8](repeating: 0, count: 16)
    }

    private static func gate(sources count: UInt32) -> Gate {
        // With gaps, so that no two become one range.
        let sources = (0..<count).map { IPv4Prefix(IPv4Address(rawValue: 0x0a00_0001 + $0 * 2)) }
        return Gate(
            entries: [Gate.Entry(egress: "eth1", sources: sources, translated: Set(sources))],
            internals: [IPv4Prefix(IPv4Address(rawValue: 0xac10_0000), length: 12)])
    }

    /// One to four sources, each with one to five addresses.
    private static func given(
        _ random: inout SeededRandom, _ names: [String],
        _ prefix: (inout SeededRandom) -> IPv4Prefix
    ) -> GivenAddresses {
        var taken: Set<IPv4Prefix> = []
        func fresh(_ count: ClosedRange<Int>) -> [IPv4Prefix] {
            (0..<Int.random(in: count, using: &random)).map { _ in prefix(&random) }
                .filter { taken.insert($0).inserted }.sorted()
        }
        let entries = (0..<Int.random(in: 1...4, using: &random)).map { number in
            let addresses = (1...Int.random(in: 1...5, using: &random)).map {
                IPv4Address(rawValue: 0x0a00_0200 + UInt32(number * 8 + $0))
            }
            return GivenAddresses.Entry(
                Egress(random.pick(names), addresses: addresses), sources: fresh(1...6))
        }
        return GivenAddresses(
            priority: random.pick([99, 42, -199]), entries: entries, plain: fresh(0...2))
    }

    /// A gate with networks in networks, of interfaces that nft can name.
    private static func gate(_ random: inout SeededRandom) -> Gate {
        var taken: Set<IPv4Prefix> = []
        func prefix(_ random: inout SeededRandom) -> IPv4Prefix {
            let address =
                random.pick([0x0a00_0000, 0xc0a8_0000, 0xffff_ff00])
                &+ UInt32.random(in: 0...600, using: &random)
            return IPv4Prefix(
                IPv4Address(rawValue: address < 0x0a00_0000 ? .max : address),
                length: random.pick([22, 24, 28, 30, 32, 32, 32]))
        }
        let names = ["eth0", "eth0.100", "#x", "a-name-15-bytes", "wg,0"]
        let entries = names.prefix(.random(in: 1...5, using: &random)).map { name in
            var entry = Gate.Entry(egress: name, sources: [], translated: [])
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                let source = prefix(&random)
                guard taken.insert(source).inserted else { continue }
                entry.sources.append(source)
                if random.oneIn(2) { entry.translated.insert(source) }
            }
            return entry
        }
        var gate = Gate(entries: entries)
        gate.internals = (0..<Int.random(in: 0...6, using: &random)).map { _ in prefix(&random) }
        gate.free = gate.exceptions(
            Set((0..<4).map { _ in prefix(&random) }.filter { !taken.contains($0) }))
        if random.oneIn(2) { gate.addresses = given(&random, names, prefix) }
        guard random.oneIn(2) else { return gate }
        gate.marks = ConnectionMarks(
            mask: random.pick([0x00ff_0000, 0x3f00_0000, 0x0000_000c]),
            egresses: [1: "eth0", 2: "wg,0", 300: "eth9"],
            addresses: Dictionary(
                uniqueKeysWithValues: [1, 2, 300].filter { _ in random.oneIn(2) }.map { number in
                    (number, (0..<2).map { _ in prefix(&random).network })
                }),
            sources: (0..<Int.random(in: 0...5, using: &random)).map { _ in prefix(&random) },
            looksOnce: random.oneIn(2))
        if random.oneIn(2) {
            var map = SourceMap()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                map[prefix(&random)] = .random(in: 0...2, using: &random)
            }
            map.cover = (0..<Int.random(in: 0...3, using: &random)).map { _ in prefix(&random) }
            gate.map = map
        }
        // What remembers connections stands there by itself too.
        if random.oneIn(3) { (gate.entries, gate.free) = ([], []) }
        return gate
    }
}

extension KernelGate {
    /// The number for all that the table holds.
    fileprivate var fingerprint: Reading<UInt64?> {
        get async { await state(noted: nil).map { $0?.fingerprint } }
    }
}
