import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Writes whole texts to standard output and standard error.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Why standard output did not take all that was written to it, an errno; `nil` where it did.
    private static let refusal = Mutex<Int32?>(nil)

    /// Writes a text for people, without the control characters that a name or a file may hold.
    func write(_ text: String) { write(Array(text.printable.utf8)) }

    /// Writes all of `bytes`, as they are.
    func write(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { write($0) } }

    /// Writes all of `bytes`, as they are.
    ///
    /// After standard output has refused some, it gets no more: half a text with a hole in it would
    /// be worse than half a text.
    func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        if self == .output, Self.refusal.withLock({ $0 != nil }) { return }
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(rawValue, rest.baseAddress, rest.count)
            if count > 0 {
                rest = UnsafeBufferPointer(rebasing: rest.dropFirst(count))
                continue
            }
            switch errno {
            case EINTR: continue
            // The reader has made its pipe non-blocking, and is slow.
            case EAGAIN:
                var room = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                poll(&room, 1, -1)
            case let number:
                if self == .output { Self.refusal.withLock { $0 = number } }
                return
            }
        }
    }

    /// Says on standard error that standard output did not take all of it, where that is so.
    ///
    /// - Returns: whether it took all.
    static func tookAll() -> Bool {
        guard let number = refusal.withLock({ $0 }) else { return true }
        let reason = String(cString: strerror(number))
        complain("standard output: \(reason): not all was written")
        return false
    }

    /// Whether it is a terminal.
    var isTerminal: Bool { isatty(rawValue) == 1 }
}
