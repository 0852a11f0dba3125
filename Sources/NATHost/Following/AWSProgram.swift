import NATModel
import NATParse
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

/// The `aws` program, which asks and changes EC2 with the role or the credentials of the box.
///
/// It tries again by itself where it is throttled, and gives up before natdeck does. Its warnings go
/// to standard error and are read only where it fails. See `aws help config-vars`.
struct AWSProgram: Sendable {
    let runner: any CommandRunner
    /// The region where no environment names one; `nil` where the program is to know it.
    let region: String?

    /// A call of many pages takes many seconds.
    static let deadline = Duration.seconds(60)
    private static let options = [
        "--output", "json", "--cli-connect-timeout", "5", "--cli-read-timeout", "20",
    ]

    init(runner: any CommandRunner, region: String?) {
        self.runner = runner
        let isSet = getenv("AWS_REGION") != nil || getenv("AWS_DEFAULT_REGION") != nil
        self.region = isSet ? nil : region
    }

    /// Why there was no answer.
    struct Failure: Error {
        /// What a person should read.
        var failure: ReadFailure
        /// The code of the service's error; `nil` where there is none.
        var code: String?
        /// Whether what was asked for may have been done.
        var mayHaveRun = false
    }

    /// What the command after `aws ec2` answers.
    func ask(_ words: [String]) async throws(ReadFailure) -> [UInt8] {
        let place = region.map { ["--region", $0] } ?? []
        do throws(Failure) {
            return try await answer(to: Command(["aws", "ec2"] + words + place))
        } catch {
            throw error.failure
        }
    }

    /// What a command of the program answers.
    func answer(to command: Command) async throws(Failure) -> [UInt8] {
        let object = Command(Array(command.arguments.prefix(3))).description
        let reply: CommandReply
        do throws(CommandFailure) {
            reply = try await runner.run(
                Command(command.arguments + Self.options), input: nil, deadline: Self.deadline)
        } catch {
            let failure = error.readFailure
            throw Failure(
                failure: ReadFailure(object, failure.reason, fix: failure.fix),
                mayHaveRun: error.mayHaveRun)
        }
        if reply.status == 0 { return reply.output }
        let complaint = AWSComplaint(reply.error.isEmpty ? reply.complaint : reply.error)
        throw Failure(failure: complaint.failure(of: object), code: complaint.code)
    }
}
