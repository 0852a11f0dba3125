import Glibc
import NATHost
import NATModel
import Testing

/// These run real programs, as natdeck does.
@Suite struct SystemRunnerTests {
    private let runner = SystemRunner()

    private func shell(
        _ script: String, input: String? = nil, deadline: Duration = .seconds(10)
    ) async throws(CommandFailure) -> CommandReply {
        try await runner.run(Command("sh", "-c", script), input: input, deadline: deadline)
    }

    private func text(_ reply: CommandReply) -> String {
        String(decoding: reply.output, as: UTF8.self)
    }

    @Test func `gives output, error and status`() async throws {
        let reply = try await shell("echo out; echo err >&2; exit 3")
        #expect(reply.status == 3)
        #expect(text(reply) == "out\n")
        #expect(reply.error == "err")
    }

    @Test func `a signal gives 128 and its number`() async throws {
        #expect(try await shell("kill -TERM $$").status == 143)
    }

    @Test func `speaks the C locale`() async throws {
        #expect(text(try await shell("echo $LC_ALL")) == "C\n")
    }

    @Test func `standard input is empty unless something is given`() async throws {
        #expect(text(try await shell("cat; echo end")) == "end\n")
        #expect(
            text(try await shell("cat; echo end", input: "two\nlines\n")) == "two\nlines\nend\n")
    }

    @Test func `sees how a child ended, also below a parent that ignores SIGCHLD`() async throws {
        signal(SIGCHLD, SIG_IGN)
        defer { signal(SIGCHLD, SIG_DFL) }
        let reply = try await SystemRunner().run(
            Command("sh", "-c", "exit 3"), input: nil, deadline: .seconds(10))
        #expect(reply.status == 3)
    }

    @Test func `keeps arguments whole`() async throws {
        let words = ["", "two words", "$HOME", "a'b", "*", "-n"]
        let reply = try await runner.run(Command(["printf", "<%s>"] + words))
        #expect(text(reply) == "<><two words><$HOME><a'b><*><-n>")
    }

    @Test func `takes 10 MB of output`() async throws {
        let reply = try await shell("head -c 10485760 /dev/zero")
        #expect(reply.output.count == 10_485_760)
    }

    @Test func `output without end is a failure, not half a reply`() async throws {
        let runner = SystemRunner(outputLimit: 1 << 20)
        for script in ["yes", "yes; true", "yes >&2; true"] {
            let command = Command("sh", "-c", script)
            await #expect(
                throws: CommandFailure.interrupted(command, reason: "File too large")
            ) {
                try await runner.run(command, input: nil, deadline: .seconds(20))
            }
        }
    }

    @Test func `many at once end at their own deadlines`() async throws {
        let clock = ContinuousClock()
        let begun = clock.now
        let ends = await withTaskGroup(of: (Int, Duration, CommandFailure?).self) { group in
            for tenths in [9, 3, 6, 30] {
                group.addTask {
                    do throws(CommandFailure) {
                        _ = try await runner.run(
                            Command("sleep", tenths == 30 ? "0.1" : "60"), input: nil,
                            deadline: .milliseconds(100 * tenths))
                        return (tenths, clock.now - begun, nil)
                    } catch {
                        return (tenths, clock.now - begun, error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for (tenths, took, failure) in ends where tenths != 30 {
            let deadline = Duration.milliseconds(100 * tenths)
            #expect(failure == .tooSlow(Command("sleep", "60"), deadline: deadline))
            #expect(took >= deadline)
        }
        #expect(ends.first { $0.0 == 30 }?.2 == nil)
        // In the order of their deadlines, whichever began first.
        #expect(ends.map(\.0).filter { $0 != 30 } == [3, 6, 9])
    }

    @Test func `kills the child of a task that is cancelled`() async throws {
        let family = Family()
        let command = Command("sh", "-c", family.script("wait"))
        let task = Task { () async -> CommandFailure? in
            do throws(CommandFailure) {
                _ = try await runner.run(command, input: nil, deadline: .seconds(60))
                return nil
            } catch { return error }
        }
        #expect(await family.isBorn)
        task.cancel()
        let failure = try #require(await task.value)
        #expect(failure.mayHaveRun)
        #expect(await family.isGone)
    }

    @Test func `a program that was not started has done nothing, one that was may have`() async {
        let missing = Command("no-such-program-of-natdeck")
        #expect(!CommandFailure.missing(missing).mayHaveRun)
        #expect(!CommandFailure.notStarted(missing, reason: "").mayHaveRun)
        #expect(CommandFailure.tooSlow(missing, deadline: .seconds(1)).mayHaveRun)
        #expect(CommandFailure.interrupted(missing, reason: "").mayHaveRun)
    }

    @Test func `strips control characters from errors`() async throws {
        #expect(try await shell("printf '\\033[2Jbad\\n' >&2").error == "[2Jbad")
    }

    @Test func `kills a child that hangs`() async throws {
        try await expectTooSlow("exec sleep 60")
    }

    @Test func `kills what a child that hangs has started`() async throws {
        let family = Family()
        try await expectTooSlow(family.script("wait"))
        #expect(await family.isGone)
    }

    @Test func `is not held up by a grandchild that keeps the output open`() async throws {
        try await expectTooSlow("sleep 60 & sleep 60")
    }

    @Test func `is not held up by a child that ignores SIGTERM`() async throws {
        try await expectTooSlow("trap '' TERM INT HUP; while :; do sleep 1; done")
    }

    private func expectTooSlow(_ script: String) async throws {
        let deadline = Duration.milliseconds(300)
        // None of them would end by itself.
        await #expect(
            throws: CommandFailure.tooSlow(Command("sh", "-c", script), deadline: deadline)
        ) {
            try await shell(script, deadline: deadline)
        }
    }

    @Test func `names a program that is missing`() async throws {
        let command = Command("no-such-program-of-natdeck")
        await #expect(throws: CommandFailure.missing(command)) { try await runner.run(command) }
    }

    @Test func `does not start a file that is no program`() async throws {
        let command = Command("/etc/passwd")
        await #expect(throws: CommandFailure.missing(command)) { try await runner.run(command) }
    }

    @Test func `says what would install a missing program`() {
        let failure = CommandFailure.missing(Command("conntrack", "-L")).readFailure
        #expect(failure.description == "conntrack -L: conntrack is not installed")
        #expect(failure.fix == "apt-get install conntrack")
    }

    @Test func `points at the xtables lock where iptables is too slow`() {
        let command = Command("iptables-legacy", "-t", "nat", "-nvxL")
        let failure = CommandFailure.tooSlow(command, deadline: .seconds(5)).readFailure
        #expect(failure.reason == "no answer in 5 s")
        #expect(failure.fix?.contains("xtables.lock") == true)
        let short = CommandFailure.tooSlow(command, deadline: .milliseconds(300)).readFailure
        #expect(short.reason == "no answer in 0.3 s")
    }
}

/// A child and a grandchild that tell their numbers, and that nothing but a signal ends.
private final class Family: Sendable {
    private let file = "/tmp/natdeck-family-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

    deinit { unlink(file) }

    /// A script of the child.
    func script(_ end: String) -> String {
        "sleep 600 & echo $$ $! > \(file).new; mv \(file).new \(file); \(end)"
    }

    private var members: [Int] {
        guard let bytes = try? SystemFiles().read(file) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
            .compactMap { Int($0) }
    }

    /// Whether both live.
    var isBorn: Bool {
        get async { await holds { $0.count == 2 && $0.allSatisfy(Self.isAlive) } }
    }

    /// Whether both have lived, and neither does any more.
    var isGone: Bool {
        get async { await holds { $0.count == 2 && !$0.contains(where: Self.isAlive) } }
    }

    /// Waits for it, ten seconds at the most.
    private func holds(_ condition: ([Int]) -> Bool) async -> Bool {
        for _ in 0..<500 {
            if condition(members) { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// One that has ended and was not waited for is dead.
    private static func isAlive(_ process: Int) -> Bool {
        guard let bytes = try? SystemFiles().read("/proc/\(process)/stat") else { return false }
        let state = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.first {
            $0 != " "
        }
        return state != "Z"
    }
}
