import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Asks the kernel which chains of nftables there are.
enum NFTables {
    /// The chains that iptables does not show; `.value(nil)` where the kernel has no nftables.
    static func chains() -> Reading<[NFTChain]?> {
        do throws(Netlink.Failure) {
            return .value(try Netlink.gather(NFTChainsReply()).chains)
        } catch {
            guard case .number(let number) = error else {
                return .failed(ReadFailure("nft list chains", error.reason))
            }
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
