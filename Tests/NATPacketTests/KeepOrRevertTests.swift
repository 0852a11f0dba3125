import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    /// Waits until the box is as it was, and gives how long that took.
    static func waitUntil(
        _ box: BoxUnderTest, is before: String, seconds: Int
    ) async throws -> Duration {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(seconds) {
            if try await box.state() == before { return ContinuousClock.now - start }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the box was not restored in \(seconds) s:\n\(try await box.state())")
        return .seconds(seconds)
    }

    /// Expects that no watch over a change runs on the box any more.
    static func expectNoWatch(_ box: BoxUnderTest) async throws {
        for _ in 0..<40 {
            let reply = try await box.lab.run(in: "nat", Command("cat", "/run/natdeck/journal"))
            let watches = try await SystemRunner().run(
                Command("pgrep", "-f", "\(box.natdeck) revert-timer"))
            if reply.status != 0, watches.status != 0 { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("a journal or a watch is left")
    }

    @Test func `a change that is not kept is taken back in time`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let started = ContinuousClock.now
            try await box.done("assign", Self.hostB, "eth1", "--yes", "--keep-within", "3")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let second = try await box.run("assign", Self.hostA, "eth1", "--yes")
            #expect(second.status == 2)
            #expect(second.error.contains("awaits its keep"))
            _ = try await Self.waitUntil(box, is: before, seconds: 8)
            #expect(ContinuousClock.now - started > .seconds(3))
            #expect(ContinuousClock.now - started < .seconds(6))
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await Self.expectNoWatch(box)
            let history = try await box.lab.output(
                in: "nat", "cat", "/var/log/natdeck/history.jsonl")
            #expect(history.contains("\"outcome\":\"reverted\""))
            #expect(history.contains("\"by\":\"timer\""))
        }
    }

    @Test func `a change that is kept stays, and leaves no process behind`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes", "--keep-within", "2")
            try await box.done("keep")
            try await Self.expectNoWatch(box)
            try await Task.sleep(for: .seconds(3))
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.run("keep").status == 2)
        }
    }

    @Test func `natdeck revert takes back at once`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.done("assign", Self.hostB, "eth1", "--yes", "--keep-within", "60")
            try await box.done("revert")
            #expect(try await box.state() == before)
            try await Self.expectNoWatch(box)
        }
    }

    @Test func `a lost terminal and a killed dashboard end with the box as before`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            // A shell in between, as a login has; its end is the end of the session.
            for ending in ["HUP", "KILL"] {
                let command = try box.command(
                    "assign", Self.hostB, "eth1", "--yes", "--keep-within", "3")
                let session = Command("sh", "-c", "\(command.description); echo ready; cat")
                var applied = ContinuousClock.now
                try await Tmux.with(session) { (tmux: Tmux) async throws in
                    try await tmux.wait(forText: "ready")
                    applied = .now
                    #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                    try await tmux.end(with: ending)
                }
                _ = try await Self.waitUntil(box, is: before, seconds: 7)
                #expect(ContinuousClock.now - applied < .seconds(3 + 2), "\(ending)")
                try await Self.expectNoWatch(box)
            }
        }
    }

    @Test(arguments: ["HUP", "KILL"])
    func `the dashboard ended while it waits for the keep`(ending: String) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            _ = try await box.lab.seenAs("ec2-b")
            var applied = ContinuousClock.now
            try await Tmux.with(try box.command("--keep-within", "4"), columns: 120, rows: 40) {
                (tmux: Tmux) async throws in
                try await tmux.wait(forText: Self.hostB)
                try await tmux.press("G", "a")
                try await tmux.wait(forText: "2 eth1")
                try await tmux.press("2")
                try await tmux.wait(forText: "Apply this plan?")
                try await Task.sleep(for: .milliseconds(600))
                try await tmux.press("End", "y")
                try await tmux.wait(forText: "Keep? reverts in")
                applied = .now
                try await tmux.end(with: ending)
            }
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let status = try await box.run("status")
            #expect(status.output.contains("natdeck keep, or natdeck revert"))
            _ = try await Self.waitUntil(box, is: before, seconds: 8)
            #expect(ContinuousClock.now - applied < .seconds(4 + 2))
            try await Self.expectNoWatch(box)
        }
    }

    @Test(arguments: [315_360_000, -315_360_000])
    func `the clock of the day may jump while a change waits`(jump: Int) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await CLibrary.compile("false_clock.c", to: "/run/clock.so", in: box)
            // The watch inherits no variable of natdeck's, but it shares its files.
            try await box.lab.run(
                in: "nat", Command("tee", "/run/preload"), input: "/run/clock.so\n")
            try await box.lab.output(in: "nat", "touch", "/etc/ld.so.preload")
            let script = "mount --bind /run/preload /etc/ld.so.preload && exec \"$@\""
            let started = ContinuousClock.now
            let reply = try await box.lab.run(
                in: "nat",
                Command(
                    "unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh",
                    box.natdeck, "assign", Self.hostB, "eth1", "--yes", "--keep-within", "3"))
            #expect(reply.status == 0, "\(reply.error)")
            let applied = ContinuousClock.now
            try await box.lab.run(in: "nat", Command("tee", "/run/clock"), input: "\(jump)\n")
            _ = try await Self.waitUntil(box, is: before, seconds: 7)
            #expect(ContinuousClock.now - started > .seconds(3))
            #expect(ContinuousClock.now - applied < .seconds(3 + 2))
            try await Self.expectNoWatch(box)
            // The watch did see another time: the history says when the change ended.
            let history = try await box.lab.output(
                in: "nat", "tail", "-n", "1", "/var/log/natdeck/history.jsonl")
            let now = try await box.lab.output(in: "nat", "date", "+\"at\":\"%Y")
            #expect(history.contains("\"by\":\"timer\""))
            #expect(!history.contains(now.strippedOfControls), "\(history)")
        }
    }

    @Test func `moving where an SSH session comes from needs another word`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let ssh = ["env", "SSH_CONNECTION=\(Self.hostB) 40000 172.31.8.207 22", box.natdeck]
            let assign = ["assign", Self.hostB, "eth1", "--yes"]
            let refused = try await box.lab.run(in: "nat", Command(ssh + assign))
            #expect(refused.status == 2)
            #expect(refused.error.contains("--yes-cut-my-session"))
            #expect(try await box.state() == before)
            let other = try await box.lab.run(
                in: "nat", Command(ssh + ["assign", Self.hostA, "eth1", "--yes"]))
            #expect(other.status == 0)
            try await box.done("release", Self.hostA, "--yes")
            try await box.expectOnlyMarks()

            let agreed = try await box.lab.run(
                in: "nat",
                Command(ssh + assign + ["--yes-cut-my-session", "--keep-within", "2"]))
            #expect(agreed.status == 0, "\(agreed.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            _ = try await Self.waitUntil(box, is: before, seconds: 6)
        }
    }

    @Test func `in the dashboard the interface's name is typed for that`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            _ = try await box.lab.seenAs("ec2-b")
            let inner = Command(
                "env", "SSH_CONNECTION=\(Self.hostB) 40000 172.31.8.207 22", box.natdeck)
            let command = try box.lab.entrance(to: "nat").wrap(inner)
            try await Tmux.with(command, columns: 120, rows: 40) { (tmux: Tmux) async throws in
                try await tmux.wait(forText: Self.hostB)
                try await tmux.press("G", "a")
                try await tmux.wait(forText: "2 eth1")
                try await tmux.press("2")
                try await tmux.wait(forText: "Type eth1 and Enter")
                try await Task.sleep(for: .milliseconds(600))
                try await tmux.press("End", "y", "Enter")
                try await tmux.wait(forText: "type eth1 to go on")
                #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                try await tmux.press("BSpace", "e", "t", "h", "1", "Enter")
                try await tmux.wait(forText: "Keep? reverts in")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                try await tmux.press("R")
                try await tmux.wait(forText: "← taken back")
                #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            }
        }
    }
}
