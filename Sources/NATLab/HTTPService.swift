import NATModel
import NIOCore
import NIOHTTP1
import NIOPosix

/// A small HTTP server on port 80 of one address.
struct HTTPService: Sendable {
    /// Answers a request; called on the server's only thread, so it must not take long.
    let answer: @Sendable (HTTPQuestion) -> HTTPAnswer

    /// Listens, calls `ready`, and serves until the process is killed.
    func run(on address: IPv4Address, ready: @Sendable () throws -> Void) async throws {
        let answer = answer
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(HTTPAnswerer(answer: answer))
                }
            }
            .bind(host: address.description, port: 80).get()
        try ready()
        try await server.closeFuture.get()
    }
}
