import NATParse

extension KernelGate {
    /// Asks for the chains that are there, and takes away those of a nat table without rules.
    ///
    /// Where that is refused the table is in use, or there is none; either is as it should be.
    public func removeEmptyNAT() async {
        await Self.thread.run { [sockets] _ in
            do throws(NetlinkConversation.Failure) {
                var conversation = try NetlinkConversation(.netfilter, sockets)
                let chains = try conversation.gather(NFTChainsReply())
                guard let removal = NFTEmptyNAT.removal(chains) else { return }
                try conversation.order(removal)
            } catch {}
        }
    }
}
