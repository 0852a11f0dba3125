public import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Listens to what the kernel announces: links, addresses, routes, policy rules and nftables.
///
/// Source: rtnetlink(7), the multicast groups behind `ip monitor` and `nft monitor`. A socket of
/// our own leaves no child behind when natdeck is killed.
public final class KernelChanges: Sendable {
    private let thread: ListeningThread
    private let authors: AuthorWatch

    /// Source: `RTMGRP_*` in linux/rtnetlink.h: links, and of IPv4 addresses, routes and rules.
    private static let routingGroups: UInt32 = 0x1 | 0x10 | 0x40 | 0x80
    /// Those whose announcements tell who it was.
    private static let authoredGroups = routingGroups & ~0x1
    /// `NFNLGRP_NFTABLES`, the seventh group.
    private static let nftablesGroups: UInt32 = 1 << 6
    /// To listen to nftables may load the kernel's module: only where something can use it.
    private static var hasNFTables: Bool {
        ["/usr/sbin", "/sbin", "/usr/local/sbin"].contains { folder in
            ["nft", "iptables-nft"].contains { access("\(folder)/\($0)", X_OK) == 0 }
        }
    }

    /// Calls `onChange` on a thread of its own, once for all that came together, with the events.
    ///
    /// - Returns: `nil` where the kernel gives no such socket; then nothing is announced.
    public init?(onChange: @escaping @Sendable ([KernelEvent]) -> Void) {
        guard let routing = KernelListener(.route, Self.routingGroups) else { return nil }
        let nftables =
            Self.hasNFTables ? KernelListener(.netfilter, Self.nftablesGroups) : nil
        let listeners = [routing, nftables].compactMap(\.self)
        let authors = KernelAuthors()
        let thread = ListeningThread(listeners.map(\.descriptor)) { place in
            let events = listeners[place].drain { bytes in
                place == 0
                    ? KernelEventReply(interfaceName: Self.interfaceName, author: authors.author)
                        .events(bytes)
                    : KernelEventReply.nftablesAuthors(bytes).map {
                        .nftablesChanged(by: authors.completed($0))
                    }
            }
            // Each transaction of nftables also tells of every object it changed.
            if !events.isEmpty { onChange(events) }
        } atEnd: {
            for listener in listeners { listener.close() }
        }
        guard let thread else {
            for listener in listeners { listener.close() }
            return nil
        }
        self.thread = thread
        self.authors = AuthorWatch(authors, groups: Self.authoredGroups)
    }

    private static func interfaceName(_ index: Int) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { name in
            guard let start = name.baseAddress,
                if_indextoname(UInt32(truncatingIfNeeded: index), start) != nil
            else { return nil }
            return KernelName.text(
                name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
        }
    }
}
