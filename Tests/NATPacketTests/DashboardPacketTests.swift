import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    @Test func `moves a host by keys in the dashboard, and back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            // The neighbour table knows a host once it has spoken.
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            try await Tmux.with(try box.command()) { (tmux: Tmux) async throws in
                try await tmux.wait(forText: Self.hostB)
                try await tmux.press("/", "1", "7", "6", "Enter", "g", "a")
                try await tmux.wait(forText: "2 eth1")
                try await tmux.press("2")
                try await tmux.wait(forText: "Apply this plan?")
                // The dialog drops what accepts for its first 400 ms, and is read to its end.
                try await Task.sleep(for: .milliseconds(600))
                try await tmux.press("End")
                try await tmux.wait(forText: "ip rule del priority 5000 from \(Self.hostB)")
                try await tmux.press("y")
                try await tmux.wait(forText: "Keep? reverts in")
                try await tmux.wait(forText: "rule 5000 ●")
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
                #expect(try await box.lab.seenAs("ec2-a") == Self.first)
                try await tmux.press("K")
                try await tmux.wait(forText: "✓ kept")

                try await tmux.press("d")
                try await tmux.wait(forText: "Apply this plan?")
                try await Task.sleep(for: .milliseconds(600))
                try await tmux.press("End", "y")
                try await tmux.wait(for: "the release") {
                    $0.contains("Keep?") && $0.contains("will leave by eth0 again")
                }
                try await tmux.press("K")
                try await tmux.wait(forText: "✓ kept")
                #expect(try await box.lab.seenAs("ec2-b") == Self.first)
                try await box.expectOnlyMarks()
                #expect(try await box.state() == before)
                try await tmux.press("q")
                try await tmux.wait(for: "the end", seconds: 3) { $0.isEmpty }
                #expect(try await !tmux.isRunning())
            }
        }
    }

    @Test func `shows hosts by name or number, and an interface with its traffic`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            _ = try await box.lab.seenAs("ec2-b")
            try await Tmux.with(try box.command("--readonly")) { (tmux: Tmux) async throws in
                try await tmux.wait(forText: Self.hostB)
                try await tmux.wait(forText: "ec2-b")
                try await tmux.press("N")
                try await tmux.wait(for: "numbers alone") { !$0.contains("ec2-b") }
                try await tmux.press("N")
                try await tmux.wait(for: "the name beside the number") { screen in
                    screen.split(separator: "\n").contains {
                        $0.contains(Self.hostB) && $0.contains(" ec2-b ")
                    }
                }
                try await tmux.press("BTab", "Enter")
                try await tmux.wait(forText: "● eth0  1 of 2")
                try await tmux.wait(forText: "\(Self.hostB) ec2-b")
                try await tmux.wait(forText: "seen as \(Self.first) (metadata)")
                try await tmux.press("Right")
                try await tmux.wait(forText: "● eth1  2 of 2")
            }
        }
    }

    @Test func `--readonly changes nothing whatever is pressed`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            _ = try await box.lab.seenAs("ec2-b")
            try await Tmux.with(try box.command("--readonly")) { (tmux: Tmux) async throws in
                try await tmux.wait(forText: Self.hostB)
                try await tmux.press("a", "Enter", "y", "End", "y", "d", "Enter", "y")
                try await Task.sleep(for: .seconds(1))
                #expect(try await tmux.screen().lowercased().contains("read"))
                #expect(try await box.state() == before)
            }
        }
    }

    @Test func `a plan for a box that changed meanwhile is stale`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let command = try box.command("assign", Self.hostB, "eth1")
            let script = Command(
                "sh", "-c", "\(command.description); echo status $?; sleep 60")
            try await Tmux.with(script) { (tmux: Tmux) async throws in
                try await tmux.wait(forText: "Do it? [y/N]")
                try await box.lab.output(
                    in: "nat", "ip", "rule", "add", "from", Self.hostB, "lookup", "10001")
                let before = try await box.state()
                try await tmux.press("y", "Enter")
                try await tmux.wait(forText: "status 4")
                #expect(try await box.state() == before)
            }
        }
    }

    @Test func `asked on a terminal, anything but yes touches nothing`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let command = try box.command("assign", Self.hostB, "eth1")
            let script = Command(
                "sh", "-c", "\(command.description); echo status $?; sleep 60")
            try await Tmux.with(script) { (tmux: Tmux) async throws in
                try await tmux.wait(forText: "Do it? [y/N]")
                try await tmux.press("Enter")
                try await tmux.wait(forText: "status 2")
                #expect(try await box.state() == before)
            }
        }
    }

    @Test func `natdeck without a terminal prints the status`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let reply = try await box.run()
            #expect(reply.status == 0)
            #expect(reply.output.contains("EGRESS"))
            #expect(!reply.output.contains("\u{1b}"))
        }
    }
}
