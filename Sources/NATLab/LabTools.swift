import NATHost
import NATModel

/// Runs the programs that build a lab, and takes a status other than 0 for a failure.
struct LabTools: Sendable {
    /// Every program gets this long.
    static let deadline = Duration.seconds(20)

    private let runner = SystemRunner()

    /// Runs a program that has to succeed.
    @discardableResult
    func require(_ words: String...) async throws(LabError) -> CommandReply {
        try await require(Command(words))
    }

    /// Runs a program that has to succeed.
    @discardableResult
    func require(_ command: Command, input: String? = nil) async throws(LabError) -> CommandReply {
        let reply = try await run(command, input: input)
        guard reply.status == 0 else { throw LabError(command, reply) }
        return reply
    }

    /// Deletes a network namespace.
    ///
    /// A builder that was killed may have had an `ip netns add` that goes on for a moment, and keeps
    /// its file busy.
    func deleteNamespace(_ name: String) async throws(LabError) {
        let delete = Command("ip", "netns", "delete", name)
        for _ in 0..<40 {
            let reply = try await run(delete)
            if reply.status == 0 { return }
            guard reply.error.contains("busy") else { throw LabError(delete, reply) }
            try? await Task.sleep(for: .milliseconds(25))
        }
        try await require(delete)
    }

    /// Runs a program whose status the caller looks at.
    func run(_ command: Command, input: String? = nil) async throws(LabError) -> CommandReply {
        do {
            return try await runner.run(command, input: input, deadline: Self.deadline)
        } catch {
            throw LabError(error)
        }
    }
}
