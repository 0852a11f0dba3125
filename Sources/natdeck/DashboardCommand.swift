import ArgumentParser
import NATHost
import NATPlan
import NATTerminal

#if canImport(Glibc)
    import Glibc
#endif

struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "The dashboard; what natdeck does by itself.",
        shouldDisplay: false)

    @Flag(help: "Show only; keys that change the box are off.")
    var readonly = false

    @Option(help: "Seconds between two readings, 0.1 to 60.")
    var interval = 1.0

    @Option(
        help: ArgumentHelp(
            "Take a change back unless it is kept within so many seconds.", valueName: "seconds"))
    var keepWithin = 60

    @Flag(help: "Draw with ASCII alone.")
    var ascii = false

    @Option(help: "When to use colour: auto, always or never.")
    var color = ColorMode.auto

    func validate() throws {
        guard (0.1...60).contains(interval) else {
            throw ValidationError("--interval \(interval): from 0.1 to 60 seconds")
        }
        guard (1...86_400).contains(keepWithin) else {
            throw ValidationError("--keep-within \(keepWithin): from 1 to 86400 seconds")
        }
    }

    func run() async throws {
        // Without a terminal there is one snapshot to read, in plain text.
        guard StandardStream.output.isTerminal else {
            await StatusCommand.printText()
            return
        }
        let pending = try await show()
        // The terminal may be gone by now; a change ends as it must all the same.
        for number in [SIGHUP, SIGINT, SIGTERM] { signal(number, SIG_IGN) }
        await pending.value
        if let change = try? LocalBox.system().applier.journal.read() {
            complain(
                "\(change.plan.title): it is not kept yet, and is taken back by itself",
                fix: "natdeck keep")
        }
    }

    /// Shows the dashboard until it is quit; gives what is still under way.
    @MainActor
    private func show() throws -> Task<Void, Never> {
        let terminal: Terminal
        do throws(TerminalError) {
            terminal = try Terminal.open(color: color, ascii: ascii)
        } catch {
            complain("\(error)")
            throw ExitStatus.failed.code
        }
        defer { terminal.close() }
        var loop = DashboardLoop(
            terminal: terminal, box: .system(), readOnlyReason: readOnlyReason,
            intervalMilliseconds: Int(interval * 1000), keepWithinSeconds: keepWithin)
        return loop.run()
    }

    private var readOnlyReason: String? {
        if readonly { return "--readonly" }
        return geteuid() == 0 ? nil : "not root"
    }
}

extension ColorMode: ExpressibleByArgument {}
