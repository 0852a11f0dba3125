import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Asks the kernel which chains of nftables there are.
enum NFTables {
    private static let thread = NetlinkThread("nftables")

    /// The chains that iptables does not show; `.value(nil)` where the kernel has no nftables.
    static func chains(
        _ sockets: any NetlinkOpener = KernelSockets()
    ) async -> Reading<[NFTChain]?> {
        await thread.run { _ in reading(sockets) }
    }

    private static func reading(_ sockets: any NetlinkOpener) -> Reading<[NFTChain]?> {
        do throws(NetlinkConversation.Failure) {
            var conversation = try NetlinkConversation(.netfilter, sockets)
            return .value(try conversation.gather(NFTChainsReply()).chains)
        } catch {
            guard case .refused(let refusal) = error else {
                return .failed(ReadFailure("nft list chains", error.reason))
            }
            let number = refusal.number
            // A kernel without nftables knows no such question.
            if [EINVAL, ENOENT, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT].contains(number) {
                return .value(nil)
            }
            return .failed(
                ReadFailure(
                    "nft list chains", error.reason, fix: number == EPERM ? "run it as root" : nil))
        }
    }
}
