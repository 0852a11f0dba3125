public import NATModel

/// What rtnetlink and nf_tables multicast. See rtnetlink(7) and netlink(7).
public struct KernelEventReply {
    private let interfaceName: (_ index: Int) -> String?
    private let author: (_ port: UInt32) -> KernelAuthor

    /// A reader that looks names of interfaces up, and asks for each author at once: a program
    /// that changes something has mostly ended a moment later.
    public init(
        interfaceName: @escaping (_ index: Int) -> String?,
        author: @escaping (_ port: UInt32) -> KernelAuthor
    ) {
        self.interfaceName = interfaceName
        self.author = author
    }

    /// The events in a buffer of messages; a message of another kind, or one that is cut short, is
    /// no event.
    public func events(_ bytes: UnsafeRawBufferPointer) -> [KernelEvent] {
        NetlinkMessages(bytes).compactMap(event)
    }

    /// The ports of those who caused what a buffer of messages tells, whatever that is.
    public static func ports(_ bytes: UnsafeRawBufferPointer) -> [UInt32] {
        NetlinkMessages(bytes).map(\.port)
    }

    /// Source: linux/rtnetlink.h, linux/if_addr.h: `ifinfomsg` and `ifaddrmsg`.
    private func event(_ message: NetlinkMessage) -> KernelEvent? {
        let body = message.body
        let index = body.dropFirst(4).number(4)
        switch message.kind {
        case 16 where body.count >= 12:
            return .link(index: index, isUp: body.dropFirst(8).number(4) & 1 != 0)
        case 17 where body.count >= 12: return .linkRemoved(index: index)
        case 20 where body.count >= 8:
            return .addressAdded(index: index, by: author(message.port))
        case 21 where body.count >= 8:
            return .addressRemoved(index: index, by: author(message.port))
        case 24, 25, 32, 33:
            // Asked first: it may end before the rest is read.
            let author = author(message.port)
            return switch message.kind {
            case 24: route(message).map { .routeAdded($0, table: $1, by: author) }
            case 25: route(message).map { .routeRemoved($0, table: $1, by: author) }
            case 32: rule(message).map { .ruleAdded($0, by: author) }
            default: rule(message).map { .ruleRemoved($0, by: author) }
            }
        default: return nil
        }
    }

    private func rule(_ message: NetlinkMessage) -> RoutingPolicyRule? {
        // What is cut short is no event; whoever hears of it reads the whole anyway.
        try? RuleReply.rule(message.body)
    }

    private func route(_ message: NetlinkMessage) -> (Route, Int)? {
        guard let (route, table) = try? RouteReply.route(message.body, interfaceName) else {
            return nil
        }
        return (route, table)
    }

    /// The process that a buffer says has changed nftables: `NFT_MSG_NEWGEN` ends a transaction.
    /// Its name comes with it, so it is known also where the process has ended.
    ///
    /// Source: `NFTA_GEN_*` in linux/netfilter/nf_tables.h.
    public static func nftablesAuthors(_ bytes: UnsafeRawBufferPointer) -> [KernelAuthor] {
        NetlinkMessages(bytes).compactMap { message in
            guard message.kind == 10 << 8 | 15 else { return nil }
            var author = KernelAuthor(port: message.port)
            for (kind, value) in NetlinkAttributes(message.body.dropFirst(4)) {
                switch kind {
                case 2: author.process = Int(truncatingIfNeeded: value.prefix(4).networkNumber)
                case 3: author.name = value.zeroTerminated
                default: break
                }
            }
            return author
        }
    }
}
