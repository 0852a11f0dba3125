import NATModel
import NIOCore
import NIOHTTP1

/// Answers the requests of one connection.
final class HTTPAnswerer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let pieceLength = 64 << 10

    private let answer: @Sendable (HTTPQuestion) -> HTTPAnswer
    private var head: HTTPRequestHead?

    init(answer: @escaping @Sendable (HTTPQuestion) -> HTTPAnswer) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end: respond(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func respond(_ context: ChannelHandlerContext) {
        guard let head else { return }
        self.head = nil
        let path = head.uri.prefix { $0 != "?" }
        let query = head.uri.dropFirst(path.count + 1)
        let answer = answer(
            HTTPQuestion(
                method: head.method, path: String(path), query: String(query),
                headers: head.headers,
                caller: context.remoteAddress?.ipAddress.flatMap { IPv4Address($0) }))
        var headers = answer.headers
        let length =
            switch answer.body {
            case .text(let text): text.utf8.count
            case .filler(let bytes): bytes
            }
        headers.replaceOrAdd(name: "Content-Length", value: "\(length)")
        headers.replaceOrAdd(name: "Content-Type", value: "text/plain")
        if !head.isKeepAlive { headers.replaceOrAdd(name: "Connection", value: "close") }
        let response = HTTPResponseHead(
            version: .http1_1, status: answer.status, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        switch answer.body {
        case .text(let text):
            let body = context.channel.allocator.buffer(string: text)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            finish(context, keepAlive: head.isKeepAlive)
        case .filler(let bytes):
            fill(context, bytes: bytes, keepAlive: head.isKeepAlive)
        }
    }

    /// Sends piece after piece, each when the one before has left, so that memory stays small.
    private func fill(_ context: ChannelHandlerContext, bytes: Int, keepAlive: Bool) {
        guard bytes > 0 else { return finish(context, keepAlive: keepAlive) }
        let count = min(bytes, Self.pieceLength)
        let piece = context.channel.allocator.buffer(
            repeating: UInt8(ascii: "."), count: count)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece)))).assumeIsolated()
            .whenSuccess { self.fill(context, bytes: bytes - count, keepAlive: keepAlive) }
    }

    private func finish(_ context: ChannelHandlerContext, keepAlive: Bool) {
        let end = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !keepAlive { end.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }
}
