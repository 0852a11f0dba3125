import NATDoctor
import NATModel
import NATTesting
import Testing

/// A smaller MTU is no matter where TCP is told of it.
@Suite struct ClampTests {
    private static let clamp = "tcp flags:0x06/0x02 TCPMSS clamp to PMTU"

    private static func status(_ rule: NATRule?, chain: String = "FORWARD") async throws
        -> Check.Status
    {
        try await FindingTests.check("mtu-smaller") { box in
            box.assignHost([FakeBox.wayOut, FakeBox.backstop])
            box.interfaces[1].mtu = 9001
            box.interfaces[2].mtu = 1500
            box.forward = [
                NATRuleSet(
                    backend: .nfTables, program: "iptables-nft", table: "mangle",
                    chains: [
                        NATChain(
                            name: chain, policy: "ACCEPT",
                            rules: [rule].compactMap(\.self))
                    ])
            ]
        }.status
    }

    @Test func `what clamps the segments of the host leaves nothing to be told`() async throws {
        #expect(try await Self.status(nil) == .info)
        for chain in ["FORWARD", "POSTROUTING"] {
            let rule = NATRule(target: "TCPMSS", proto: "6", output: "eth1", extra: Self.clamp)
            #expect(try await Self.status(rule, chain: chain) == .ok)
        }
        // What comes back is told of it as well.
        let back = NATRule(target: "TCPMSS", proto: "6", input: "eth1", extra: Self.clamp)
        #expect(try await Self.status(back) == .ok)
    }

    @Test(arguments: [
        NATRule(target: "TCPMSS", proto: "6", output: "ppp0", extra: clamp),
        NATRule(target: "TCPMSS", proto: "6", source: "10.9.0.0/16", extra: clamp),
        NATRule(target: "TCPMSS", proto: "6", output: "eth1", extra: "ctstate INVALID " + clamp),
        NATRule(target: "ACCEPT", proto: "6", output: "eth1"),
    ])
    func `what clamps the segments of others is no help`(rule: NATRule) async throws {
        #expect(try await Self.status(rule) == .info)
    }
}
