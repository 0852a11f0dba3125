/// What is gathered from the messages that answer the question for all objects of a kind.
public protocol NetlinkReply: Sendable {
    /// The netlink family that is asked. See netlink(7).
    static var family: NetlinkFamily { get }
    /// The question, a whole message.
    static var request: [UInt8] { get }
    /// Takes what a message tells, if it tells of such an object.
    mutating func take(_ message: NetlinkMessage) throws(ParseError)
}

/// A part of the kernel that speaks netlink, by its number in linux/netlink.h.
public enum NetlinkFamily: Int32, Sendable {
    /// `NETLINK_ROUTE`. See rtnetlink(7).
    case route = 0
    /// `NETLINK_NETFILTER`.
    case netfilter = 12
}

/// How far the answer to a question has come.
public enum NetlinkProgress: Hashable, Sendable {
    /// More messages come.
    case more
    /// All was told.
    case end
    /// The objects changed while the kernel told of them: some may be missing, so ask anew.
    case changed
    /// The kernel refuses, with the number of an error such as 1 for EPERM.
    case refused(Int32)
}

extension NetlinkReply {
    /// Takes a buffer of messages.
    public mutating func take(
        _ bytes: some Collection<UInt8>
    ) throws(ParseError) -> NetlinkProgress {
        let (messages, isWhole) = NetlinkMessage.split(bytes)
        for message in messages {
            // NLM_F_DUMP_INTR
            if message.flags & 0x10 != 0 { return .changed }
            switch message.kind {
            case 2, 3:
                // NLMSG_ERROR and NLMSG_DONE; their number is below zero, in 32 bits.
                let code = 0 &- Int32(truncatingIfNeeded: message.body.number(4))
                return code == 0 ? .end : .refused(code)
            default: try take(message)
            }
        }
        if !isWhole { throw ParseError("a netlink message that is cut short", in: "") }
        return .more
    }
}
