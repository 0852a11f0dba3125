import NATModel
import NATParse
import Testing

@Suite struct NFTChainsReplyTests {
    @Test func `reads the chains that translate IPv4, without those of iptables`() throws {
        let reply = try NFTChainsReply(try Fixture.bytes("netlink-nft-chains.bin"))
        #expect(
            reply.chains == [
                NFTChain(family: "ip", table: "mynat", name: "post", hook: "postrouting"),
                NFTChain(family: "inet", table: "fw", name: "pre", hook: "prerouting"),
            ])
        #expect(reply.isEnd)
        #expect(reply.errorNumber == nil)
    }

    @Test func `an error is its number, and the end`() throws {
        // NLMSG_ERROR with -EPERM, and the header it is about.
        let bytes: [UInt8] = [36, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255]
        let reply = try NFTChainsReply(bytes + NFTChainsReply.request.prefix(16))
        #expect(reply.errorNumber == 1)
        #expect(reply.isEnd)
        #expect(reply.chains == [])
    }

    @Test func `refuses a message that is cut short, and never traps`() throws {
        let bytes = try Fixture.bytes("netlink-nft-chains.bin")
        #expect(throws: ParseError.self) { try NFTChainsReply(bytes.prefix(100)) }
        for count in bytes.indices { _ = try? NFTChainsReply(bytes.prefix(count)) }
        for place in bytes.indices {
            for value in [0, 1, 3, 4, 15, 16, 255] as [UInt8] {
                var broken = bytes
                broken[place] = value
                _ = try? NFTChainsReply(broken)
            }
        }
    }
}
