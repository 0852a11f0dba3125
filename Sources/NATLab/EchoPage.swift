import NIOHTTP1

/// The page on the internet that tells callers their address.
enum EchoPage {
    /// `/bytes/N` gives N bytes, every other path the caller's address and a line end.
    static let answer: @Sendable (HTTPQuestion) -> HTTPAnswer = { question in
        guard question.method == .GET else {
            return .text("only GET\n", .methodNotAllowed)
        }
        let filler = "/bytes/"
        if question.path.hasPrefix(filler) {
            guard let bytes = Int(question.path.dropFirst(filler.count)), bytes >= 0 else {
                return .text("not a number of bytes\n", .badRequest)
            }
            return HTTPAnswer(body: .filler(bytes: bytes))
        }
        guard let caller = question.caller else {
            return .text("the caller's address is unknown\n", .internalServerError)
        }
        return .text("\(caller)\n")
    }
}
