#if canImport(Glibc)
    import Glibc
#endif

/// One connection for all requests of a visit: each new one would be counted by the nat table as
/// a connection of the box, and shown beside those of its hosts.
///
/// A server that closes it after an answer is asked over a new one. Used by one thread.
final class MetadataConnection {
    private let http: MetadataHTTP
    private var socket: Int32?

    private static let replyLimit = 64 << 10

    /// A connection that is opened when it is needed first.
    init(_ http: MetadataHTTP) { self.http = http }

    deinit { close() }

    /// Sends one request and waits for the whole answer; blocks its thread.
    func request(
        _ method: String, _ path: String, headers: [String: String]
    ) throws(MetadataHTTP.Failure) -> HTTPReply {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: \(http.address)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if method == "PUT" { text += "Content-Length: 0\r\n" }
        let bytes = Array((text + "\r\n").utf8)
        // A server may close an idle connection at any time; then it has not taken the request.
        if let socket, let reply = try exchange(bytes, over: socket) { return reply }
        close()
        let socket = try http.connect()
        self.socket = socket
        guard let reply = try exchange(bytes, over: socket) else {
            throw MetadataHTTP.Failure(description: "the answer was cut short")
        }
        return reply
    }

    private func close() {
        if let socket { _ = Glibc.close(socket) }
        socket = nil
    }

    /// The answer; `nil` where the server has closed the connection before the first byte of it.
    private func exchange(
        _ bytes: [UInt8], over socket: Int32
    ) throws(MetadataHTTP.Failure) -> HTTPReply? {
        guard try send(bytes, to: socket) else { return nil }
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while received.count < Self.replyLimit {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count > 0 { received += chunk[..<count] }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                try http.wait(for: POLLIN, on: socket)
                continue
            }
            let isGone = count < 0 && errno == ECONNRESET
            if count < 0, !isGone { throw MetadataHTTP.failure("receive") }
            if count <= 0, received.isEmpty { return nil }
            if let reply = try HTTPReply(received, isEnd: count <= 0) {
                if !reply.keepsConnection { close() }
                return reply
            }
        }
        throw MetadataHTTP.Failure(description: "the answer is too long")
    }

    /// Whether the request could be sent, and the connection was not closed already.
    private func send(_ bytes: [UInt8], to socket: Int32) throws(MetadataHTTP.Failure) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try http.wait(for: POLLOUT, on: socket)
            } else if errno == EPIPE || errno == ECONNRESET {
                return false
            } else if errno != EINTR {
                throw MetadataHTTP.failure("send")
            }
        }
        return true
    }
}
