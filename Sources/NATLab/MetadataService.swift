import NIOHTTP1
import Synchronization

/// The metadata services of the three clouds, each at its own paths and with its own header.
///
/// AWS's is version 2: a token first, then documents. The others' documents stand in the tree too,
/// under `azure/` and `google/`.
///
/// Source: AWS EC2 user guide, "Use the Instance Metadata Service to access instance metadata";
/// Microsoft, "Azure Instance Metadata Service"; Google, "About VM metadata".
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
        case .GET where question.path.hasPrefix("/metadata/"): azureDocument(question)
        case .GET where question.path.hasPrefix("/computeMetadata/v1/"): googleDocument(question)
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

    private func azureDocument(_ question: HTTPQuestion) -> HTTPAnswer {
        guard question.headers.first(name: "Metadata") == "true",
            question.query.hasPrefix("api-version=")
        else { return .text(#"{"error":"Bad request"}"#, .badRequest) }
        let name = question.path.dropFirst("/metadata/".count)
        guard let text = tree.document("azure/\(name)") else {
            return .text(#"{"error":"Not found"}"#, .notFound)
        }
        return .text(text)
    }

    private func googleDocument(_ question: HTTPQuestion) -> HTTPAnswer {
        let field = "Metadata-Flavor"
        guard question.headers.first(name: field) == "Google" else { return .text("", .forbidden) }
        let name = question.path.dropFirst("/computeMetadata/v1/".count)
        guard question.query == "recursive=true", let text = tree.document("google/\(name)") else {
            return .text("", .notFound)
        }
        var answer = HTTPAnswer.text(text)
        answer.headers.add(name: field, value: "Google")
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
