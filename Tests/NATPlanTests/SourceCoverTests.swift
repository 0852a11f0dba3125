@testable import NATPlan
import NATModel
import NATTesting
import Testing

/// Which networks are closed to what the map has not marked.
@Suite struct SourceCoverTests {
    private static func prefixes(_ texts: String...) -> [IPv4Prefix] {
        texts.compactMap { IPv4Prefix($0) }
    }

    @Test func `few sources are closed as they are, halves together`() {
        let cover = SourceCover.networks(
            of: Self.prefixes("10.0.3.7", "10.0.3.6", "10.0.0.0/24", "10.0.0.9", "192.168.1.0/25"))
        #expect(cover == Self.prefixes("10.0.0.0/24", "10.0.3.6/31", "192.168.1.0/25"))
        #expect(SourceCover.networks(of: [IPv4Prefix]()).isEmpty)
        let all = (0..<256).map { IPv4Prefix(IPv4Address(rawValue: 0x0a00_0300 + UInt32($0))) }
        #expect(SourceCover.networks(of: all.reversed()) == Self.prefixes("10.0.3.0/24"))
    }

    @Test func `what is closed stays so while it holds all, and is made anew where it does not`() {
        let many = (0..<200).map {
            IPv4Prefix(IPv4Address(rawValue: 0x0a00_0000 + UInt32($0) * 512))
        }
        let cover = SourceCover.networks(of: many)
        #expect(SourceCover.networks(of: many.dropLast(), present: cover) == cover)
        let wider = many + Self.prefixes("172.16.0.9")
        let after = SourceCover.networks(of: wider, present: cover)
        #expect(after != cover)
        #expect(after.contains { $0.contains(IPv4Address(rawValue: 0xac10_0009)) })
    }

    @Test(arguments: UInt64(1)...80)
    func `many sources are closed by few networks, and none is left open`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let spread = random.pick([8, 16, 24, 31])
        let sources = (0..<Int.random(in: 1...600, using: &random)).map { _ in
            IPv4Prefix(
                IPv4Address(
                    rawValue: 0x0a00_0000
                        &+ UInt32.random(in: 0..<(1 << UInt32(spread)), using: &random)),
                length: random.pick([24, 28, 31, 32, 32, 32, 32]))
        }
        let cover = SourceCover.networks(of: sources)
        #expect(sources.allSatisfy { source in cover.contains { $0.contains(source) } })
        #expect(cover.allSatisfy { network in sources.contains { network.contains($0) } })
        for (place, network) in cover.enumerated() {
            #expect(!cover[(place + 1)...].contains { $0.overlaps(network) })
        }
        let blocks = Set(sources.map { IPv4Prefix($0.network, length: SourceCover.widest) })
        #expect(cover.count <= max(SourceCover.most, SourceCover.most - 1 + blocks.count))
    }
}
