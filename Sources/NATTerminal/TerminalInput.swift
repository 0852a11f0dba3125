import CTerminal
import Glibc

/// The bytes that come from the terminal, and what they mean.
struct TerminalInput: ~Copyable {
    let descriptor: Int32
    /// Whether the terminal is gone.
    private(set) var isGone = false
    private var decoder: InputDecoder
    private var lastRead = 0
    private var upcoming: InputDecoder.Input?

    init(descriptor: Int32, isUTF8: Bool) {
        self.descriptor = descriptor
        decoder = InputDecoder(isUTF8: isUTF8)
    }

    deinit { nd_event_close(descriptor) }

    /// When to ``expire(now:)``, in milliseconds of the monotonic clock; `nil` between keys.
    var deadline: Int? { decoder.patienceMilliseconds.map { lastRead + $0 } }

    /// Whether a paste has begun and not ended.
    var isPasting: Bool { decoder.isPasting }

    /// Whether ``next()`` has something to give.
    var hasNext: Bool {
        mutating get {
            if upcoming == nil { upcoming = decoder.next() }
            return upcoming != nil
        }
    }

    /// The next key, paste or move of the mouse.
    mutating func next() -> TerminalEvent? {
        defer { upcoming = nil }
        switch upcoming ?? decoder.next() {
        case .key(let key): return .key(key)
        case .mouse(let event): return .mouse(event)
        case .paste(let text): return .paste(text)
        case nil: return nil
        }
    }

    /// Reads what is there; to be called when poll says that there is something.
    mutating func read(now: Int) {
        let isGone = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16384) { buffer in
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            guard count > 0 else {
                return count == 0 || (errno != EAGAIN && errno != EINTR)
            }
            decoder.feed(buffer[..<count])
            return false
        }
        if isGone { self.isGone = true }
        lastRead = now
    }

    /// Ends what was begun and not continued in time.
    mutating func expire(now: Int) {
        if let deadline, now >= deadline { decoder.expire() }
    }
}
