import Dispatch
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
    /// Dispatch lets any thread cancel them.
    nonisolated(unsafe) private let sources: [any DispatchSourceRead]

    /// Source: `RTMGRP_*` in linux/rtnetlink.h: links, and of IPv4 addresses, routes and rules.
    private static let routingGroups: UInt32 = 0x1 | 0x10 | 0x40 | 0x80
    /// `NFNLGRP_NFTABLES`, the seventh group.
    private static let nftablesGroups: UInt32 = 1 << 6
    /// To listen to nftables may load the kernel's module: only where something can use it.
    private static var hasNFTables: Bool {
        ["/usr/sbin", "/sbin", "/usr/local/sbin"].contains { folder in
            ["nft", "iptables-nft"].contains { access("\(folder)/\($0)", X_OK) == 0 }
        }
    }

    /// Calls `onChange` on a queue of its own, once for all that came together, with the events.
    ///
    /// - Returns: `nil` where the kernel gives no such socket; then nothing is announced.
    public init?(onChange: @escaping @Sendable ([KernelEvent]) -> Void) {
        guard let routing = KernelListener(.route, Self.routingGroups) else { return nil }
        let queue = DispatchQueue(label: "natdeck.kernel-changes", qos: .userInteractive)
        let authors = KernelAuthors()
        var sources = [
            Self.source(routing, queue) { bytes in
                KernelEventReply(interfaceName: Self.interfaceName, author: authors.author)
                    .events(bytes)
            } onChange: {
                onChange($0)
            }
        ]
        if Self.hasNFTables,
            let nftables = KernelListener(.netfilter, Self.nftablesGroups)
        {
            sources.append(
                Self.source(nftables, queue) { bytes in
                    KernelEventReply.nftablesAuthors(bytes).map {
                        .nftablesChanged(by: authors.completed($0))
                    }
                } onChange: {
                    // Each transaction also tells of every object it changed.
                    if !$0.isEmpty { onChange($0) }
                })
        }
        self.sources = sources
    }

    deinit { for source in sources { source.cancel() } }

    private static func source(
        _ listener: KernelListener, _ queue: DispatchQueue,
        _ parse: @escaping @Sendable (UnsafeRawBufferPointer) -> [KernelEvent],
        onChange: @escaping @Sendable ([KernelEvent]) -> Void
    ) -> any DispatchSourceRead {
        let source = DispatchSource.makeReadSource(
            fileDescriptor: listener.descriptor, queue: queue)
        source.setEventHandler { onChange(listener.drain(parse)) }
        source.setCancelHandler { listener.close() }
        source.activate()
        return source
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
