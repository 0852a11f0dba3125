import ArgumentParser
import NATDashboard
import NATHost
import NATModel
import NATPlan
import NATScreen
import NATTerminal

#if canImport(Glibc)
    import Glibc
#endif

struct DashboardCommand: LongCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "The dashboard; what natdeck does by itself.",
        discussion: """
            Examples:
              natdeck --readonly --interval 2
              natdeck --ascii --color never
              natdeck --script FILE --size 120x40 --dump

            Without a terminal it prints one snapshot, as natdeck status does.
            """)

    @Flag(help: "Show only; keys that change the box are off.")
    var readonly = false

    @Option(help: "Seconds between two readings, 0.1 to 60; 1 where nothing is remembered.")
    var interval: Double?

    @Option(
        help: ArgumentHelp(
            "Take a change back unless it is kept within so many seconds.", valueName: "seconds"))
    var keepWithin = 60

    @Flag(help: "Draw with ASCII alone.")
    var ascii = false

    @Option(help: "When to use colour: auto, always or never.")
    var color = ColorMode.auto

    @Option(help: "The look: \(ThemeName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var theme: ThemeName?

    @Flag(
        inversion: .prefixedNo,
        help: "Click rows, views and buttons, turn the wheel; off where nothing is remembered.")
    var mouse: Bool?

    @OptionGroup var metadata: MetadataOptions

    @OptionGroup(title: "Scripts") var script: ScriptOptions

    func validate() throws {
        if let interval, !(0.1...60).contains(interval) {
            throw ValidationError("--interval \(interval): from 0.1 to 60 seconds")
        }
        guard (1...86_400).contains(keepWithin) else {
            throw ValidationError("--keep-within \(keepWithin): from 1 to 86400 seconds")
        }
    }

    /// What was remembered, under what was said now.
    private func settings(_ remembered: Settings) -> Settings {
        var settings = remembered
        if let interval { settings.intervalMilliseconds = Int(interval * 1000) }
        if let theme { settings.theme = theme }
        if let mouse { settings.isMouseOn = mouse }
        return settings
    }

    func run() async throws {
        if let file = script.script {
            let state = DashboardState(
                size: script.size ?? Size(columns: 80, rows: 24),
                readOnlyReason: readonly ? "--readonly" : nil, settings: settings(Settings()))
            return try script.play(file, to: state, ascii: ascii)
        }
        // Without a terminal there is one snapshot to read, in plain text.
        guard StandardStream.output.isTerminal else {
            await StatusCommand.printText(metadata.box)
            return
        }
        let (pending, unsaved) = try await FirstThread.run { try show() }
        // The terminal may be gone by now; a change ends as it must all the same.
        for number in [SIGHUP, SIGINT, SIGTERM] { signal(number, SIG_IGN) }
        await pending.value
        if let unsaved { complain("\(unsaved): what was set is not remembered", fix: unsaved.fix) }
        do throws(ReadFailure) {
            guard let change = try LocalBox.system().applier.journal.read() else { return }
            complain(
                "\(change.plan.title): it is not kept yet, and is taken back by itself",
                fix: "natdeck keep")
        } catch {
            complain("\(error): whether a change is pending is not known", fix: error.fix)
        }
    }

    /// Shows the dashboard until it is quit; gives what is still under way, and why the settings
    /// could not be remembered.
    private func show() throws -> (pending: Task<Void, Never>, unsaved: ReadFailure?) {
        let remembered = RememberedSettings()
        let settings = settings(remembered.stored)
        let terminal: Terminal
        do throws(TerminalError) {
            terminal = try Terminal.open(
                color: color, ascii: ascii, theme: settings.theme,
                lastWords: LastWords(
                    program: Version.text, advice: "; a change that was under way: natdeck status"))
        } catch {
            complain("\(error)")
            throw ExitStatus.failed.code
        }
        defer { terminal.close() }
        let (box, log) = LocalBox.logged(asksCloud: metadata.metadata == .auto)
        var loop = DashboardLoop(
            terminal: terminal, box: box, log: log, readOnlyReason: readOnlyReason,
            settings: settings, memory: remembered.note,
            keepWithinSeconds: keepWithin)
        let pending = loop.run()
        return (pending, remembered.save(loop.settings, since: settings))
    }

    private var readOnlyReason: String? {
        if readonly { return "--readonly" }
        return geteuid() == 0 ? nil : "not root"
    }
}

extension ColorMode: ExpressibleByArgument {}
extension ThemeName: ExpressibleByArgument {}
