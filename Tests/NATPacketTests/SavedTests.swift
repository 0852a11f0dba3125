import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    private static func write(_ text: String, _ box: BoxUnderTest) async throws {
        try await box.lab.run(
            in: "nat", Command("sh", "-c", "mkdir -p /etc/natdeck; cat > /etc/natdeck/assignments"),
            input: text)
    }

    private static func file(_ box: BoxUnderTest) async throws -> String {
        try await box.lab.output(in: "nat", "cat", "/etc/natdeck/assignments")
    }

    @Test func `applies the file, once`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let text = "# mine\n\n\(Self.hostB)   eth1 # batch\n\(Self.hostA) eth0\n"
            try await Self.write(text, box)
            try await box.done("apply", "--yes")
            #expect(try await box.lab.seenAs("ec2-a") == Self.first)
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            #expect(try await Self.file(box) == text)
            let again = try await box.run("apply", "--yes")
            #expect(again.status == 0)
            #expect(again.output.contains("already as /etc/natdeck/assignments says"))

            try await Self.write("# nobody\n", box)
            try await box.done("apply", "--yes")
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    @Test func `a malformed file is refused by line, and nothing is applied`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await Self.write("\(Self.hostB) eth1\n\nwhat is this\n10.0.0.1\n", box)
            let reply = try await box.run("apply", "--yes")
            #expect(reply.status == 2)
            #expect(reply.error.contains("natdeck: /etc/natdeck/assignments:3: "))
            #expect(reply.error.contains("natdeck: /etc/natdeck/assignments:4: "))
            try await Self.write("\(Self.hostB) eth1\n\(Self.hostA) eth9\n", box)
            let unknown = try await box.run("apply", "--yes")
            #expect(unknown.status == 2)
            #expect(unknown.error.contains("eth9: no such interface"))
            #expect(try await box.state() == before)
        }
    }

    @Test func `keeps by itself, saves by wish`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            #expect(try await Self.file(box).contains("\(Self.hostB)      eth1"))
            try await box.lab.output(
                in: "nat", "ip", "rule", "add", "from", Self.hostA, "lookup", "10001")
            #expect(
                try await box.run("save").output
                    .contains("/etc/natdeck/assignments says so already"))
            let saved = try await box.run("save", "--foreign")
            #expect(saved.output.contains("+ \(Self.hostA) eth1"))
            // What the foreign rule does already is left to it.
            #expect(try await box.run("apply", "--yes").output.contains("already as"))
            try await box.done("undo", "--yes")
            #expect(try await !Self.file(box).contains(Self.hostB))
        }
    }

    @Test func `saves nothing that is not kept yet, and takes nothing out unasked`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes", "--keep-within", "30")
            let early = try await box.run("save")
            #expect(early.status == 2)
            #expect(early.error.contains("awaits its keep"))
            #expect(
                try await box.lab.run(in: "nat", Command("cat", "/etc/natdeck/assignments")).status
                    != 0)
            try await box.done("keep")
            let kept = try await Self.file(box)
            // The rule is lost: saving now must not forget what was kept.
            try await box.lab.output(in: "nat", "ip", "rule", "flush", "protocol", "201")
            try await box.done("save")
            #expect(try await Self.file(box) == kept)
            #expect(try await box.run("save", "--prune").output.contains("- \(Self.hostB) eth1"))
            #expect(try await !Self.file(box).contains(Self.hostB))
        }
    }

    @Test func `what cannot be remembered is not begun`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            try await box.lab.output(in: "nat", "mkdir", "-p", "/etc/natdeck")
            try await box.lab.output(
                in: "nat", "mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "/etc/natdeck")
            let readOnly = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(readOnly.status == 2)
            #expect(readOnly.error.contains("/etc/natdeck/assignments"))
            try await box.lab.output(in: "nat", "umount", "/etc/natdeck")
            try await Self.write("what is this\n", box)
            let malformed = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(malformed.status == 2)
            #expect(malformed.error.contains("/etc/natdeck/assignments:1: "))
            #expect(try await box.run("status").output.contains("/etc/natdeck/assignments:1: "))
            #expect(try await box.state() == before)
        }
    }

    @Test func `a file that is a link is neither followed nor touched`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.lab.output(
                in: "nat", "sh", "-c",
                "mkdir -p /etc/natdeck /etc/kept; echo '# mine' > /etc/kept/file;"
                    + " chmod 640 /etc/kept/file; ln -s /etc/kept/file /etc/natdeck/assignments")
            let reply = try await box.run("assign", Self.hostB, "eth1", "--yes")
            #expect(reply.status == 2)
            #expect(reply.error.contains("/etc/natdeck/assignments"), "\(reply.error)")
            #expect(
                try await box.lab.output(in: "nat", "readlink", "/etc/natdeck/assignments")
                    .contains("/etc/kept/file"))
            #expect(
                try await box.lab.output(in: "nat", "stat", "-c", "%a", "/etc/kept/file")
                    .contains("640"))
            #expect(try await box.lab.output(in: "nat", "cat", "/etc/kept/file") == "# mine\n")
        }
    }

    @Test func `the unit passes systemd's own check, and goes away again`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let shown = try await box.run("service", "install", "--dry-run")
            #expect(shown.output.contains("natdeck.service"))
            let unasked = try await box.run("service", "install")
            #expect(unasked.status == 2)
            #expect(unasked.error.contains("--yes"))
            let installed = try await box.run("service", "install", "--yes")
            #expect(installed.status == 0)
            #expect(installed.output.contains("systemd does not run here"))
            let unit = "/etc/systemd/system/natdeck.service"
            let reply = try await box.lab.run(
                in: "nat", Command("systemd-analyze", "verify", "--man=no", unit))
            #expect(reply.status == 0, "\(reply.error)")
            #expect(!reply.error.contains("natdeck.service"), "\(reply.error)")
            #expect(try await box.run("service", "install").output.contains("nothing to do"))
            try await box.done("service", "remove", "--yes")
            #expect(
                try await box.lab.run(in: "nat", Command("ls", unit)).status != 0)
        }
    }
}
