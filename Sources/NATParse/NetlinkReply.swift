/// What is gathered from the messages that answer a question.
public protocol NetlinkReply: Sendable {
    /// Takes what a message tells, if it tells of such an object.
    mutating func take(_ message: NetlinkMessage) throws(ParseError)
}

/// What is gathered from the answer to the question for all objects of a kind.
public protocol NetlinkDump: NetlinkReply {
    /// The question, a whole message.
    static var request: [UInt8] { get }
}

/// A part of the kernel that speaks netlink, by its number in linux/netlink.h.
public enum NetlinkFamily: Int32, Sendable {
    /// `NETLINK_ROUTE`. See rtnetlink(7).
    case route = 0
    /// `NETLINK_SOCK_DIAG`. See sock_diag(7).
    case sockets = 4
    /// `NETLINK_XFRM`.
    case ipsec = 6
    /// `NETLINK_NETFILTER`.
    case netfilter = 12
}
