import NATModel

/// The nat table of iptables where nothing but empty chains is left of it.
///
/// iptables makes it with the first rule and leaves it there. nft(8) shows it, and the kernel sends
/// every packet through its chains.
public enum NFTEmptyNAT {
    /// The chains that iptables makes by itself.
    private static let chains: Set = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]

    /// What takes it away in one transaction, which the kernel refuses where there is a rule, a set or
    /// another chain in it by then; `nil` where it holds more than such chains, or is not there.
    public static func removal(_ reply: NFTChainsReply) -> [UInt8]? {
        let chains = reply.chains.filter { $0.table == NFTTableName(.ip, "nat") }.map(\.chain)
        guard !chains.isEmpty,
            chains.allSatisfy({
                Self.chains.contains($0.name) && $0.base?.type == "nat" && $0.policy == "ACCEPT"
            })
        else { return nil }
        // NFTA_CHAIN_TABLE and NFTA_CHAIN_NAME; NFTA_TABLE_NAME.
        return NFTRequest.batch(
            chains.map { chain in
                NFTRequest.message(
                    NFTMessage.deleteChain, flags: notRecursive,
                    NFTRequest.text(1, "nat") + NFTRequest.text(3, chain.name))
            } + [
                NFTRequest.message(
                    NFTMessage.deleteTable, flags: notRecursive, NFTRequest.text(1, "nat"))
            ])
    }

    /// `NLM_F_NONREC`: what holds something is not deleted.
    private static let notRecursive = 0x100
}
