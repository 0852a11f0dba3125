import Glibc
import NATModel
import NIOCore
import NIOPosix

/// Fetches from the internet in a loop, each time over a new connection.
///
/// Hosts differ in rate and size, and the size swells and ebbs, so that a screen has something to
/// show; one host stays below half a megabyte a second. Beside them one connection stands for a
/// minute at a time and asks for a little every second: what a move must not end.
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
        // Many hosts are to be as little work for the machine as few.
        connectionsPerSecond = index < 8 ? 6 - kind : 0.6 - 0.1 * kind
        bytes = 48_000 / (1 + kind) / (1 + Double(index % 7))
        period = 20 + 9 * kind
    }

    /// Fetches until the process is killed.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bootstrap = Self.bootstrap(group)
        let start = ContinuousClock.now
        Task { try await Self.stand(group) }
        while true {
            let seconds = Double((ContinuousClock.now - start).components.seconds)
            let size = bytes * (1 + 0.6 * sin(2 * .pi * seconds / period))
            let request = Self.request(Int(size), connection: "close")
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

    /// Holds one connection after the other, each for about a minute.
    private static func stand(_ group: MultiThreadedEventLoopGroup) async throws {
        let bootstrap = bootstrap(group)
        while true {
            // One that fails, or that a move has ended, is begun anew.
            if let channel = try? await bootstrap.connect(
                host: Topology.internet.description, port: 80
            ).get() {
                for _ in 0..<Int.random(in: 45...75) where channel.isActive {
                    let question = ByteBuffer(string: request(400, connection: "keep-alive"))
                    channel.writeAndFlush(question, promise: nil)
                    try await Task.sleep(for: .seconds(1))
                }
                channel.close(promise: nil)
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func bootstrap(_ group: MultiThreadedEventLoopGroup) -> ClientBootstrap {
        ClientBootstrap(group: group).connectTimeout(.seconds(2))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnswerDiscarder())
                }
            }
    }

    private static func request(_ bytes: Int, connection: String) -> String {
        "GET /bytes/\(bytes) HTTP/1.1\r\nHost: \(Topology.internet)\r\n"
            + "Connection: \(connection)\r\n\r\n"
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
