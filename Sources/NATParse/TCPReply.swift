import NATModel

/// The established TCP connections over IPv4, as `ss --tcp` asks for them: an answer for each family.
///
/// The kernel passes over the empty places of its table, of which a box with much memory has very
/// many; for its files it looks at each.
///
/// Source: sock_diag(7), linux/inet_diag.h.
public struct TCPReply: NetlinkReply {
    /// Those that were told of so far.
    public private(set) var sockets: [TCPSocket] = []

    /// A reply of which nothing has come yet.
    public init() {}

    private static let ipv4: UInt8 = 2  // AF_INET
    private static let ipv6: UInt8 = 10  // AF_INET6
    private static let kind = 20  // SOCK_DIAG_BY_FAMILY

    /// The questions: IPv4, and IPv6, where a listener on `::` sees IPv4 peers.
    public static let requests = [ipv4, ipv6].map { family in
        // inet_diag_req_v2: IPPROTO_TCP, nothing besides, and of the states TCP_ESTABLISHED.
        NetlinkMessage.dump(
            kind: kind,
            body: [family, 6, 0, 0] + NetlinkRequest.number(1 << 1)
                + [UInt8](repeating: 0, count: 48))
    }

    /// Takes a socket.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == Self.kind else { return }
        let body = message.body
        // inet_diag_msg: family and state, ports, addresses of 16 bytes each, … and the inode.
        guard body.count >= 72 else { throw ParseError("a socket that is cut short", in: "") }
        let peer = body.dropFirst(24).prefix(16)
        let isMapped =
            body.number(1) == Int(Self.ipv6)
            && peer.prefix(12).elementsEqual([UInt8](repeating: 0, count: 10) + [0xff, 0xff])
        guard body.number(1) == Int(Self.ipv4) || isMapped else { return }
        sockets.append(
            TCPSocket(
                peer: (isMapped ? peer.dropFirst(12) : peer).address,
                peerPort: Int(body.dropFirst(6).prefix(2).networkNumber),
                port: Int(body.dropFirst(4).prefix(2).networkNumber),
                inode: Int(body.dropFirst(68).number32)))
    }
}
