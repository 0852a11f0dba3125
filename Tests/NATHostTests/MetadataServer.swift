import NATHost
import NATModel
import NATTesting
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A metadata service on 127.0.0.1 that knows these paths, and answers others with 404.
struct MetadataServer: Sendable {
    /// The cloud whose header it wants.
    var cloud = Cloud.aws
    /// What it answers, by path; the token's path is answered by itself.
    var facts: [String: String]
    /// The status for a fact, where it is not 200.
    var status = HTTPResponseStatus.ok
    /// Whether it takes a request and never answers.
    var isSilent = false
    /// Whether it closes the connection after every answer.
    var closing = Closing.never
    /// Whether it sends its answers in chunks, without a length.
    var isChunked = false
    /// Whether it leaves out what Google's server marks its answers with.
    var isUnmarked = false
    /// How many connections were opened.
    let connections: Counter

    /// How a connection is closed.
    enum Closing {
        case never
        /// With the word in the answer.
        case saying
        /// Without it, as a server does whose patience is over.
        case silently
    }

    /// Counts from several threads.
    final class Counter: Sendable {
        private let count = Atomic(0)

        func add() { count.add(1, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }

    init(
        _ cloud: Cloud = .aws, facts: [String: String], status: HTTPResponseStatus = .ok,
        isSilent: Bool = false,
        closing: Closing = .never, isChunked: Bool = false
    ) {
        self.cloud = cloud
        self.facts = facts
        self.status = status
        self.isSilent = isSilent
        self.closing = closing
        self.isChunked = isChunked
        connections = Counter()
    }

    static let token = "secret-token"

    /// Serves on a free port as long as `body` runs.
    func serving<Value>(_ body: (Int) async throws -> Value) async throws -> Value {
        let server = self
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                server.connections.add()
                return channel.eventLoop.makeCompletedFuture {
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
        switch cloud {
        case .aws:
            guard head.headers.first(name: "X-aws-ec2-metadata-token") == Self.token else {
                return (.unauthorized, "")
            }
        case .azure:
            guard head.headers.first(name: "Metadata") == "true" else { return (.badRequest, "") }
        case .google:
            guard head.headers.first(name: "Metadata-Flavor") == "Google" else {
                return (.forbidden, "")
            }
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
                var headers = HTTPHeaders(
                    server.isChunked
                        ? [("Transfer-Encoding", "chunked")]
                        : [("Content-Length", "\(body.utf8.count)")])
                if server.cloud == .google, !server.isUnmarked {
                    headers.add(name: "Metadata-Flavor", value: "Google")
                }
                if status == .found { headers.add(name: "Location", value: "/elsewhere") }
                if server.closing == .saying { headers.add(name: "Connection", value: "close") }
                let reply = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
                context.write(wrapOutboundOut(.head(reply)), promise: nil)
                let bytes = IOData.byteBuffer(ByteBuffer(string: body))
                context.write(wrapOutboundOut(.body(bytes)), promise: nil)
                let end = context.writeAndFlush(wrapOutboundOut(.end(nil)))
                guard server.closing != .never else { return }
                end.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            }
        }
    }
}

extension FakeHost {
    /// A box that says of itself that it runs in this cloud.
    convenience init(in cloud: Cloud?) {
        var box = FakeBox()
        let ids: [Cloud: String] = [.aws: "aws", .azure: "azure", .google: "gce"]
        box.files["/run/cloud-init/cloud-id"] = cloud.flatMap { ids[$0] }
        self.init(box)
    }
}
