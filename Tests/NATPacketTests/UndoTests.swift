import NATLab
import NATModel
import Testing

extension PacketTests {
    @Test func `undoes the last change that stands, and then the one before`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            #expect(try await box.run("undo", "--yes").status == 2)
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let moved = try await box.state()
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            try await box.done("undo", "--yes")
            #expect(try await box.state() == moved)
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("undo", "--yes")
            #expect(try await box.lab.seenAs("ec2-b") == Self.first)
            let nothing = try await box.run("undo", "--yes")
            #expect(nothing.status == 2)
            #expect(nothing.error.contains("no change stands"))

            let history = try await box.run("history")
            #expect(history.output.contains("kept by operator"))
            #expect(history.output.split(separator: "\n").count >= 5)
            let lines = try await box.run("history", "--json").output.split(separator: "\n")
            #expect(lines.count == 4)
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `undo brings a host back to the interface it left by before`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let moved = try await box.state()
            try await box.done("release", Self.hostB, "--yes")
            try await box.done("undo", "--yes")
            #expect(try await box.state() == moved)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
        }
    }

    @Test func `undo brings back what setup --remove took, and what it made`() async throws {
        try await BoxUnderTest.with(.scenario.bare) { (box: BoxUnderTest) async throws in
            let bare = try await box.state()
            try await box.done("setup", "--yes")
            let prepared = try await box.state()
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let assigned = try await box.state()
            try await box.done("setup", "--remove", "--yes")
            #expect(try await box.state() == bare)
            try await box.done("undo", "--yes")
            #expect(try await box.state() == assigned)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            try await box.done("undo", "--yes")
            #expect(try await box.state() == prepared)
            try await box.done("undo", "--yes")
            #expect(try await box.state() == bare)
        }
    }

    @Test func `undo takes back what the doctor mended`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await box.lab.output(
                in: "nat", "ip", "route", "del", "unreachable", "default", "table", "20001",
                "metric", "4294967295")
            let before = try await box.state()
            try await box.done("doctor", "--fix", "table-without-backstop", "--yes")
            #expect(try await box.state() != before)
            try await box.done("undo", "--yes")
            #expect(try await box.state() == before)
        }
    }

    @Test func `a line of the history that is cut short spoils no other`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            let path = "/var/log/natdeck/history.jsonl"
            let tear = "printf '{\"at\":\"2026' >> \(path)"
            try await box.lab.output(in: "nat", "sh", "-c", tear)
            let unsure = try await box.run("undo", "--yes")
            #expect(unsure.status == 2)
            #expect(unsure.error.contains("cannot be read"))
            try await box.done("assign", Self.hostA, "eth1", "--yes")
            #expect(try await box.run("history").error.contains("1 lines cannot be read"))
            try await box.done("undo", "--yes")
            try await box.done("undo", "--yes")
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `u in the dashboard opens the plan that undoes`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            try await Tmux.with(try box.command(), columns: 120, rows: 40) {
                (tmux: Tmux) async throws in
                try await tmux.wait(for: "the whole box") {
                    $0.contains(Self.hostB) && $0.contains("2 NICs")
                }
                try await tmux.press("u")
                try await tmux.wait(forText: "will leave by eth0 again")
                try await Task.sleep(for: .milliseconds(600))
                try await tmux.press("End", "y")
                try await tmux.wait(forText: "Keep? reverts in")
                try await tmux.press("K")
                try await tmux.wait(forText: "✓ kept")
            }
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `what is begun and fails is in the history with its reason`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "ip", "rule", "add", "priority", "100", "to", "192.0.0.0/7", "lookup",
                "main")
            #expect(try await box.run("assign", Self.hostB, "eth1", "--yes").status == 1)
            let history = try await box.run("history")
            #expect(history.output.contains("rolledBack by failure"))
        }
    }
}
