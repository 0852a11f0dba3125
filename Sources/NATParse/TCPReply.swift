import NATModel

/// The established TCP connections over IPv4, as `ss --tcp` asks for them.
///
/// The kernel passes over the empty places of its table, of which a box with much memory has very
/// many; for its files it looks at each. In its older form the question is about both families, so
/// that it goes through them once.
///
/// Source: sock_diag(7), linux/inet_diag.h.
public struct TCPReply: NetlinkDump {
    /// Those that were told of so far.
    public private(set) var sockets: [TCPSocket] = []

    /// A reply of which nothing has come yet.
    public init() {}

    private static let ipv4 = 2  // AF_INET
    private static let ipv6 = 10  // AF_INET6
    private static let kind = 18  // TCPDIAG_GETSOCK

    /// The question: inet_diag_req of no address, of the states TCP_ESTABLISHED, about whatever socket.
    public static let request = NetlinkMessage.dump(
        kind: kind,
        body: [UInt8](repeating: 0, count: 52) + NetlinkRequest.number(1 << 1)
            + NetlinkRequest.number(0))

    /// Takes a socket.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.kind else { return }
        let body = message.body
        // inet_diag_msg: family and state, ports, addresses of 16 bytes each, … and the inode.
        guard body.count >= 72 else { throw ParseError("a socket that is cut short", in: "") }
        let peer = body.dropFirst(24).prefix(16)
        let isMapped =
            body.number(1) == Self.ipv6
            && peer.prefix(12).elementsEqual([UInt8](repeating: 0, count: 10) + [0xff, 0xff])
        guard body.number(1) == Self.ipv4 || isMapped else { return }
        sockets.append(
            TCPSocket(
                peer: (isMapped ? peer.dropFirst(12) : peer).address,
                peerPort: Int(body.dropFirst(6).prefix(2).networkNumber),
                port: Int(body.dropFirst(4).prefix(2).networkNumber),
                inode: Int(body.dropFirst(68).number32)))
    }
}
