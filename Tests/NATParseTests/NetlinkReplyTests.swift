import NATModel
import NATParse
import NATTesting
import Testing

/// How an answer goes on and ends, whatever it is about.
@Suite struct NetlinkReplyTests {
    private static let rules = "netlink-rules-everything.bin"

    private func progress(_ bytes: some Collection<UInt8>) throws -> NetlinkProgress {
        var reply = RuleReply()
        return try reply.takeAll(bytes)
    }

    @Test func `asks for IPv4 and for all`() {
        for request in [RuleReply.request, RouteReply.request, AddressReply.request] {
            #expect(request.count == Int(request[0]))
            #expect(request[6...7] == [0x01, 0x03])
            #expect(request[16] == 2)
        }
        #expect(
            NFTChainsReply.request
                == [20, 0, 0, 0, 4, 10, 0x01, 0x03] + [UInt8](repeating: 0, count: 12))
    }

    @Test func `more comes until the kernel says that it is done`() throws {
        let bytes = try Fixture.bytes(Self.rules)
        #expect(try progress(bytes.dropLast(NetlinkBytes.done.count)) == .more)
        #expect(try progress(bytes) == .end)
    }

    @Test func `an error is its number`() throws {
        // NLMSG_ERROR with -EPERM, and the header it is about.
        let code: [UInt8] = [255, 255, 255, 255]
        let bytes = NetlinkBytes.message(2, code + RuleReply.request.prefix(16))
        #expect(try progress(bytes) == .refused(1))
        // A telling that fails halfway ends with -ENOBUFS.
        #expect(try progress(NetlinkBytes.message(3, [151, 255, 255, 255])) == .refused(105))
        // No kernel says this one, whose opposite does not exist.
        #expect(try progress(NetlinkBytes.message(3, [0, 0, 0, 128])) == .refused(.min))
    }

    @Test func `what changed while it was told is to be asked for anew`() throws {
        var bytes = try Fixture.bytes(Self.rules)
        // NLM_F_DUMP_INTR beside NLM_F_MULTI.
        bytes[6] |= 0x10
        #expect(try progress(bytes) == .changed)
        // The rest of it comes all the same, and nothing else can be asked until it has.
        #expect(try progress(bytes.dropLast(NetlinkBytes.done.count)) == .more)
    }

    @Test(arguments: [
        rules, "netlink-routes-everything.bin", "netlink-nft-chains.bin",
        "netlink-links-kinds.bin", "netlink-addresses-kinds.bin",
    ])
    func `refuses a message that is cut short, and never traps`(fixture: String) throws {
        let bytes = try Fixture.bytes(fixture)
        #expect(throws: ParseError.self) { try progress(bytes.prefix(101)) }
        for count in 0..<200 { takeByAll(bytes.suffix(count).prefix(150)) }
        var random = SeededRandom(seed: 3)
        for _ in 0..<300 {
            var broken = bytes
            for _ in 0..<4 {
                broken[Int.random(in: bytes.indices, using: &random)] = random.pick([0, 1, 3, 255])
            }
            takeByAll(broken)
        }
        for _ in 0..<300 {
            let count = Int.random(in: 0..<200, using: &random)
            takeByAll((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        }
    }

    private func takeByAll(_ bytes: some Collection<UInt8>) {
        var replies: [any NetlinkReply] = [
            RuleReply(), RouteReply { _ in nil }, NFTChainsReply(), LinkReply(), AddressReply(),
            WayReply(),
        ]
        for index in replies.indices { _ = try? replies[index].takeAll(bytes) }
    }
}

/// Messages as the kernel lays them out.
enum NetlinkBytes {
    static let done = message(3, [0, 0, 0, 0])

    static func message(_ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
        [UInt8(16 + body.count), 0, 0, 0, kind, 0, 2, 0] + [UInt8](repeating: 0, count: 8) + body
    }
}

extension NetlinkReply {
    /// The reply when a buffer holds the whole of it.
    func whole(_ bytes: [UInt8]) throws -> Self {
        var reply = self
        #expect(try reply.takeAll(bytes) == .end)
        return reply
    }

    /// Takes a buffer of messages that have no number.
    mutating func takeAll(_ bytes: some Collection<UInt8>) throws -> NetlinkProgress {
        var reply = self
        defer { self = reply }
        var exchange = NetlinkExchange(0)
        return try Array(bytes).withUnsafeBytes { bytes in
            try exchange.take(bytes) { message throws(ParseError) in try reply.take(message) }
        }
    }
}
