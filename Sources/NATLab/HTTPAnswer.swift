import NATModel
import NIOHTTP1

/// A request as the lab's small servers see it; bodies are ignored.
struct HTTPQuestion: Sendable {
    /// GET, PUT and so on.
    let method: HTTPMethod
    /// The path without the query.
    let path: String
    /// What stands behind the question mark; empty where there is none.
    let query: String
    /// The header fields.
    let headers: HTTPHeaders
    /// Who asks; `nil` where the socket does not tell.
    let caller: IPv4Address?
}

/// What a small server answers.
struct HTTPAnswer: Sendable {
    /// The status line's code.
    var status = HTTPResponseStatus.ok
    /// Header fields beside length and type.
    var headers = HTTPHeaders()
    /// The body.
    var body: Body

    /// What the body is made of.
    enum Body: Sendable {
        /// This text.
        case text(String)
        /// As many bytes as said, made up on the way.
        case filler(bytes: Int)
    }

    /// A short text.
    static func text(_ text: String, _ status: HTTPResponseStatus = .ok) -> Self {
        HTTPAnswer(status: status, body: .text(text))
    }
}
