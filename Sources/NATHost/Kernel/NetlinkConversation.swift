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
        /// The answer did not arrive, or was not understood.
        case lost(KernelError)
    }

    init(over socket: any NetlinkSocket) { self.socket = socket }

    deinit { buffer.deallocate() }

    /// Sends one message and waits for its answer.
    mutating func ask(_ message: [UInt8]) throws(Failure) -> NetlinkAnswer {
        sequence &+= 1
        var message = message
        NetlinkMessage.number(&message, sequence)
        try send(message)
        while true {
            let bytes = try receive()
            let answer: NetlinkAnswer?
            do throws(ParseError) {
                answer = try NetlinkAnswer.find(sequence, in: bytes)
            } catch {
                throw .lost(KernelError(EBADMSG, sentence: error.description))
            }
            switch answer {
            case .refused(let number, let sentence):
                throw .refused(KernelError(number, sentence: sentence))
            case let answer?: return answer
            // The late answer to a question that was given up.
            case nil: continue
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
                if sender == 0 {
                    return UnsafeRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
                }
            } catch {
                if error.number != EINTR { throw .lost(error) }
            }
        }
    }
}
