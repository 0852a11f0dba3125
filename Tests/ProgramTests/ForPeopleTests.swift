import Foundation
import NATHost
import NATLab
import NATModel
import Testing

/// What natdeck tells of itself: help, version, manual page and completions.
@Suite struct ForPeopleTests {
    private static func run(
        _ words: [String], deadline: Duration = .seconds(20)
    ) async throws -> (status: Int32, output: String, error: String) {
        let reply = try await SystemRunner().run(Command(words), input: nil, deadline: deadline)
        return (reply.status, String(decoding: reply.output, as: UTF8.self), reply.error)
    }

    private static func natdeck(
        _ words: String...
    ) async throws -> (status: Int32, output: String, error: String) {
        try await run([LabExecutable.natdeck()] + words)
    }

    private static func has(_ program: String) -> Bool {
        ["/usr/bin/", "/bin/", "/usr/sbin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + program)
        }
    }

    /// A folder of its own for `body`, which goes whatever happens.
    private static func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "natdeck-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }

    @Test func `tells its version`() async throws {
        let reply = try await Self.natdeck("--version")
        #expect(reply.status == 0)
        #expect(reply.output.wholeMatch(of: /natdeck \d+\.\d+\.\d+\n/) != nil)
    }

    /// Every command that help shows, by its full name, with what help says beside the options.
    private static func commands() async throws -> [String: String] {
        let dump = try await natdeck("--experimental-dump-help").output
        let tool = try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any]
        var commands: [String: String] = [:]
        func collect(_ command: [String: Any], _ before: [String]) {
            let name = command["commandName"] as? String ?? ""
            guard name != "help", command["shouldDisplay"] as? Bool != false else { return }
            let words = before + [name]
            commands[words.joined(separator: " ")] = command["discussion"] as? String ?? ""
            for below in command["subcommands"] as? [[String: Any]] ?? [] { collect(below, words) }
        }
        collect(tool?["command"] as? [String: Any] ?? [:], [])
        return commands
    }

    @Test func `the help of every subcommand has an example of that very subcommand`() async throws
    {
        let commands = try await Self.commands()
        #expect(commands.count > 20)
        for (name, discussion) in commands {
            let example = discussion.split(separator: "\n").first { $0.contains("natdeck") }
            #expect(discussion.contains("Example"), "\(name)")
            // The dashboard goes without its name.
            let typed = name == "natdeck dashboard" ? "natdeck --" : name
            #expect(discussion.contains(typed), "\(name): \(example ?? "none")")
        }
    }

    @Test func `installs all in one go, and takes all of it away again`() async throws {
        try await Self.withFolder { folder in
            let prefix = folder + "/not/yet"
            let reply = try await Self.natdeck("install", "--prefix", prefix)
            #expect(reply.status == 0, "\(reply.error)")
            let files = [
                "sbin/natdeck", "share/bash-completion/completions/natdeck",
                "share/fish/vendor_completions.d/natdeck.fish", "share/man/man8/natdeck.8",
                "share/zsh/site-functions/_natdeck",
            ].map { "\(prefix)/\($0)" }
            #expect(reply.output == files.map { "wrote \($0)\n" }.joined())
            #expect(try await Self.run([files[0], "--version"]).output.hasPrefix("natdeck "))
            // Again, and by the program that is there: nothing stands in the way.
            let again = try await Self.run([files[0], "install", "--prefix", prefix])
            #expect(again.status == 0, "\(again.error)")
            let removed = try await Self.natdeck("install", "--prefix", prefix, "--remove")
            #expect(removed.output == files.map { "remove \($0)\n" }.joined())
            for file in files { #expect(!FileManager.default.fileExists(atPath: file)) }
            let nothing = try await Self.natdeck("install", "--prefix", prefix, "--remove")
            #expect(nothing.status == 0)
            #expect(nothing.output == "\(files[0]): nothing to remove\n")
        }
    }

    @Test func `--dry-run installs nothing`() async throws {
        try await Self.withFolder { folder in
            let reply = try await Self.natdeck("install", "--prefix", folder, "--dry-run")
            #expect(reply.status == 0)
            #expect(reply.output.contains("\(folder)/share/man/man8/natdeck.8"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test(.enabled("needs root to become somebody else") { geteuid() == 0 && has("setpriv") })
    func `who may not write gets status 77 and a way out`() async throws {
        try await Self.withFolder { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
            // The build may be where nobody else can reach it.
            let copy = folder + "/natdeck"
            try FileManager.default.copyItem(atPath: LabExecutable.natdeck(), toPath: copy)
            let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
            let reply = try await Self.run(nobody + [copy, "install", "--prefix", folder])
            #expect(reply.status == 77)
            #expect(reply.error.contains("natdeck: \(folder): you may not write to it"))
            #expect(reply.error.contains("fix: run it as root"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["natdeck"])
        }
    }

    @Test func `a prefix that is no path is refused`() async throws {
        #expect(try await Self.natdeck("install", "--prefix", "~/here").status == 64)
    }

    @Test(.enabled("man is not installed") { has("man") && has("groff") })
    func `the manual page names everything, and man has nothing to say against it`() async throws {
        try await Self.withFolder { folder in
            _ = try await Self.natdeck("install", "--prefix", folder)
            let page = folder + "/share/man/man8/natdeck.8"
            let shown = try await Self.run([
                "env", "LC_ALL=C.UTF-8", "MANWIDTH=200", "man", "--warnings", "-l", page,
            ])
            #expect(shown.status == 0)
            #expect(shown.error == "")
            let text = shown.output.replacing(/\s+/, with: " ")
            for (name, _) in try await Self.commands()
            where !["natdeck", "natdeck service", "natdeck lab"].contains(name) {
                #expect(text.contains(name), "\(name)")
            }
            for word in ["--keep-within seconds", "assign the marked hosts", "/etc/natdeck/", "77"]
            {
                #expect(text.contains(word), "\(word)")
            }
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `the completions are scripts of their shell and know the subcommands`(
        shell: String
    ) async throws {
        // A shell that is not here is left out by name, not in silence.
        guard Self.has(shell) else {
            withKnownIssue("\(shell) is not installed") { Issue.record("not tried") }
            return
        }
        try await Self.withFolder { folder in
            _ = try await Self.natdeck("install", "--prefix", folder)
            let script =
                switch shell {
                case "bash": folder + "/share/bash-completion/completions/natdeck"
                case "zsh": folder + "/share/zsh/site-functions/_natdeck"
                default: folder + "/share/fish/vendor_completions.d/natdeck.fish"
                }
            let checked = try await Self.run([shell, "-n", script])
            #expect(checked.status == 0, "\(checked.error)")
            let text = try String(contentsOfFile: script, encoding: .utf8)
            for word in ["assign", "release", "doctor", "yes-cut-my-session", "prefix"] {
                #expect(text.contains(word))
            }
        }
    }
}
