#if canImport(Glibc)
    import Glibc
#endif

/// Tells systemd how a service is.
///
/// Source: sd_notify(3): one datagram to the socket that `NOTIFY_SOCKET` names.
public struct SystemdNotice: Sendable {
    private let path: String

    /// The socket of the manager that started this process; `nil` where none waits for a word.
    public init?() {
        guard let name = getenv("NOTIFY_SOCKET") else { return nil }
        let path = String(cString: name)
        guard path.hasPrefix("/") || path.hasPrefix("@"), path.utf8.count < Self.longest else {
            return nil
        }
        self.path = path
    }

    /// The service does what it is there for.
    public func ready() { send("READY=1") }

    /// The service still does so: without this word it is started anew.
    public func pulse() { send("WATCHDOG=1") }

    /// `sun_path` of unix(7).
    private static let longest = 108

    private func send(_ word: String) {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: bytes)
            // A socket without a file has a name that begins with a zero byte.
            if bytes.first == UInt8(ascii: "@") { place[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                // Nobody may listen any more; the service goes on all the same.
                _ = sendto(
                    descriptor, word, word.utf8.count, Int32(MSG_NOSIGNAL), address.baseAddress,
                    length)
            }
        }
    }
}
