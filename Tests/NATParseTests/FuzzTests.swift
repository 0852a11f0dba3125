import NATModel
import NATParse
import NATTesting
import Testing

/// A parser may refuse anything, and may trap on nothing.
@Suite struct FuzzTests {
    private static let fixtures = [
        "iptables-nft-everything.txt", "iptables-legacy-rounded.txt", "proc-net-dev-large.txt",
        "proc-net-arp-incomplete.txt",
    ]

    private func parseAll(_ bytes: [UInt8]) {
        let chains = try? NATListing.parse(bytes)
        _ = try? InterfaceCountersFile.parse(bytes)
        _ = try? NeighbourFile.parse(bytes)
        let set = NATRuleSet(backend: .legacy, program: "iptables", chains: chains ?? [])
        let packet = ForwardedPacket(source: IPv4Prefix("10.0.0.1") ?? .all, output: "eth0")
        _ = NATVerdict(of: packet, in: FilterIndex([set], at: .postrouting))
    }

    @Test func `random bytes trap no parser`() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<300 {
            let count = Int.random(in: 0..<200, using: &random)
            parseAll((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        }
    }

    @Test(arguments: fixtures)
    func `a damaged reply traps no parser`(fixture: String) throws {
        let original = try Fixture.bytes(fixture)
        var random = SeededRandom(seed: UInt64(original.count))
        let spice = Array("\"{}[]:,-!*/+ \n\u{1b}0e9KMG".utf8)
        for _ in 0..<150 {
            var bytes = original
            for _ in 0..<Int.random(in: 1..<6, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = random.pick(spice)
                case 1: bytes[at] = UInt8.random(in: .min ... .max, using: &random)
                case 2: bytes.remove(at: at)
                default: bytes.removeLast(min(bytes.count - at, 40))
                }
            }
            parseAll(bytes)
        }
    }
}
