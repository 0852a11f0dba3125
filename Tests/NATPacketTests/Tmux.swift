import Glibc
import NATHost
import NATLab
import NATModel
import Testing

/// A terminal of its own for a program, driven as a person would.
struct Tmux {
    private let socket: String
    private let runner = SystemRunner()

    /// Runs `body` with `command` in a terminal of this size; the terminal goes whatever happens.
    static func with(
        _ command: Command, columns: Int = 100, rows: Int = 30,
        _ body: (Tmux) async throws -> Void
    ) async throws {
        let tmux = Tmux(socket: "natdeck-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
        try await tmux.run(
            ["new-session", "-d", "-s", "main", "-x", "\(columns)", "-y", "\(rows)"]
                // SystemRunner speaks C to its children; people have UTF-8.
                // No settings are read from where it runs, and none are left there.
                + ["env", "LC_ALL=C.UTF-8", "XDG_STATE_HOME=/dev/null"] + command.arguments)
        do {
            try await body(tmux)
        } catch {
            _ = try? await tmux.run(["kill-server"])
            throw error
        }
        _ = try? await tmux.run(["kill-server"])
    }

    @discardableResult
    private func run(_ words: [String]) async throws -> String {
        let reply = try await runner.run(
            Command(["tmux", "-u", "-f", "/dev/null", "-L", socket] + words))
        return String(decoding: reply.output, as: UTF8.self)
    }

    /// Presses keys, as tmux names them.
    func press(_ keys: String...) async throws {
        for key in keys { try await run(["send-keys", "-t", "main", key]) }
    }

    /// What is on the screen.
    func screen() async throws -> String { try await run(["capture-pane", "-p", "-t", "main"]) }

    /// Changes the size of the terminal.
    func resize(columns: Int, rows: Int) async throws {
        try await run(["resize-window", "-t", "main", "-x", "\(columns)", "-y", "\(rows)"])
    }

    /// Ends the program: `HUP` takes its terminal away, `KILL` gives it no chance.
    func end(with signal: String) async throws {
        if signal == "HUP" {
            try await run(["kill-server"])
            return
        }
        let pane = try await run(["list-panes", "-t", "main", "-F", "#{pane_pid}"])
        // The pane's process enters the lab's namespaces and becomes the program.
        _ = try await runner.run(Command("pkill", "-KILL", "-P", pane.strippedOfControls))
        _ = try await runner.run(Command("kill", "-KILL", pane.strippedOfControls))
    }

    /// Whether the program still runs.
    func isRunning() async throws -> Bool {
        try await run(["list-sessions"]).contains("main")
    }

    /// Waits until the screen satisfies `condition`, and gives the screen.
    @discardableResult
    func wait(
        for what: String, seconds: Int = 30, _ condition: (String) -> Bool
    ) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var screen = ""
        while ContinuousClock.now < deadline {
            screen = try await self.screen()
            if condition(screen) { return screen }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(what) did not appear; the screen was:\n\(screen)")
        throw CancellationError()
    }

    /// Waits until this text is on the screen, and gives the screen.
    @discardableResult
    func wait(forText text: String, seconds: Int = 30) async throws -> String {
        try await wait(for: "«\(text)»", seconds: seconds) { $0.contains(text) }
    }
}

extension BoxUnderTest {
    /// natdeck on the box, as a command for a terminal.
    func command(_ words: String...) throws -> Command {
        let inner = Command([natdeck] + words)
        return try lab.entrance(to: "nat").wrap(inner)
    }
}
