import Glibc
import NATHost
import NATLab
import NATModel
import Testing

/// What becomes of standard output that does not take all.
@Suite struct StandardStreamTests {
    /// Runs a line of shell in which `$0` is natdeck.
    private static func shell(_ line: String) async throws -> (status: Int32, error: String) {
        let command = try Command("bash", "-c", line, LabExecutable.natdeck())
        let reply = try await SystemRunner().run(command, input: nil, deadline: .seconds(20))
        return (reply.status, reply.error)
    }

    @Test(arguments: ["status", "status --json", "doctor", "doctor --json", "history"])
    func `a full disk is told, and is no success`(command: String) async throws {
        let reply = try await Self.shell("\"$0\" \(command) > /dev/full")
        #expect(reply.status == 1, "\(reply.error)")
        #expect(
            reply.error.contains(
                "natdeck: standard output: No space left on device: not all was written"))
    }

    @Test(.enabled("perl is not installed") { access("/usr/bin/perl", X_OK) == 0 })
    func `a slow reader of a small pipe that does not block gets all of it`() async throws {
        // 1031 is F_SETPIPE_SZ: the pipe holds less than natdeck writes.
        let nonBlocking =
            "fcntl(STDOUT, 1031, 4096); fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV"
        let whole = try await Self.shell("\"$0\" doctor --json | wc -c >&2")
        let slow = try await Self.shell(
            "set -o pipefail; perl -MFcntl -e '\(nonBlocking)' \"$0\" doctor --json"
                + " | { sleep 0.5; wc -c >&2; }")
        #expect(slow.status == 0)
        #expect(slow.error == whole.error)
        #expect((Int(slow.error.strippedOfControls) ?? 0) > 4096)
    }
}
