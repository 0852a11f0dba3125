import Glibc
import NATTesting
import Testing

/// The probe on a terminal of its own, with a log of what it noted.
final class ProbeSession {
    private let terminal: PseudoTerminal
    private let logPath: String

    /// Starts the probe, or a program that starts it.
    init(
        term: String? = "xterm-256color", locale: String = "C.UTF-8",
        environment: [String] = [], arguments: [String] = [],
        wrapper: (String) -> [String] = { [$0] }
    ) throws {
        var path = Array("/tmp/natdeck-probe-XXXXXX".utf8CString)
        close(mkstemp(&path))
        logPath = String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let variables =
            (term.map { ["TERM=\($0)"] } ?? []) + ["LC_ALL=\(locale)", "PATH=/usr/bin:/bin"]
            + environment
        terminal = try PseudoTerminal(
            wrapper(try Self.probePath()) + [logPath] + arguments, variables: variables)
    }

    deinit { unlink(logPath) }

    /// Everything the probe sent to the terminal.
    var output: [UInt8] { terminal.output }
    /// What the terminal shows of the bytes, as text.
    var text: String { terminal.text }
    /// Whether the terminal's modes are what they were before the probe.
    var hasModesBefore: Bool { terminal.hasModesBefore }

    /// The events the probe noted.
    var events: [String] {
        guard let file = fopen(logPath, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
            .map { String($0.replacing("NATScreen.", with: "").replacing("Key.", with: "")) }
    }

    /// Sends bytes as if typed.
    func type(_ text: String) { try? terminal.type(text) }

    /// Sends bytes as if typed, reading nothing of what they cause.
    func typeUnread(_ text: String) { terminal.typeUnread(text) }

    /// Waits until the probe noted an event, reading nothing of what it sends.
    func waitUnread(forEvent event: String) throws {
        for _ in 0..<(PseudoTerminal.patienceMilliseconds / 20) where !events.contains(event) {
            usleep(20_000)
        }
        try #require(events.contains(event))
    }

    /// Changes the terminal's size.
    func resize(columns: UInt16, rows: UInt16) {
        terminal.resize(columns: Int(columns), rows: Int(rows))
    }

    /// Sends a signal to the probe.
    func signal(_ number: Int32) { terminal.signal(number) }

    /// Takes the terminal away.
    func hangUp() { terminal.hangUp() }

    /// Waits until a condition holds, reading what the probe sends meanwhile.
    func wait(
        for condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        do {
            try terminal.wait(for: "the condition", until: condition)
        } catch {
            Issue.record("\(error), events: \(events)", sourceLocation: sourceLocation)
            throw error
        }
    }

    /// Waits until the probe noted an event.
    func wait(
        forEvent event: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try wait(for: { events.contains(event) }, sourceLocation: sourceLocation)
    }

    /// Waits until the probe has ended.
    func waitForEnd(
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> PseudoTerminal.Ending {
        try wait(for: { terminal.hasEnded }, sourceLocation: sourceLocation)
        return try terminal.waitForEnd()
    }

    /// Reads for a while without a purpose, as an idle terminal does.
    func idle(milliseconds: Int) { terminal.idle(milliseconds: milliseconds) }

    /// Time the probe has used, in clock ticks.
    func processorTicks() -> Int { terminal.processorTicks() }

    /// The probe is built beside the tests.
    private static func probePath() throws -> String {
        var link = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &link, link.count)
        let bytes = link.map(UInt8.init(bitPattern:))
        let path = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        let end = try #require(path.lastIndex(of: "/"))
        return path[...end] + "terminal-probe"
    }
}
