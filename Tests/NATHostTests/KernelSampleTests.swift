@testable import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// Which sources the kernel is asked about after a plan.
@Suite struct KernelSampleTests {
    private func rules(_ sources: String...) -> NarrowerSources {
        NarrowerSources(
            sources.map {
                RoutingPolicyRule(
                    priority: 1, source: FakeBox.source($0), action: .lookup(table: 7))
            })
    }

    @Test func `a network is asked about by a host no narrower rule sends elsewhere`() {
        let net = FakeBox.source("10.0.0.0/24")
        #expect(rules("10.0.0.0/24").host(of: net)?.description == "10.0.0.1")
        #expect(rules("10.0.0.0/24", "10.0.0.1").host(of: net)?.description == "10.0.0.2")
        #expect(
            rules("10.0.0.0/25", "10.0.0.2", "10.0.0.128", "10.0.0.129/32", "10.1.0.0/16")
                .host(of: net)?.description == "10.0.0.130")
        #expect(rules("10.0.0.0/25", "10.0.0.128/25").host(of: net) == nil)
        #expect(rules("0.0.0.0/0", "10.0.0.0/8").host(of: net)?.description == "10.0.0.1")
    }

    /// The same by the definition: each host of the network against each rule.
    @Test(arguments: UInt64(1)...60)
    func `finds the first free host of a network`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let net = FakeBox.source("10.0.0.0/26")
        let sources = (0..<Int.random(in: 0...12, using: &random)).map { _ in
            IPv4Prefix(
                IPv4Address(rawValue: 0x0a00_0000 + UInt32.random(in: 0..<80, using: &random)),
                length: random.pick([24, 26, 27, 28, 29, 30, 31, 32]))
        }
        let found = NarrowerSources(
            sources.map {
                RoutingPolicyRule(priority: 1, source: $0, action: .lookup(table: 7))
            }
        ).host(of: net)
        let free = (1..<64).map { IPv4Address(rawValue: 0x0a00_0000 + UInt32($0)) }.first { host in
            !sources.contains { $0 != net && net.contains($0) && $0.contains(host) }
        }
        #expect(found == free, "\(sources)")
    }

    @Test func `of very many an even sample is asked about, the first and the last with it`() {
        let wanted = (0..<12_345).map {
            (source: IPv4Prefix(IPv4Address(rawValue: 0x0a00_0000 + UInt32($0))), interface: "e")
        }
        let sample = KernelSample.evenly(wanted).map(\.source)
        #expect(sample.count == KernelSample.most)
        #expect(Set(sample).count == sample.count)
        #expect(sample.first == wanted.first?.source)
        #expect(sample.last == wanted.last?.source)
        #expect(KernelSample.evenly(Array(wanted.prefix(1000))).count == 1000)
    }

    @Test func `of very many, one that goes elsewhere is found outside the sample too`() async {
        var box = FakeBox.scenario
        let sources = (0..<1500).map {
            IPv4Prefix(IPv4Address(rawValue: 0xac1f_4000 + UInt32($0)))
        }
        for source in sources {
            box.addRule(
                RoutingPolicyRule(priority: 5000, source: source, action: .lookup(table: 10001)))
        }
        let wanted = sources.map { (source: $0, interface: "eth1") }
        let sampled = Set(KernelSample.evenly(wanted).map(\.source))
        guard let other = sources.first(where: { !sampled.contains($0) }) else {
            Issue.record("all are asked about")
            return
        }
        let right = FakeHost(box)
        let before = KernelSample(routing: right, facts: BoxFacts(await right.snapshot()))
        #expect(await before.failure(of: wanted) == nil)
        box.rules.removeAll { $0.source == other }
        let wrong = FakeHost(box)
        let after = KernelSample(routing: wrong, facts: BoxFacts(await wrong.snapshot()))
        #expect(
            await after.failure(of: wanted)?.reason == "\(other) leaves by eth0 and not by eth1")
    }
}
