import Foundation
import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// Scripts: what they may say, what they ask for, and that the program plays them.
@Suite struct ScriptTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    private func player(_ text: String, snapshots: Int = 2) throws -> ScriptPlayer {
        var player = ScriptPlayer(
            DashboardState(size: Size(columns: 80, rows: 24), makePlan: SamplePlan.make))
        for line in try Script(text).lines {
            try player.play(line) { path throws(ReadFailure) in
                guard path == "box" else { throw ReadFailure(path, "there is no such file") }
                return (0..<snapshots).map { SampleBox.snapshot(seconds: UInt64($0)) }
            }
        }
        return player
    }

    private func fault(_ text: String) -> ScriptError? {
        do {
            _ = try player(text)
            return nil
        } catch {
            return error as? ScriptError
        }
    }

    @Test func `a line is one thing, and a comment is none`() throws {
        let script = try Script(
            """
            # nothing

              key j Ctrl-L F10 Space PgDn Shift-Tab #
            type a b 
            wait 400ms
            wait 2s
            resize 40x10
            dump
            """)
        #expect(script.lines.map(\.number) == [3, 4, 5, 6, 7, 8])
        #expect(
            script.lines.map(\.instruction) == [
                .keys([
                    .character("j"), .control("l"), .function(10), .character(" "), .pageDown,
                    .backTab, .character("#"),
                ]),
                .keys([.character("a"), .character(" "), .character("b"), .character(" ")]),
                .wait(milliseconds: 400), .wait(milliseconds: 2000),
                .resize(Size(columns: 40, rows: 10)), .dump(title: ""),
            ])
    }

    @Test(arguments: [
        ("\n\nhello", 3, "hello is not known"), ("key", 1, "which key?"),
        ("key j jj", 1, "jj is no key"), ("key F13", 1, "F13 is no key"),
        ("wait", 1, "wait how long?"), ("wait -1s", 1, "wait how long?"),
        ("wait 5", 1, "wait how long?"), ("resize 0x10", 1, "resize to what?"),
        ("snapshot", 1, "snapshot of which file?"), ("snapshot x", 1, "x: there is no such file"),
        ("snapshot box\nkey q\nkey j", 3, "natdeck has quit at line 2"),
        ("applied done", 1, "applied answers nothing"), ("applied well", 1, "applied how?"),
        ("settled kept", 1, "settled answers nothing"), ("undo what", 1, "undo what?"),
        ("connections ec2-a 3", 1, "connections of whom"), ("steps -1", 1, "how many steps?"),
    ])
    func `what is wrong is told with its line`(text: String, line: Int, reason: String) throws {
        let error = try #require(fault(text))
        #expect(error.line == line)
        #expect(error.reason.hasPrefix(reason), "\(error.reason)")
    }

    @Test func `what was asked of the box and not answered is named`() throws {
        let asked = try player("snapshot box\nkey a Enter\nwait 1s\nkey End y")
        #expect(
            asked.unanswered == [
                .init(word: "connections", line: 2), .init(word: "applied", line: 4),
            ])
        let answered = try player(
            """
            snapshot box
            key a Enter
            connections 172.31.26.175 3
            wait 1s
            key End y
            applied refused net.ipv4.ip_forward: it is 0: nothing is forwarded
            """)
        #expect(answered.unanswered.isEmpty)
        #expect(answered.state.render().text.contains("it is 0: nothing is forwarded"))
    }

    @Test func `keys of one moment are of one moment: the dialog drops the second`() throws {
        let hasty = try player("snapshot box\nkey a Enter End y")
        #expect(hasty.unanswered.map(\.word) == ["connections"])
    }

    @Test func `snapshots come each at their own time, and the clock shows it`() throws {
        let played = try player("snapshot box\nwait 2s", snapshots: 3)
        #expect(played.state.now == 4000)
        // 1,700,000,000 s after the epoch is 22:13:20 UTC.
        #expect(played.state.wallClock == "22:13:24")
        #expect(played.state.render().text.contains("12.4M"))
    }

    @Test func `every key that the table names can be written down`() {
        for key in Set(KeyBinding.all.flatMap(\.keys)) {
            let arrows: [Key: String] = [.up: "Up", .down: "Down", .left: "Left", .right: "Right"]
            #expect(Key(scriptName: arrows[key] ?? key.name) == key)
        }
    }

    @Test(arguments: ["80x24", "120x40"], [false, true])
    func `the program plays a script and prints its screens`(size: String, ascii: Bool) throws {
        try recordScenario()
        let script = Self.folder.appending(path: "Scripts/assign.natdeck").path
        let reply = try natdeck(
            ["--script", script, "--size", size] + (ascii ? ["--ascii"] : []))
        #expect(reply.status == 0)
        #expect(reply.error == "")
        try GoldenScreens.check((ascii ? "ASCII/" : "") + "script-assign-\(size)", reply.output)
    }

    @Test func `the program says what is wrong with a script, with file and line`() throws {
        let script = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).natdeck")
        defer { try? FileManager.default.removeItem(at: script) }
        try "key j\nkey up\n".write(to: script, atomically: true, encoding: .utf8)
        let reply = try natdeck(["--script", script.path, "--dump"])
        #expect(reply.status == 2)
        #expect(reply.output == "")
        #expect(reply.error.hasPrefix("natdeck: \(script.path):2: up is no key: "))
        let unread = try natdeck(["--script", "/no/such/script"])
        #expect(unread.status == 2)
        #expect(unread.error == "natdeck: /no/such/script: there is no such file\n")
    }

    /// The scenario's box over a few seconds, and after the plan was carried out, as
    /// `natdeck status --record` writes it.
    private func recordScenario() throws {
        guard ProcessInfo.processInfo.environment["NATDECK_UPDATE_GOLDENS"] == "1" else { return }
        try record((0..<3).map { SampleBox.snapshot(seconds: $0) }, "scenario")
        var moved = Self.moved(seconds: 4)
        moved.pending = .value(.waiting("172.31.26.175 will leave by eth1", milliseconds: 59_500))
        try record([moved], "moved")
        try record([Self.moved(seconds: 8)], "kept")
    }

    /// The box once EC2-A leaves by eth1, which is kept.
    private static func moved(seconds: UInt64) -> Snapshot {
        var snapshot = SampleBox.snapshot(seconds: seconds)
        let source = SampleBox.prefix("172.31.26.175")
        let rule = RoutingPolicyRule(
            priority: 5000, source: source, action: .lookup(table: 20001), protocolNumber: 201)
        snapshot.rules = snapshot.rules.map { Array($0[..<1]) + [rule] + $0[1...] }
        snapshot.saved = snapshot.saved.map {
            [SavedAssignment(source: source, egress: "eth1")] + ($0 ?? [])
        }
        snapshot.pending = .value(nil)
        return snapshot
    }

    private func record(_ snapshots: [Snapshot], _ name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try snapshots.map {
            String(decoding: try encoder.encode($0), as: UTF8.self) + "\n"
        }
        try lines.joined().write(
            to: Self.folder.appending(path: "Scripts/\(name).jsonl"), atomically: true,
            encoding: .utf8)
    }

    /// Runs the program that was built beside the tests.
    private func natdeck(
        _ arguments: [String]
    ) throws -> (status: Int32, output: String, error: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "natdeck")
        process.arguments = arguments
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        try process.run()
        // Screens fill a pipe; complaints do not.
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self),
            String(decoding: complaint, as: UTF8.self)
        )
    }
}
