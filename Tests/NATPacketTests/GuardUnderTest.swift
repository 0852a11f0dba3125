import Glibc
import NATHost
import NATLab
import NATModel
import Testing

/// A guard that runs on the box.
struct GuardUnderTest {
    let box: BoxUnderTest
    let process: pid_t
    private static let log = "/var/log/guard.log"

    /// Runs `body` beside a guard, and ends the guard by SIGTERM whatever happens.
    ///
    /// - Parameters:
    ///   - program: what starts the guard in its own place, such as setpriv(1).
    ///   - options: options of the guard.
    static func with(
        _ box: BoxUnderTest, under program: String = "", options: String = "",
        _ body: (GuardUnderTest) async throws -> Void
    ) async throws {
        let text = try await box.lab.output(
            in: "nat", "sh", "-c",
            ": > \(log); setsid \(program) \"$0\" guard \(options) > \(log) 2>&1 < /dev/null & echo $!",
            box.natdeck)
        let process = try #require(pid_t(text.strippedOfControls))
        let keeper = GuardUnderTest(box: box, process: process)
        do {
            try await keeper.wait(forNews: "watching over", seconds: 10)
            try await body(keeper)
        } catch {
            print(try await keeper.news())
            kill(process, SIGKILL)
            throw error
        }
        kill(process, SIGTERM)
        for _ in 0..<200 where kill(process, 0) == 0 {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(kill(process, 0) != 0, "the guard did not end")
        kill(process, SIGKILL)
    }

    /// What the guard has told.
    func news() async throws -> String {
        try await box.lab.output(in: "nat", "cat", Self.log)
    }

    /// Waits until the guard has told this.
    func wait(forNews text: String, seconds: Int = 30) async throws {
        for _ in 0..<(seconds * 20) {
            if try await news().contains(text) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the guard did not tell «\(text)» but:\n\(try await news())")
    }

    /// Does harm to the box, and waits until this shell command succeeds.
    ///
    /// - Returns: how long that took from when the harm was done.
    @discardableResult
    func restores(
        _ what: String, after harm: String, once condition: String
    ) async throws -> Duration {
        try await box.lab.output(in: "nat", "sh", "-e", "-c", harm)
        let began = ContinuousClock.now
        let reply = try await box.lab.run(
            in: "nat", Command("sh", "-c", "until \(condition); do sleep 0.02; done"),
            deadline: .seconds(60))
        let took = ContinuousClock.now - began
        // It verifies what it put back; the next harm is another story.
        try await box.lab.run(
            in: "nat",
            Command(
                "sh", "-c",
                // It notes what it made a moment later: what changes in between counts as its own.
                "while [ -e /run/natdeck/journal ]; do sleep 0.02; done; sleep 0.3"))
        #expect(reply.status == 0)
        print("guard: \(what) restored after \(took)")
        return took
    }
}
