public import NATModel

/// What the kernel answers to the question for every chain of nftables; none of their rules come
/// with it, so it is short.
///
/// Source: `NFT_MSG_GETCHAIN` in linux/netfilter/nf_tables.h; nft(8) asks the same for
/// `nft list chains`.
public struct NFTChainsReply: NetlinkDump {
    /// The chains so far that translate IPv4 and that iptables does not show.
    public private(set) var chains: [NFTChain] = []

    /// A reply of which nothing has come yet.
    public init() {}

    /// `nfgenmsg` for every family.
    public static let request = NetlinkMessage.dump(kind: subsystem | 4, body: [0, 0, 0, 0])
    private static let subsystem = 10 << 8
    private static let newChain = subsystem | 3

    /// Takes a chain.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.newChain, let chain = Self.chain(message.body) else { return }
        chains.append(chain)
    }

    private static func chain(_ body: NetlinkSlice) -> NFTChain? {
        // nfgenmsg comes before the attributes; its first byte is the family of the table.
        guard let family = body.first.flatMap({ families[$0] }) else { return nil }
        let fields = body.dropFirst(4)
        func text(_ kind: Int) -> String? {
            NetlinkAttributes.first(kind, in: fields)?.zeroTerminated
        }
        // A chain without a type is only jumped to.
        guard text(7) == "nat", let table = text(1), let name = text(3),
            let hook = NetlinkAttributes.first(4, in: fields),
            let number = NetlinkAttributes.first(1, in: hook)?.last,
            hooks.indices.contains(Int(number))
        else { return nil }
        let isOfIPTables = family == "ip" && table == "nat" && iptables.contains(name)
        return isOfIPTables
            ? nil : NFTChain(family: family, table: table, name: name, hook: hooks[Int(number)])
    }

    /// Source: `NFPROTO_*` in linux/netfilter.h; those that IPv4 packets pass.
    private static let families: [UInt8: String] = [1: "inet", 2: "ip"]
    /// Source: `NF_INET_*` in the same.
    private static let hooks = ["prerouting", "input", "forward", "output", "postrouting"]
    /// The chains that `iptables-nft -t nat` keeps its rules in.
    private static let iptables = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]
}
