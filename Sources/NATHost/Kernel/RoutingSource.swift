public import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// What the kernel tells of its policy rules and routes.
public protocol RoutingSource: Sendable {
    /// The policy rules, in the order of evaluation.
    func rules() -> Reading<[RoutingPolicyRule]>
    /// The FIB tables that hold a route, by number.
    func tables() -> Reading<[FIBTable]>
}

/// The kernel of this network namespace.
public struct KernelRouting: RoutingSource {
    let sockets: any NetlinkOpener
    static let thread = NetlinkThread("routing")

    /// The kernel that these sockets speak with.
    public init(_ sockets: any NetlinkOpener = KernelSockets()) { self.sockets = sockets }

    /// What `ip rule show` asks for.
    public func rules() -> Reading<[RoutingPolicyRule]> {
        read("ip rule show", RuleReply(), \.rules)
    }

    /// What `ip route show table all` asks for.
    public func tables() -> Reading<[FIBTable]> {
        let reply = RouteReply { index in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { name in
                guard let start = name.baseAddress, if_indextoname(UInt32(index), start) != nil
                else { return nil }
                return String(cString: start)
            }
        }
        return read("ip route show table all", reply, \.tables)
    }

    /// A failure names the command that asks the same by hand.
    private func read<Reply: NetlinkReply, Value>(
        _ command: String, _ empty: Reply, _ value: (Reply) -> Value
    ) -> Reading<Value> {
        do throws(Netlink.Failure) {
            return .value(value(try Netlink.gather(empty)))
        } catch {
            return .failed(ReadFailure(command, error.reason))
        }
    }
}
