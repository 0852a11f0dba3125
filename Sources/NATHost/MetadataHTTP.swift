import NATModel
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Asks a metadata service over HTTP/1.0 (RFC 1945), one connection a request.
///
/// The service is one hop away and answers a few bytes, ten times. An HTTP library was tried here:
/// its event loops and its pipeline took a third of the whole time of `natdeck status`.
final class MetadataHTTP: Sendable {
    let address: String
    private let port: Int
    private let budget: Duration
    private let deadline: ContinuousClock.Instant
    private let isCancelled = Atomic(false)

    /// A status and a body, at most 64 KiB of it.
    struct Reply {
        var status: Int
        var body: String
    }

    /// Why there was no reply.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let replyLimit = 64 << 10
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

    /// Sends one request and waits for the whole answer; blocks its thread.
    func request(
        _ method: String, _ path: String, headers: [String: String]
    ) throws(Failure) -> Reply {
        let connection = try connect()
        defer { close(connection) }
        var text = "\(method) \(path) HTTP/1.0\r\nHost: \(address)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if method == "PUT" { text += "Content-Length: 0\r\n" }
        try send(Array((text + "\r\n").utf8), to: connection)
        return try Self.parse(try receive(from: connection))
    }

    private func connect() throws(Failure) -> Int32 {
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

    private func send(_ bytes: [UInt8], to connection: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, on: connection)
            } else if errno != EINTR {
                throw Self.failure("send")
            }
        }
    }

    private func receive(from connection: Int32) throws(Failure) -> [UInt8] {
        var reply: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while reply.count < Self.replyLimit {
            let count = recv(connection, &chunk, chunk.count, 0)
            if count > 0 {
                reply += chunk[..<count]
                if Self.isWhole(reply) { return reply }
            } else if count == 0 {
                return reply
            } else if errno == EAGAIN {
                try wait(for: POLLIN, on: connection)
            } else if errno != EINTR {
                throw Self.failure("receive")
            }
        }
        return reply
    }

    private func wait(for events: Int32, on connection: Int32) throws(Failure) {
        var entry = pollfd(fd: connection, events: Int16(events), revents: 0)
        while true {
            let left = deadline - ContinuousClock.now
            if left <= .zero { throw Failure(description: "no answer in \(budget.inSeconds)") }
            if isCancelled.load(ordering: .relaxed) { throw Failure(description: "cancelled") }
            let pause = Int32(min(left, Self.slice) / .milliseconds(1)) + 1
            if poll(&entry, 1, pause) > 0 { return }
        }
    }

    /// Whether all has come that `Content-Length` promises; without it the end is the end of the
    /// connection.
    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let head = text.firstRange(of: "\r\n\r\n") else { return false }
        for line in text[..<head.lowerBound].split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            let length = Int(parts[1].filter { $0 != " " }) ?? 0
            return text[head.upperBound...].utf8.count >= length
        }
        return false
    }

    private static func parse(_ bytes: [UInt8]) throws(Failure) -> Reply {
        let text = String(decoding: bytes, as: UTF8.self)
        // A carriage return and the line feed after it are one Character.
        guard let head = text.firstRange(of: "\r\n\r\n") else {
            throw Failure(description: "the answer was cut short")
        }
        let words = text[..<head.lowerBound].split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1].prefix(3))
        else { throw Failure(description: "the answer is not HTTP") }
        return Reply(status: status, body: String(text[head.upperBound...]))
    }

    private static func failure(_ what: String) -> Failure {
        Failure(description: "\(what): \(String(cString: strerror(errno)))")
    }
}
