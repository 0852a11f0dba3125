public import NATModel

/// What rtnetlink multicasts. See rtnetlink(7) and netlink(7).
public enum KernelEventReply {
    /// The events in a buffer of messages; a message of another kind, or one that is cut short, is
    /// no event.
    public static func parse(_ bytes: UnsafeRawBufferPointer) -> [KernelEvent] {
        NetlinkMessages(bytes).compactMap(event)
    }

    /// Source: linux/rtnetlink.h, linux/if_addr.h: `ifinfomsg` and `ifaddrmsg`.
    private static func event(_ message: NetlinkMessage) -> KernelEvent? {
        let body = message.body
        let index = body.dropFirst(4).number(4)
        switch message.kind {
        case 16 where body.count >= 12:
            return .link(index: index, isUp: body.dropFirst(8).number(4) & 1 != 0)
        case 17 where body.count >= 12: return .linkRemoved(index: index)
        case 20 where body.count >= 8: return .addressAdded(index: index)
        case 21 where body.count >= 8: return .addressRemoved(index: index)
        default: return nil
        }
    }
}
