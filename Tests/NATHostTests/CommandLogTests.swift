import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct CommandLogTests {
    @Test func `remembers argv, status, complaint and time, and gives what it was given`()
        async throws
    {
        let log = CommandLog(of: SystemRunner())
        let reply = try await log.run(Command("sh", "-c", "sleep 0.05; echo no >&2; exit 3"))
        #expect(reply.status == 3)
        let runs = log.drain()
        #expect(runs.count == 1)
        let run = try #require(runs.first)
        #expect(run.command.arguments.last == "sleep 0.05; echo no >&2; exit 3")
        #expect(run.ending == .exited(3, error: "no"))
        #expect((50_000..<5_000_000).contains(run.microseconds))
        #expect(run.startedAtMilliseconds > 1_700_000_000_000)
        #expect(log.drain().isEmpty)
    }

    @Test func `remembers what gave no reply`() async {
        let log = CommandLog(of: SystemRunner())
        let slow = Command("sleep", "5")
        await #expect(throws: CommandFailure.tooSlow(slow, deadline: .milliseconds(100))) {
            try await log.run(slow, input: nil, deadline: .milliseconds(100))
        }
        _ = try? await log.run(Command("natdeck-no-such-program"))
        #expect(
            log.drain().map(\.ending) == [
                .failed("no answer in 0.1 s"), .failed("natdeck-no-such-program is not installed"),
            ])
    }

    @Test func `is bounded where nobody takes anything`() async throws {
        let log = CommandLog(of: FakeHost(.scenario))
        for _ in 0..<1200 {
            _ = try await log.run(Command("conntrack", "-L", "-s", "10.0.0.1", "--src-nat"))
        }
        #expect((900...1000).contains(log.drain().count))
    }

    @Test func `every reading of the box counts as a reading`() async {
        let log = CommandLog(of: FakeHost(.scenario))
        let fake = FakeHost(.scenario)
        let box = LocalBox(
            runner: log, files: fake, metadata: fake, routing: fake, gate: fake,
            programs: NATPrograms { [(.nfTables, "iptables-nft")] })
        _ = await box.reader.snapshot()
        let runs = log.drain()
        // The kernel is asked for all the rest without a program.
        #expect(runs.map(\.command.program) == ["iptables-nft"])
        #expect(runs.allSatisfy { $0.command.isReading }, "\(runs.map(\.command))")
    }
}
