import Glibc
import NATModel
import NIOCore
import NIOPosix

/// Fetches from the internet in a loop, each time over a new connection.
///
/// Hosts differ in rate and size, and the size swells and ebbs, so that a screen has something to
/// show; one host stays below half a megabyte a second.
struct TrafficGenerator: Sendable {
    /// Connections begun per second.
    let connectionsPerSecond: Double
    /// Mean size of an answer.
    let bytes: Double
    /// The time from one swell to the next.
    let period: Double

    /// The traffic of the host with this number.
    init(index: Int) {
        let kind = Double(index % 4)
        connectionsPerSecond = 6 - kind
        bytes = 48_000 / (1 + kind)
        period = 20 + 9 * kind
    }

    /// Fetches until the process is killed.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(2))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnswerDiscarder())
                }
            }
        let start = ContinuousClock.now
        while true {
            let seconds = Double((ContinuousClock.now - start).components.seconds)
            let size = bytes * (1 + 0.6 * sin(2 * .pi * seconds / period))
            let request =
                "GET /bytes/\(Int(size)) HTTP/1.1\r\nHost: \(Topology.internet)\r\n"
                + "Connection: close\r\n\r\n"
            bootstrap.connect(host: Topology.internet.description, port: 80).whenSuccess {
                channel in
                channel.writeAndFlush(ByteBuffer(string: request), promise: nil)
                // A connection that was moved to another way out may hang for ever.
                channel.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
            }
            let pause = Double.random(in: 0.7...1.3) / connectionsPerSecond
            try await Task.sleep(for: .seconds(pause))
        }
    }
}

/// Throws away what it reads.
private final class AnswerDiscarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
