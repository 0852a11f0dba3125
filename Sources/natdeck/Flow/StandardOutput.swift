#if canImport(Glibc)
    import Glibc
#endif

/// Writes whole texts to standard output and standard error.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes all of `text`; a reader that went away (`| head`) ends it quietly.
    func write(_ text: String) {
        write(Array(text.utf8))
    }

    /// Writes all of `bytes`.
    func write(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { write($0) } }

    /// Writes all of `bytes`.
    func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(rawValue, rest.baseAddress, rest.count)
            if count > 0 {
                rest = UnsafeBufferPointer(rebasing: rest.dropFirst(count))
            } else if errno != EINTR {
                return
            }
        }
    }

    /// Whether it is a terminal.
    var isTerminal: Bool { isatty(rawValue) == 1 }
}
