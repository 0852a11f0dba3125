import NATModel
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The way to a metadata service, for one visit that has so much time.
///
/// The service is one hop away and answers a few bytes, ten times. An HTTP library was tried here:
/// its event loops and its pipeline took a third of the whole time of `natdeck status`.
final class MetadataHTTP: Sendable {
    let address: String
    private let port: Int
    private let budget: Duration
    private let deadline: ContinuousClock.Instant
    private let isCancelled = Atomic(false)

    /// Why there was no reply.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// How long a wait lasts before it looks whether anybody still waits for it.
    private static let slice = Duration.milliseconds(50)

    /// The service at this address; all requests together may take `budget`.
    init(address: String, port: Int, budget: Duration) {
        self.address = address
        self.port = port
        self.budget = budget
        deadline = ContinuousClock.now + budget
    }

    /// Lets a request that is under way fail.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Opens a connection; whoever gets it closes it.
    func connect() throws(Failure) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let connection = socket(AF_INET, kind, 0)
        guard connection >= 0 else { throw Self.failure("socket") }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(UInt16(clamping: port).bigEndian)
        target.sin_addr.s_addr = inet_addr(address)
        let result = withUnsafeBytes(of: &target) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { target in
                Glibc.connect(connection, target.baseAddress, socklen_t(bytes.count))
            }
        }
        do throws(Failure) {
            if result != 0 {
                guard errno == EINPROGRESS else { throw Self.failure("connect") }
                try wait(for: POLLOUT, on: connection)
                var code: Int32 = 0
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(connection, SOL_SOCKET, SO_ERROR, &code, &size)
                errno = code
                if code != 0 { throw Self.failure("connect") }
            }
            return connection
        } catch {
            close(connection)
            throw error
        }
    }

    /// Waits until a connection is ready; blocks its thread.
    func wait(for events: Int32, on connection: Int32) throws(Failure) {
        var entry = pollfd(fd: connection, events: Int16(events), revents: 0)
        while true {
            let left = deadline - ContinuousClock.now
            if left <= .zero { throw Failure(description: "no answer in \(budget.inSeconds)") }
            if isCancelled.load(ordering: .relaxed) { throw Failure(description: "cancelled") }
            let pause = Int32(min(left, Self.slice) / .milliseconds(1)) + 1
            if poll(&entry, 1, pause) > 0 { return }
        }
    }

    /// The failure of a system call that has just failed.
    static func failure(_ what: String) -> Failure {
        Failure(description: "\(what): \(String(cString: strerror(errno)))")
    }
}
