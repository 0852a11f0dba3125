import NATModel
import NATParse
import Testing

@Suite struct NFTChainsReplyTests {
    @Test func `reads the chains that translate IPv4, without those of iptables`() throws {
        let reply = try NFTChainsReply().whole(try Fixture.bytes("netlink-nft-chains.bin"))
        #expect(
            reply.chains == [
                NFTChain(family: "ip", table: "mynat", name: "post", hook: "postrouting"),
                NFTChain(family: "inet", table: "fw", name: "pre", hook: "prerouting"),
            ])
    }
}
