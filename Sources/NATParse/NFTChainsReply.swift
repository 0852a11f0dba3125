public import NATModel

/// What the kernel answers to the question for every chain of nftables; none of their rules come
/// with it, so it is short.
///
/// Source: `NFT_MSG_GETCHAIN` in linux/netfilter/nf_tables.h; nft(8) asks the same for
/// `nft list chains`.
public struct NFTChainsReply: Hashable, Sendable {
    /// The chains that translate IPv4 and that iptables does not show.
    public private(set) var chains: [NFTChain] = []
    /// Whether nothing more comes.
    public private(set) var isEnd = false
    /// The number of the kernel's error, such as 1 for EPERM; `nil` where it has answered.
    public private(set) var errorNumber: Int32?

    /// The question: a header, and which families, which is all.
    public static let request: [UInt8] =
        [20, 0, 0, 0, UInt8(getChain), subsystem, 0x01, 0x03] + [UInt8](repeating: 0, count: 12)

    private static let subsystem: UInt8 = 10
    private static let newChain = 3
    private static let getChain = 4

    /// Reads a buffer of messages.
    public init(_ bytes: some Collection<UInt8>) throws(ParseError) {
        let (messages, isWhole) = NetlinkMessage.split(bytes)
        for message in messages {
            switch message.kind {
            case 2:
                let code = message.body.number(4)
                // A number below zero, in 32 bits.
                errorNumber = code == 0 ? nil : Int32(truncatingIfNeeded: 0 - code)
                isEnd = true
            case 3: isEnd = true
            case Int(Self.subsystem) << 8 | Self.newChain:
                if let chain = Self.chain(message.body) { chains.append(chain) }
            default: break
            }
        }
        if !isWhole { throw ParseError("a netlink message that is cut short", in: "") }
    }

    private static func chain(_ body: ArraySlice<UInt8>) -> NFTChain? {
        // nfgenmsg comes before the attributes; its first byte is the family of the table.
        guard let family = body.first.flatMap({ families[$0] }) else { return nil }
        let fields = attributes(body.dropFirst(4))
        // A chain without a type is only jumped to.
        guard fields[7].map(text) == "nat", let table = fields[1].map(text),
            let name = fields[3].map(text),
            let number = fields[4].flatMap({ attributes($0)[1] })?.last,
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

    /// Attributes by their kind, without the flag of those that hold others.
    private static func attributes(_ bytes: ArraySlice<UInt8>) -> [Int: ArraySlice<UInt8>] {
        var found: [Int: ArraySlice<UInt8>] = [:]
        var rest = bytes
        while rest.count >= 4 {
            let length = rest.number(2)
            guard length >= 4, length <= rest.count else { break }
            found[rest.dropFirst(2).number(2) & 0x3fff] = rest.prefix(length).dropFirst(4)
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return found
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).strippedOfControls
    }
}
