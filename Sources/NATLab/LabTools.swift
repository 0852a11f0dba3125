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

    /// Runs a program whose status the caller looks at.
    func run(_ command: Command, input: String? = nil) async throws(LabError) -> CommandReply {
        do {
            return try await runner.run(command, input: input, deadline: Self.deadline)
        } catch {
            throw LabError(error)
        }
    }
}
