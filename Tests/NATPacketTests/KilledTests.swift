import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    /// Takes NAT off the second interface, so that a plan has a step of iptables.
    private static func uncoverSecond(
        _ box: BoxUnderTest, _ program: String = "iptables"
    ) async throws {
        try await box.lab.output(
            in: "nat", program, "-t", "nat", "-D", "POSTROUTING", "-o", "eth1", "-s",
            "172.31.0.0/16", "-j", "MASQUERADE")
    }

    /// Kills natdeck at every change of a subcommand, and has it taken back.
    private static func expectRecovery(_ box: BoxUnderTest, _ words: [String]) async throws {
        let before = try await box.state()
        try await Saboteur.killEverywhere(box, words) { number in
            try await expectTold(box)
            try await box.done("recover", "--yes")
            #expect(try await box.state() == before, "\(words): change \(number)")
            #expect(try await box.run("recover", "--yes").status == 0)
        } done: {
            // It went through at last; the next round begins where this one did.
            switch words.first {
            case "assign":
                try await box.done("release", words[1], "--yes")
                try await box.expectOnlyMarks()
            case "release": try await box.done("assign", words[1], "eth1", "--yes")
            default: try await box.done("setup", "--remove", "--yes")
            }
            #expect(try await box.state() == before)
        }
    }

    /// Expects that every subcommand tells of the change that was not finished, and none begins.
    private static func expectTold(_ box: BoxUnderTest) async throws {
        let status = try await box.run("status")
        #expect(status.output.contains("natdeck recover"))
        for other in [["history"], ["service", "install", "--dry-run"]] {
            let told = try await box.lab.run(in: "nat", Command([box.natdeck] + other))
            #expect(told.error.contains("natdeck recover"), "\(other)")
        }
        let next = try await box.run("assign", hostA, "eth1", "--yes")
        #expect(next.status == 2)
        #expect(next.error.contains("was not finished"))
    }

    @Test func `killed at any step of setup, recover takes it back`() async throws {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            try await Self.expectRecovery(box, ["setup"])
        }
    }

    @Test func `killed at any step of assign, recover takes it back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.uncoverSecond(box)
            try await Self.expectRecovery(box, ["assign", Self.hostB, "eth1"])
        }
    }

    @Test func `killed at any step of release, recover takes it back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Self.uncoverSecond(box)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await Self.expectRecovery(box, ["release", Self.hostB])
        }
    }

    @Test func `a killed change can be finished too`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let words = ["assign", Self.hostB, "eth1"]
            #expect(try await Saboteur.kill(box, words, at: 1, .killBefore))
            try await Self.expectTold(box)
            try await box.done("recover", "--yes", "--finish")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
        }
    }

    @Test func `killed while a change is to be kept, its watch takes it back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Saboteur.arm(box, at: 3, .killAfter)
            let reply = try await Saboteur.run(
                box, ["assign", Self.hostB, "eth1", "--yes", "--keep-within", "30"])
            #expect(reply.status == 137)
            _ = try await Self.waitUntil(box, is: before, seconds: 5)
            try await Self.expectNoWatch(box)
        }
    }

    @Test func `two natdecks at once: the second says who is at it`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let holder = Task {
                try await box.lab.run(
                    in: "nat",
                    Command(
                        "sh", "-c",
                        "mkdir -p /run/natdeck; echo 'ann (process 99)' > /run/natdeck/lock;"
                            + " exec flock /run/natdeck/lock sleep 5"))
            }
            try await Task.sleep(for: .milliseconds(300))
            let before = try await box.state()
            let reply = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(reply.status == 2)
            #expect(reply.error.contains("another natdeck is changing this box"))
            #expect(reply.error.contains("ann (process 99)"))
            #expect(try await box.state() == before)
            _ = try await holder.value
        }
    }

    @Test func `who comes second waits a moment for the first`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let holder = Task {
                try await box.lab.run(
                    in: "nat",
                    Command(
                        "sh", "-c",
                        "mkdir -p /run/natdeck; echo 'ann (process 99)' > /run/natdeck/lock;"
                            + " exec flock /run/natdeck/lock sleep 1"))
            }
            try await Task.sleep(for: .milliseconds(300))
            let begun = ContinuousClock.now
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(ContinuousClock.now - begun > .milliseconds(400))
            _ = try await holder.value
        }
    }

    @Test func `a full or read-only disk under the journal: nothing is applied`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            for options in ["size=4k", "ro"] {
                try await box.lab.output(in: "nat", "mkdir", "-p", "/run/natdeck")
                try await box.lab.output(
                    in: "nat", "mount", "-t", "tmpfs", "-o", options, "tmpfs", "/run/natdeck")
                if options != "ro" {
                    _ = try await box.lab.run(
                        in: "nat",
                        Command("dd", "if=/dev/zero", "of=/run/natdeck/filler", "bs=4k", "count=1"))
                }
                let reply = try await box.run("assign", Self.hostB, "eth1", "--yes")
                #expect(reply.status == 2, "\(options): \(reply.error)")
                #expect(reply.error.contains("/run/natdeck"))
                #expect(reply.error.contains("nothing was applied"))
                #expect(try await box.state() == before)
                try await box.lab.output(in: "nat", "umount", "/run/natdeck")
            }
        }
    }

    @Test func `a corrupt journal is moved aside, and nothing is applied`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.lab.output(in: "nat", "mkdir", "-p", "/run/natdeck")
            try await box.lab.run(
                in: "nat", Command("tee", "/run/natdeck/journal"), input: "{\"id\": \"cut sh")
            #expect(try await box.run("status").output.contains("corrupt"))
            let reply = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(reply.status == 2)
            #expect(reply.error.contains("it is now /run/natdeck/journal.corrupt-"))
            #expect(try await box.state() == before)
            #expect(
                try await box.lab.output(
                    in: "nat", "sh", "-c", "cat /run/natdeck/journal.corrupt-*")
                    == "{\"id\": \"cut sh")
            // Whoever asks for it by name is told, too.
            try await box.lab.run(
                in: "nat", Command("tee", "/run/natdeck/journal"), input: "nonsense")
            let recovered = try await box.run("recover", "--yes")
            #expect(recovered.status == 2)
            #expect(recovered.error.contains("corrupt"))
            #expect(try await box.state() == before)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
        }
    }

    @Test func `the interface disappears between the plan and its yes`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let command = try box.command("assign", Self.hostB, "eth1")
            let script = Command("sh", "-c", "\(command.description); echo status $?; sleep 60")
            try await Tmux.with(script) { (tmux: Tmux) async throws in
                try await tmux.wait(forText: "Do it? [y/N]")
                try await box.lab.output(in: "nat", "ip", "link", "del", "eth1")
                let before = try await box.state()
                try await tmux.press("y", "Enter")
                try await tmux.wait(forText: "no such interface")
                try await tmux.wait(forText: "status 2")
                #expect(try await box.state() == before)
            }
        }
    }

    @Test func `an xtables lock taken between the plan and its step rolls the change back`()
        async throws
    {
        var topology = Topology.scenario
        topology.backend = .legacy
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            try await Self.uncoverSecond(box, "iptables-legacy")
            let before = try await box.state()
            // The plan reads the nat table before its first step, which is NAT: the lock is taken
            // in between, by the program that the step would run.
            try await Saboteur.arm(box, at: 1, .lockXtables)
            let reply = try await Saboteur.run(box, ["assign", Self.hostB, "eth1", "--yes"])
            #expect(reply.status == 1, "\(reply.error)")
            #expect(reply.error.contains("xtables lock"), "\(reply.error)")
            try await box.lab.run(
                in: "nat", Command("flock", "/run/xtables.lock", "true"), deadline: .seconds(15))
            #expect(try await box.state() == before)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    @Test func `Ctrl-Z does not leave a change half done`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Saboteur.arm(box, at: 3, .stopBefore)
            let reply = try await Saboteur.run(box, ["assign", Self.hostB, "eth1", "--yes"])
            #expect(reply.status == 0, "\(reply.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    @Test func `an xtables lock held for ten seconds fails the change and leaves no trace`()
        async throws
    {
        var topology = Topology.scenario
        topology.backend = .legacy
        try await BoxUnderTest.with(topology) { (box: BoxUnderTest) async throws in
            try await Self.uncoverSecond(box, "iptables-legacy")
            let before = try await box.state()
            let holder = Task {
                try await box.lab.run(
                    in: "nat", Command("flock", "/run/xtables.lock", "sleep", "10"),
                    deadline: .seconds(15))
            }
            try await Task.sleep(for: .milliseconds(300))
            let reply = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(reply.status == 2)
            #expect(reply.error.contains("xtables lock"))
            _ = try await holder.value
            #expect(try await box.state() == before)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    /// Writes as many assignments as there are sources, and covers all of them by one rule.
    private static func prepareMany(_ box: BoxUnderTest, _ count: Int) async throws -> Int {
        let lines = (0..<count).map { "10.9.\($0 / 250).\($0 % 250 + 1) eth1\n" }.joined()
        try await box.lab.output(in: "nat", "mkdir", "-p", "/etc/natdeck")
        try await box.lab.run(
            in: "nat", Command("tee", "/etc/natdeck/assignments"), input: lines)
        try await box.lab.output(
            in: "nat", "iptables", "-t", "nat", "-A", "POSTROUTING", "-s", "10.9.0.0/16", "-o",
            "eth1", "-j", "MASQUERADE")
        return count
    }

    /// Starts a change in the background and sends it a signal once so many steps are taken.
    private static func signal(
        _ box: BoxUnderTest, _ name: String, after steps: Int, _ words: [String]
    ) async throws -> String {
        // What a shell starts in the background ignores SIGINT, and natdeck then leaves it so.
        let script = """
            env --default-signal=INT "$@" > /tmp/said 2>&1 < /dev/null & pid=$!
            while kill -0 $pid 2> /dev/null; do
                set -- $(cat /run/natdeck/progress 2> /dev/null)
                if [ "$5" = applying ] && [ "${6:-0}" -ge \(steps) ]; then
                    kill -\(name) $pid; break
                fi
            done
            wait $pid; echo "status $?"; cat /tmp/said
            """
        let reply = try await box.lab.run(
            in: "nat", Command(["sh", "-c", script, "sh", box.natdeck] + words),
            deadline: .seconds(60))
        return String(decoding: reply.output, as: UTF8.self)
    }

    @Test func `killed in the middle of thousands, all is taken back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let count = try await Self.prepareMany(box, 3000)
            let before = try await box.state()
            let said = try await Self.signal(box, "KILL", after: count / 3, ["apply", "--yes"])
            #expect(said.hasPrefix("status 137"), "\(said)")
            #expect(try await box.state() != before)
            try await box.done("recover", "--yes")
            #expect(try await box.state() == before)
            try await box.done("apply", "--yes")
            #expect(try await box.run("status").output.contains("10.9.11.250"))
        }
    }

    @Test(arguments: ["TERM", "INT", "HUP"])
    func `told to stop in the middle of thousands, it takes back what was done`(
        name: String
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let count = try await Self.prepareMany(box, 3000)
            let before = try await box.state()
            let said = try await Self.signal(box, name, after: count / 3, ["apply", "--yes"])
            #expect(said.hasPrefix("status 1\n"), "\(said)")
            #expect(said.contains("it was told to stop"))
            #expect(try await box.state() == before)
            #expect(try await box.run("history").output.contains("rolledBack"))
        }
    }
}
