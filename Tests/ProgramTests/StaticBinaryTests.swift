import FoundationEssentials
import Glibc
import NATHost
import NATModel
import NATTesting
import Testing

private let staticBinary = ProcessInfo.processInfo.environment["NATDECK_STATIC_BINARY"]

/// The static program where there is nothing but a kernel and its /proc: in a root folder
/// without any library.
///
/// Tests/static-binary builds it and names it in NATDECK_STATIC_BINARY.
@Suite(
    .serialized,
    .enabled("no static program is named: Tests/static-binary does that") {
        staticBinary != nil && geteuid() == 0
    })
struct StaticBinaryTests {
    /// A root folder that holds natdeck and nothing else; it goes whatever happens.
    private static func withRoot(_ body: (URL) async throws -> Void) async throws {
        let folder = URL(filePath: "/tmp/natdeck-\(UUID())", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: folder.appending(path: "proc"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(
            atPath: staticBinary ?? "", toPath: folder.appending(path: "natdeck").path)
        try await body(folder)
    }

    /// natdeck in there, with the kernel's /proc and a network of its own.
    private static func command(_ root: URL, _ words: String...) -> [String] {
        let enter = "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" /natdeck \"$@\""
        return ["/usr/bin/unshare", "--net", "--mount", "sh", "-c", enter, root.path] + words
    }

    @Test func `tells its version, and what can be seen of the box`() async throws {
        try await Self.withRoot { root in
            let version = try await SystemRunner().run(Command(Self.command(root, "--version")))
            #expect(version.status == 0, "\(version.error)")
            #expect(String(decoding: version.output, as: UTF8.self).hasPrefix("natdeck "))
            for words in [["status"], ["status", "--json"], ["doctor"], ["history"]] {
                let reply = try await SystemRunner().run(
                    Command(Self.command(root) + words), input: nil, deadline: .seconds(20))
                #expect(reply.status == 0, "\(words): \(reply.error)")
                #expect(!reply.output.isEmpty)
            }
        }
    }

    @Test(arguments: [
        "xterm-256color", "xterm", "screen", "tmux", "tmux-256color", "linux", "vt100", "nonesuch",
    ])
    func `the dashboard knows the terminal without a database`(term: String) async throws {
        try await Self.withRoot { root in
            let terminal = try Self.dashboard(root, "TERM=\(term)")
            try terminal.wait(forText: "natdeck")
            try terminal.type("2")
            try terminal.wait(forText: "lookup main")
            try terminal.type("q")
            #expect(try terminal.waitForEnd() == .exit(0))
            #expect(terminal.hasModesBefore)
        }
    }

    @Test func `a terminal that cannot place the cursor is told`() async throws {
        try await Self.withRoot { root in
            let terminal = try Self.dashboard(root, "TERM=dumb")
            #expect(try terminal.waitForEnd() == .exit(1))
            #expect(terminal.text.contains("TERM=dumb cannot place the cursor"))
        }
    }

    @Test(arguments: ["C", "C.UTF-8", "xx_YY.UTF-8"])
    func `a locale that is not installed leaves ASCII`(locale: String) async throws {
        try await Self.withRoot { root in
            let terminal = try Self.dashboard(root, "TERM=xterm", "LC_ALL=\(locale)")
            try terminal.wait(forText: "natdeck")
            try terminal.type("q")
            #expect(try terminal.waitForEnd() == .exit(0))
            #expect(terminal.output.allSatisfy { $0 < 0x80 })
        }
    }

    @Test(
        .enabled("this machine has no C.UTF-8 in a folder of its own") {
            access("/usr/lib/locale/C.utf8/LC_CTYPE", R_OK) == 0
        },
        arguments: ["C.UTF-8", "xx_YY.UTF-8"])
    func `where a locale of UTF-8 is installed, all characters are drawn`(
        locale: String
    ) async throws {
        try await Self.withRoot { root in
            let place = root.appending(path: "usr/lib/locale")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: "/usr/lib/locale/C.utf8", toPath: place.appending(path: "C.utf8").path)
            let terminal = try Self.dashboard(root, "TERM=xterm", "LC_ALL=\(locale)")
            try terminal.wait(forText: "–")
            try terminal.type("q")
            #expect(try terminal.waitForEnd() == .exit(0))
        }
    }

    private static func dashboard(_ root: URL, _ variables: String...) throws -> PseudoTerminal {
        try PseudoTerminal(
            Self.command(root), variables: variables + ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
    }
}
