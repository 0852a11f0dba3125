import CTerminal
import Glibc

/// The bytes on their way to the terminal.
///
/// A terminal may stop reading: a dead connection, a stopped multiplexer. Then the bytes wait here
/// and the caller goes on.
struct TerminalOutput: ~Copyable {
    let descriptor: Int32
    /// Whether the terminal is gone.
    private(set) var isGone = false
    /// Bytes written so far.
    private(set) var bytesWritten = 0
    private var pending: [UInt8] = []
    private var pendingStart = 0

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { nd_event_close(descriptor) }

    /// Whether bytes wait for the terminal to read on.
    var isBehind: Bool { pendingStart < pending.count }

    /// Sends bytes, or keeps them until the terminal reads on.
    mutating func send(_ bytes: some Collection<UInt8>) {
        guard !isGone else { return }
        pending.append(contentsOf: bytes)
        write()
    }

    /// Writes as much as the terminal takes now.
    mutating func write() {
        while isBehind, !isGone {
            // Not more than a terminal that may block, for it could not be opened anew, has room
            // for: poll promises only a little.
            let count = pending[pendingStart...].withUnsafeBytes { bytes -> Int in
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&ready, 1, 0) > 0 else { return 0 }
                let written = Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, 4096))
                return written < 0 && errno != EAGAIN && errno != EINTR ? -1 : max(written, 0)
            }
            if count == 0 { return }
            if count < 0 {
                isGone = true
                pending = []
                pendingStart = 0
                return
            }
            bytesWritten += count
            pendingStart += count
            if !isBehind {
                pending.removeAll(keepingCapacity: true)
                pendingStart = 0
            }
        }
    }

    /// Writes what waits, for at most so long; what remains is dropped.
    mutating func finish(withinMilliseconds limit: Int32) {
        var remaining = limit
        write()
        while isBehind, !isGone, remaining > 0 {
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&ready, 1, 50)
            remaining -= 50
            write()
        }
        pending = []
        pendingStart = 0
    }
}
