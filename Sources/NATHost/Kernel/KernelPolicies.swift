import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Asks the kernel for the policies of IPsec, as ip-xfrm(8) does.
enum KernelPolicies {
    private static let thread = WorkingThread("ipsec")

    /// The policies as tables of a filter; none where the kernel has no IPsec.
    static func read(
        _ sockets: any NetlinkOpener = KernelSockets()
    ) async -> Reading<[NATRuleSet]> {
        await thread.run { _ in
            do throws(NetlinkConversation.Failure) {
                var conversation = try NetlinkConversation(.ipsec, sockets)
                return .value(try conversation.gather(PolicyReply()).tables)
            } catch {
                if case .refused(let refusal) = error,
                    [EPROTONOSUPPORT, EAFNOSUPPORT, ECONNREFUSED, EOPNOTSUPP].contains(
                        refusal.number)
                {
                    return .value([])
                }
                return .failed(ReadFailure("ip xfrm policy", error.reason))
            }
        }
    }
}
