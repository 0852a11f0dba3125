public import NATModel

/// A TCP connection over IPv4 that the box itself has, and the socket it has it by.
public struct TCPSocket: Hashable, Sendable {
    /// The other end.
    public var peer: IPv4Address
    /// The port of the other end.
    public var peerPort: Int
    /// The port of the box.
    public var port: Int
    /// The inode of the socket: `/proc/PID/fd` names it so.
    public var inode: Int
}
