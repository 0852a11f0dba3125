import Dispatch
public import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// A netlink socket: what is sent to the kernel, and what comes back. See netlink(7).
public protocol NetlinkSocket: Sendable {
    /// Sends messages to the kernel, all of them or none.
    func send(_ messages: [UInt8]) throws(KernelError)
    /// Waits for a datagram.
    ///
    /// - Returns: How many bytes it had, more than the buffer where it did not fit, and the port it
    ///   came from; the kernel's own is 0.
    func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(KernelError) -> (count: Int, sender: UInt32)
}

/// Opens netlink sockets.
public protocol NetlinkOpener: Sendable {
    /// A new socket that speaks with this part of the kernel.
    func open(_ family: NetlinkFamily) throws(KernelError) -> any NetlinkSocket
}

/// The sockets of the real box. A socket stays in the network namespace it was opened in.
public struct KernelSockets: NetlinkOpener {
    /// The kernel as the thread that opens a socket sees it.
    public init() {}

    /// A new socket.
    public func open(_ family: NetlinkFamily) throws(KernelError) -> any NetlinkSocket {
        try KernelSocket(family)
    }
}

/// A socket of the real kernel.
final class KernelSocket: NetlinkSocket {
    private let descriptor: Int32

    /// How long an answer may take. The kernel answers while it is asked, so only what is lost
    /// takes longer.
    private static let patienceSeconds = 1
    private static let tooLate = KernelError(
        ETIMEDOUT, sentence: "no answer in \(patienceSeconds) s")
    private static let netlinkLevel: Int32 = 270  // SOL_NETLINK

    /// Source: linux/netlink.h.
    private enum Option {
        /// `NETLINK_CAP_ACK`: the question does not come back with its answer.
        static let shortAnswers: Int32 = 10
        /// `NETLINK_EXT_ACK`: the kernel says in a sentence why it refuses.
        static let sentences: Int32 = 11
    }

    init(_ family: NetlinkFamily) throws(KernelError) {
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_NETLINK, kind, family.rawValue)
        guard descriptor >= 0 else { throw .last }
        var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        // A kernel before 4.12 does not know them, and answers with the number alone.
        set(Option.shortAnswers)
        set(Option.sentences)
        noteOwnPort()
    }

    /// Has the kernel choose a port now, to know our own doing by it when it is announced.
    private func noteOwnPort() {
        // sockaddr_nl: family and padding, port, groups.
        var address: (UInt32, UInt32, UInt32) = (UInt32(AF_NETLINK), 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: address))
        let isKnown = withUnsafeMutableBytes(of: &address) { bytes in
            guard let start = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else {
                return false
            }
            return bind(descriptor, start, length) == 0
                && getsockname(descriptor, start, &length) == 0
        }
        if isKnown { KernelAuthors.noteOwn(address.1) }
    }

    /// Where sockets are closed. Before it closes one of netfilter the kernel lets go of what the last
    /// transaction of nf_tables replaced, which takes some 15 ms and holds up the next transaction.
    /// After a while there is nothing left to wait for.
    private static let closing = DispatchQueue(label: "natdeck.closing")
    private static let lingersMilliseconds = 500

    deinit {
        let descriptor = descriptor
        Self.closing.asyncAfter(
            deadline: .now() + .milliseconds(Self.lingersMilliseconds)
        ) { close(descriptor) }
    }

    /// What fits into the buffer of a socket on every box, in bytes.
    private static let smallBuffer = 1 << 16

    /// Makes room for a long message. Where neither is permitted, the kernel refuses the message.
    private func widen(to count: Int) {
        var size = Int32(clamping: count + Self.smallBuffer)
        let length = socklen_t(MemoryLayout<Int32>.size)
        // The first has no upper limit, but only the machine's root may.
        if setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, length) != 0 {
            setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, length)
        }
    }

    private func set(_ option: Int32) {
        var on: Int32 = 1
        setsockopt(
            descriptor, Self.netlinkLevel, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    func send(_ messages: [UInt8]) throws(KernelError) {
        if messages.count > Self.smallBuffer { widen(to: messages.count) }
        let count = Glibc.send(descriptor, messages, messages.count, 0)
        guard count >= 0 else { throw .last }
        // A datagram goes whole or not at all.
        guard count == messages.count else { throw KernelError(EMSGSIZE) }
    }

    func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(KernelError) -> (count: Int, sender: UInt32) {
        // sockaddr_nl: family and padding, port, groups.
        var sender: (UInt32, UInt32, UInt32) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: sender))
        let count = withUnsafeMutableBytes(of: &sender) { bytes in
            recvfrom(
                descriptor, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC),
                bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
        }
        guard count >= 0 else {
            throw errno == EAGAIN ? Self.tooLate : .last
        }
        return (count, sender.1)
    }
}
