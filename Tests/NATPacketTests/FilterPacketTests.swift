import Glibc
import NATHost
import NATModel
import NATParse
import NATTesting
import Testing

/// What BoxFilters says of random tables, held against what becomes of packets.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct FilterPacketTests {
    /// The outside as each interface leads to it.
    private static let outside = ["eth0": "8.8.4.4", "eth1": "66.5.4.3"]

    /// A box between hosts and the outside, which forwards and keeps no state of its own.
    private struct Network {
        let (hosts, box, outside): (TestNamespace, TestNamespace, TestNamespace)

        init() async throws {
            (hosts, box, outside) = (try TestNamespace(), try TestNamespace(), try TestNamespace())
            for namespace in [hosts, box, outside] {
                #expect(
                    try await namespace.run(
                        "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
                        "net.ipv4.conf.default.rp_filter=0") == "")
            }
            let lan = RandomFilters.input
            try await box.ip("link add \(lan) type veth peer name \(lan) netns \(hosts.path)")
            try await box.batch([
                "link set lo up", "link set \(lan) up", "addr add 10.9.255.1/16 dev \(lan)",
                "addr add 10.77.0.1/16 dev \(lan)",
            ])
            try await hosts.batch(
                ["link set lo up", "link set \(lan) up", "addr add 10.9.255.9/16 dev \(lan)"]
                    + RandomFilters.hosts.map { "addr add \($0)/32 dev \(lan)" }
                    + ["route add default via 10.9.255.1"])
            try await outside.ip("link set lo up")
            for (name, addresses) in RandomFilters.outputs {
                let far = FilterPacketTests.outside[name] ?? ""
                try await box.ip(
                    "link add \(name) type veth peer name \(name) netns \(outside.path)")
                try await outside.batch([
                    "link set \(name) up", "addr add \(far)/32 dev \(name)",
                ])
                try await box.batch(
                    addresses.map { "addr add \($0) dev \(name)" } + [
                        "link set \(name) up", "route add \(far)/32 dev \(name)",
                    ])
            }
        }

        /// Empties all tables, and fills them with these.
        func fill(
            nft: String, iptables: [(program: String, text: String)], policies: [String]
        ) async throws {
            // A kernel without IPsec holds none.
            try await box.batch(["xfrm policy flush"] + policies, mayFail: true)
            let empty =
                "*raw\nCOMMIT\n*mangle\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n*nat\nCOMMIT\n"
            try await run(["nft", "-f", "-"], "flush ruleset\n" + nft)
            for (program, text) in iptables {
                // A backend that is to hold nothing is not touched, and so need not be there.
                if text.isEmpty, program != "iptables-legacy" { continue }
                try await run([program + "-restore"], text.isEmpty ? empty : text)
            }
        }

        private func run(_ words: [String], _ input: String) async throws {
            let reply = try await SystemRunner().run(
                Command(["nsenter", "--net=\(box.path)"] + words), input: input,
                deadline: .seconds(10))
            try #require(reply.status == 0, "\(words): \(reply.error)\n\(input)")
        }

        /// The tables of the box as natdeck reads them.
        func filters() async throws -> BoxFilters {
            let programs = NATPrograms.system(SystemRunner(), box)
            var (nat, forward): ([NATRuleSet], [NATRuleSet]) = ([], [])
            nat += try #require(await programs.nftables(.nat(withIPTables: false)).value ?? nil)
            forward += try #require(
                await programs.nftables(.forward(iptables: "iptables-nft")).value ?? nil)
            forward += try #require(await programs.policies().value)
            for table in ["nat", "raw", "mangle", "filter"] {
                for (backend, program) in [
                    (NATBackend.nfTables, "iptables-nft"), (.legacy, "iptables-legacy"),
                ] where table == "nat" || backend == .legacy {
                    let listing = try await box.run([program, "-t", table, "-nvxL"])
                    let chains = try NATListing.parse(Array(listing.utf8))
                    let set = NATRuleSet(
                        backend: backend, program: program, table: table, chains: chains)
                    if table == "nat" { nat.append(set) } else { forward.append(set) }
                }
            }
            return BoxFilters(nat: nat, forward: forward)
        }
    }

    /// A packet of each host to each part of the outside.
    private static let probes = RandomFilters.hosts.flatMap { host in
        outside.keys.sorted().map { Probe(host: host, output: $0) }
    }

    private struct Probe {
        let (host, output): (String, String)
    }

    @Test func `what is sure of random tables is what becomes of packets`() async throws {
        let network = try await Network()
        let receiver = Datagrams(in: network.outside, port: 7000)
        var snapshot = Snapshot.unread(hostName: "")
        snapshot.interfaces = await KernelRouting(network.box).interfaces()
        var counts = Counts()
        for seed in RandomBoxes.seeds(usually: 150) {
            var random = RandomFilters(seed: seed)
            let tables = [
                ("iptables-nft", random.iptables()), ("iptables-legacy", random.iptables()),
            ]
            let nft = random.nft()
            let policies = random.policies()
            try await network.fill(nft: nft, iptables: tables, policies: policies)
            let filters = try await network.filters()
            Datagrams.send(
                Self.probes.map { ($0.host, Self.outside[$0.output] ?? "") },
                fromPort: Int(seed) * Self.probes.count, port: 7000, from: network.hosts)
            let seen = receiver.received()
            for (number, probe) in Self.probes.enumerated() {
                let source = try #require(IPv4Prefix(probe.host))
                var packet = ForwardedPacket(
                    source: source, input: RandomFilters.input, output: probe.output)
                let egress = try #require(snapshot.egressInterface(probe.output))
                let answer = try #require(
                    filters.nat(packet)?.answer(source, on: egress, nextHop: nil))
                packet.outsideAddress = answer.address
                packet.isOutsideAddressOwn = answer.address.map(snapshot.ownAddresses.contains)
                let forward = try #require(filters.forward(packet))
                counts.note(forward, answer)
                let agrees = Self.agrees(seen[UInt8(number)], forward, answer, source.network)
                #expect(
                    agrees,
                    """
                    seed \(seed): \(probe.host) by \(probe.output) was \(seen[UInt8(number)]?.description ?? "not") \
                    seen; forward \(forward.drops) \(forward.doubts); nat \(answer)
                    \(tables.map { $0.0 + ":\n" + $0.1 }.joined())\(nft)\(policies)
                    """)
            }
        }
        counts.expectFloor()
    }

    /// Whether what the outside saw is among what was said.
    private static func agrees(
        _ seen: IPv4Address?, _ forward: ForwardVerdict, _ answer: NATAnswer, _ host: IPv4Address
    ) -> Bool {
        guard let seen else {
            // What passes FORWARD for sure is lost where NAT may drop it, and nowhere else.
            return !forward.passes || answer.addresses.contains(.none)
                || answer.addresses.contains(.unknown)
        }
        // What conntrack does not see gets out with the address it has, and no answer.
        return !forward.drops.contains { $0.harm != .hide }
            && answer.addresses.contains { address in
                switch address {
                case .one(let address): address == seen
                case .anyOf(let ranges): ranges.contains { $0.contains(seen) }
                case .untranslated: seen == host
                case .none: false
                case .unknown: true
                }
            }
    }

    /// How much of what was said is sure: what is never said cannot be wrong.
    private struct Counts {
        var (asked, drops, passes, sureNAT, translated, kept) = (0, 0, 0, 0, 0, 0)

        mutating func note(_ forward: ForwardVerdict, _ answer: NATAnswer) {
            asked += 1
            if forward.isDropped { drops += 1 }
            guard forward.passes else { return }
            passes += 1
            guard answer.addresses.count == 1 else { return }
            sureNAT += 1
            if answer.addresses == [.untranslated] { kept += 1 } else { translated += 1 }
        }

        func expectFloor() {
            print("filters: \(self)")
            #expect(drops > asked / 10 && passes > asked / 10, "\(self)")
            #expect(
                sureNAT > passes / 3 && translated > sureNAT / 10 && kept > sureNAT / 10, "\(self)")
        }
    }
}
