import NIOHTTP1
import Synchronization

/// AWS's instance metadata service, version 2: a token first, then documents.
///
/// Source: AWS EC2 user guide, "Use the Instance Metadata Service to access instance metadata".
final class MetadataService: Sendable {
    private let tree: MetadataTree
    /// Each token with the moment it ends at.
    private let tokens = Mutex<[String: ContinuousClock.Instant]>([:])

    private static let lifetimes = 1...21600
    private static let lifetimeField = "X-aws-ec2-metadata-token-ttl-seconds"
    private static let tokenField = "X-aws-ec2-metadata-token"

    init(tree: MetadataTree) {
        self.tree = tree
    }

    /// Answers one request.
    func answer(_ question: HTTPQuestion) -> HTTPAnswer {
        switch question.method {
        case .PUT where question.path == "/latest/api/token": makeToken(question)
        case .GET: document(question)
        default: .text("", .methodNotAllowed)
        }
    }

    private func makeToken(_ question: HTTPQuestion) -> HTTPAnswer {
        guard let field = question.headers.first(name: Self.lifetimeField),
            let seconds = Int(field), Self.lifetimes.contains(seconds)
        else { return .text("", .badRequest) }
        let token = (0..<4).map { _ in String(UInt64.random(in: 1...UInt64.max), radix: 36) }
            .joined(separator: "-")
        let now = ContinuousClock.now
        tokens.withLock { tokens in
            tokens = tokens.filter { $0.value > now }
            tokens[token] = now + .seconds(seconds)
        }
        var answer = HTTPAnswer.text(token)
        answer.headers.add(name: Self.lifetimeField, value: "\(seconds)")
        return answer
    }

    private func document(_ question: HTTPQuestion) -> HTTPAnswer {
        let token = question.headers.first(name: Self.tokenField) ?? ""
        let end = tokens.withLock { $0[token] }
        guard let end, end > .now else { return .text("", .unauthorized) }
        let prefix = "/latest/"
        guard question.path.hasPrefix(prefix),
            let text = tree.document(String(question.path.dropFirst(prefix.count)))
        else { return .text("", .notFound) }
        return .text(text)
    }
}
