import NIOCore
import NIOHTTP1
import NIOPosix

/// A metadata service on 127.0.0.1 that knows these paths, and answers others with 404.
struct MetadataServer {
    /// What it answers, by path; the token's path is answered by itself.
    var facts: [String: String]
    /// The status for a fact, where it is not 200.
    var status = HTTPResponseStatus.ok
    /// Whether it takes a request and never answers.
    var isSilent = false

    static let token = "secret-token"

    /// Serves on a free port as long as `body` runs.
    func serving<Value>(_ body: (Int) async throws -> Value) async throws -> Value {
        let server = self
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(server: server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let value = try await body(channel.localAddress?.port ?? 0)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    private func answer(_ head: HTTPRequestHead) -> (HTTPResponseStatus, String) {
        if head.uri == "/latest/api/token" {
            let isAsked =
                head.method == .PUT
                && head.headers.contains(name: "X-aws-ec2-metadata-token-ttl-seconds")
            return isAsked ? (.ok, Self.token) : (.badRequest, "")
        }
        guard head.headers.first(name: "X-aws-ec2-metadata-token") == Self.token else {
            return (.unauthorized, "")
        }
        guard let fact = facts[head.uri] else { return (.notFound, "<html>404</html>") }
        return (status, fact)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: MetadataServer
        private var head: HTTPRequestHead?

        init(server: MetadataServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body: break
            case .end:
                guard let head, !server.isSilent else { return }
                let (status, body) = server.answer(head)
                let headers = HTTPHeaders([("Content-Length", "\(body.utf8.count)")])
                let reply = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
                context.write(wrapOutboundOut(.head(reply)), promise: nil)
                let bytes = IOData.byteBuffer(ByteBuffer(string: body))
                context.write(wrapOutboundOut(.body(bytes)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
