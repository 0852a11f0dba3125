import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Questions and answers over one netlink socket, one at a time.
struct NetlinkConversation: ~Copyable {
    private let socket: any NetlinkSocket
    private var sequence: UInt32 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 15, alignment: 4)

    /// Why there is no answer.
    enum Failure: Error {
        /// The kernel refuses; nothing was done.
        case refused(KernelError)
        /// The answer did not arrive.
        case lost(KernelError)
        /// The answer was not understood.
        case unread(ParseError)
        /// The objects changed each time the kernel was telling of them.
        case changing

        /// What to say of it.
        var reason: String {
            switch self {
            case .refused(let error), .lost(let error): error.reason
            case .unread(let error): error.description
            case .changing: "kept changing while it was read"
            }
        }
    }

    /// How often the kernel is asked for objects that change meanwhile.
    private static let tries = 10

    /// A conversation with a part of the kernel, over a socket of its own.
    init(_ family: NetlinkFamily, _ sockets: any NetlinkOpener) throws(Failure) {
        do throws(KernelError) {
            socket = try sockets.open(family)
        } catch {
            throw .refused(error)
        }
    }

    deinit { buffer.deallocate() }

    /// Has the kernel do something.
    mutating func order(_ message: [UInt8]) throws(Failure) {
        guard try exchange(message, nil, { _ throws(ParseError) in }) else { throw .changing }
    }

    /// Asks for one object; `empty` is where its telling begins.
    mutating func ask<Reply: NetlinkReply>(
        _ message: [UInt8], _ empty: Reply, _ cancellation: WorkingThread.Cancellation? = nil,
        tries: Int = Self.tries
    ) throws(Failure) -> Reply {
        for _ in 0..<tries {
            var reply = empty
            let isWhole = try exchange(message, cancellation) { message throws(ParseError) in
                try reply.take(message)
            }
            if isWhole { return reply }
        }
        throw .changing
    }

    /// Asks for all objects of a kind; `empty` is where each try begins.
    ///
    /// A cancelled telling is broken off between two pieces, and the conversation is over.
    mutating func gather<Dump: NetlinkDump>(
        _ empty: Dump, _ cancellation: WorkingThread.Cancellation? = nil, tries: Int = Self.tries
    ) throws(Failure) -> Dump {
        try ask(Dump.request, empty, cancellation, tries: tries)
    }

    /// Sends a message and takes the answer to its end; whether nothing changed meanwhile.
    private mutating func exchange(
        _ message: [UInt8], _ cancellation: WorkingThread.Cancellation? = nil,
        _ body: (NetlinkMessage) throws(ParseError) -> Void
    ) throws(Failure) -> Bool {
        sequence &+= 1
        var message = message
        NetlinkMessage.number(&message, sequence)
        try send(message)
        var exchange = NetlinkExchange(sequence)
        while true {
            if cancellation?.isCancelled == true { throw .lost(KernelError(ECANCELED)) }
            let bytes = try receive()
            let progress: NetlinkProgress
            do throws(ParseError) {
                progress = try exchange.take(bytes, body)
            } catch {
                throw .unread(error)
            }
            switch progress {
            case .more: continue
            case .end: return true
            case .changed: return false
            case .refused(let number, let sentence):
                throw .refused(KernelError(number, sentence: sentence))
            }
        }
    }

    private func send(_ message: [UInt8]) throws(Failure) {
        while true {
            do throws(KernelError) {
                return try socket.send(message)
            } catch {
                // What was not sent was not done.
                if error.number != EINTR { throw .refused(error) }
            }
        }
    }

    /// The next datagram of the kernel; what others send is passed over.
    private func receive() throws(Failure) -> UnsafeRawBufferPointer {
        while true {
            do throws(KernelError) {
                let (count, sender) = try socket.receive(into: buffer)
                guard sender == 0 else { continue }
                guard count <= buffer.count else { throw KernelError(EMSGSIZE) }
                return UnsafeRawBufferPointer(rebasing: buffer[..<count])
            } catch {
                if error.number != EINTR { throw .lost(error) }
            }
        }
    }
}
