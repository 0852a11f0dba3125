import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Asks the kernel for all objects of a kind, in this network namespace. See netlink(7).
///
/// A program such as ip(8) would tell the same in a hundred times the time.
enum Netlink {
    /// Why there is no answer.
    enum Failure: Error {
        /// The kernel's error, such as EPERM.
        case number(Int32)
        /// An answer that was not understood.
        case unread(ParseError)
        /// The objects changed each time the kernel was telling of them.
        case changing

        /// What to say of it.
        var reason: String {
            switch self {
            case .number(let number): String(cString: strerror(number))
            case .unread(let error): error.description
            case .changing: "kept changing while it was read"
            }
        }
    }

    /// All that the kernel tells; `empty` is where each try begins.
    static func gather<Reply: NetlinkReply>(_ empty: Reply) throws(Failure) -> Reply {
        for _ in 0..<tries {
            if let reply = try answer(to: empty) { return reply }
        }
        throw .changing
    }

    private static let tries = 10

    /// `nil` where the objects changed in the meantime.
    private static func answer<Reply: NetlinkReply>(
        to empty: Reply
    ) throws(Failure) -> Reply? {
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_NETLINK, kind, Reply.family.rawValue)
        guard descriptor >= 0 else { throw .number(errno) }
        defer { close(descriptor) }
        // The kernel answers at once; should it not, nobody waits for it.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let request = Reply.request
        guard send(descriptor, request, request.count, 0) == request.count else {
            throw .number(errno)
        }
        var reply = empty
        var buffer = [UInt8](repeating: 0, count: 1 << 15)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .number(count == 0 ? EIO : errno) }
            let progress: NetlinkProgress
            do throws(ParseError) {
                progress = try reply.take(buffer.prefix(count))
            } catch {
                throw .unread(error)
            }
            switch progress {
            case .more: continue
            case .end: return reply
            case .changed: return nil
            case .refused(let number): throw .number(number)
            }
        }
    }
}
