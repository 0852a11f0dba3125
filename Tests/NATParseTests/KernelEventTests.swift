import NATModel
import NATParse
import Testing

@Suite struct KernelEventTests {
    /// `RTM_NEWLINK` of interface 7 down, then `RTM_DELADDR` of it, as the kernel lays them out.
    private let bytes: [UInt8] = [
        32, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 1, 0, 7, 0, 0, 0, 0x02, 0x10, 0, 0, 1, 0, 0, 0,
        24, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        2, 16, 0, 0, 7, 0, 0, 0,
    ]

    private func parse(_ bytes: some Collection<UInt8>) -> [KernelEvent] {
        let reply = KernelEventReply {
            $0 == 6 ? "eth1" : nil
        } author: {
            KernelAuthor(port: $0)
        }
        return Array(bytes).withUnsafeBytes { reply.events($0) }
    }

    @Test func `reads links and addresses`() {
        #expect(
            parse(bytes) == [
                .link(index: 7, isUp: false),
                .addressRemoved(index: 7, by: KernelAuthor(port: 0)),
            ])
    }

    /// A message that port 8109 caused.
    private func message(_ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
        [UInt8(16 + body.count), 0, 0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0xad, 0x1f, 0, 0] + body
    }

    @Test func `a rule and a route that go carry who deleted them`() {
        let author = KernelAuthor(port: 8109)
        let rule = message(
            33,
            [
                2, 0, 32, 0, 0, 0, 0, 1, 0, 0, 0, 0, 8, 0, 2, 0, 10, 1, 2, 3,
                8, 0, 6, 0, 0x88, 0x13, 0, 0, 8, 0, 15, 0, 0x21, 0x4e, 0, 0, 5, 0, 21, 0, 201, 0, 0,
                0,
            ])
        let route = message(
            25,
            [
                2, 0, 0, 0, 0, 201, 253, 1, 0, 0, 0, 0, 8, 0, 15, 0, 0x21, 0x4e, 0, 0,
                8, 0, 4, 0, 6, 0, 0, 0,
            ])
        #expect(
            parse(rule + route) == [
                .ruleRemoved(
                    RoutingPolicyRule(
                        priority: 5000, source: IPv4Prefix("10.1.2.3"),
                        action: .lookup(table: 20001), protocolNumber: 201), by: author),
                .routeRemoved(
                    Route(destination: .all, interface: "eth1", protocolNumber: 201),
                    table: 20001, by: author),
            ])
    }

    @Test func `the end of a transaction of nftables names the process`() {
        // NFT_MSG_NEWGEN: generation 3, process 4711, nft.
        let body: [UInt8] = [
            0, 0, 0, 3, 8, 0, 1, 0, 0, 0, 0, 3, 8, 0, 2, 0, 0, 0, 0x12, 0x67, 8, 0, 3, 0, 0x6e,
            0x66,
            0x74, 0,
        ]
        var bytes = message(15, body)
        bytes[5] = 10
        let authors = bytes.withUnsafeBytes { KernelEventReply.nftablesAuthors($0) }
        #expect(authors == [KernelAuthor(port: 8109, process: 4711, name: "nft")])
        bytes[4] = 6
        #expect(bytes.withUnsafeBytes { KernelEventReply.nftablesAuthors($0) } == [])
    }

    @Test func `stops where a message is cut short, and never traps`() {
        for count in 0...bytes.count {
            #expect(parse(bytes.prefix(count)).count <= 2)
        }
        for place in bytes.indices {
            for value in [0, 1, 15, 16, 17, 255] as [UInt8] {
                var broken = bytes
                broken[place] = value
                _ = parse(broken)
            }
        }
    }

    @Test func `reads a process whose name is made to confuse`() throws {
        let text =
            "4711 (a) b (c) S 12 4711 4711 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1 1\n"
        let process = try ProcessFile.parse(Array(text.utf8))
        #expect(process.name == "a) b (c")
        #expect(process.parent == 12)
        #expect(process.startTicks == 98765)
        #expect(throws: ParseError.self) { try ProcessFile.parse(Array("1 x".utf8)) }
    }
}
