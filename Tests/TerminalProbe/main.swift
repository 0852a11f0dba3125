// Opens the terminal, shows what happens, and writes each event as a line into the file named by
// the first argument. Some keys make it die in a certain way; `help` below tells which.

import Glibc
import NATScreen
import NATTerminal

let help =
    "q quit  s fault  a abort  t trap  x exit  o overflow  u same frame  c clipboard  m mouse  h contrast  n name"
let arguments = CommandLine.arguments
guard arguments.count > 1, let log = fopen(arguments[1], "a") else { exit(64) }
let color = arguments.compactMap { ColorMode(rawValue: $0) }.first ?? .auto

func note(_ line: String) {
    fputs(line + "\n", log)
    fflush(log)
}

/// A screen with every role, every kind of character, and the last events.
func frame(_ size: Size, _ events: [String]) -> Frame {
    var frame = Frame(size: size)
    frame.put(help, row: 0, column: 0, style: Style(.heading))
    for (row, role) in Style.Role.allCases.enumerated() {
        let column = frame.put("\(role)", row: row + 1, column: 0, style: Style(role))
        let bold = frame.put("bold", row: row + 1, column: column + 1, style: Style(role).bold)
        frame.put("reversed", row: row + 1, column: bold + 1, style: Style(role).reversed)
    }
    frame.put("●▸✓ ─│┌┐└┘├┤ ▁▂▃▄▅▆▇█ 東京… é", row: 10, column: 0)
    for (row, event) in events.suffix(10).enumerated() {
        frame.put(event, row: row + 12, column: 0)
    }
    let corner = "\(size.columns)x\(size.rows)#"
    // The last cell stays free: filling it needs a trick that would tear the text apart.
    frame.put(corner, row: size.rows - 1, column: size.columns - corner.count - 1)
    return frame
}

/// Never ends; the stack does.
func overflow(_ depth: Int) -> Int { depth == -1 ? 0 : overflow(depth + 1) + depth }

do {
    let terminal = try Terminal.open(
        color: color, ascii: arguments.contains("--ascii"),
        lastWords: LastWords(program: "probe 1.0", advice: "; look again"))
    var events: [String] = []
    var hasMouse = false
    note("open \(terminal.size.columns)x\(terminal.size.rows) utf8=\(terminal.isUTF8)")
    terminal.draw(frame(terminal.size, events))
    note("drawn")
    loop: while true {
        let event = terminal.nextEvent(timeoutMilliseconds: arguments.contains("--tick") ? 50 : nil)
        if event != .timedOut { note("\(event)") }
        events.append("\(event)")
        switch event {
        case .hangUp, .terminated: break loop
        case .key(.character("q")): break loop
        case .key(.character("s")): raise(SIGSEGV)
        case .key(.character("a")): abort()
        case .key(.character("t")): fatalError("trapped on purpose")
        case .key(.character("x")): exit(7)
        case .key(.character("o")): note("\(overflow(0))")
        case .key(.control("z")):
            terminal.suspend()
            note("continued")
        case .key(.control("l")): terminal.redraw()
        case .key(.character("u")):
            let before = terminal.bytesWritten
            let same = frame(terminal.size, events)
            terminal.draw(same)
            let between = terminal.bytesWritten
            for _ in 0..<100 { terminal.draw(same) }
            note("drew \(between - before) then \(terminal.bytesWritten - between)")
        case .key(.character("c")): terminal.copyToClipboard("natdeck ✓")
        case .key(.character("m")):
            hasMouse.toggle()
            terminal.setMouse(hasMouse)
        case .key(.character("n")): terminal.setTitle("box ≠1\u{7}")
        case .key(.character("h")): terminal.setTheme(.highContrast)
        case .key(.character("w")):
            let wake = terminal.wake
            for _ in 0..<1000 { wake.wake() }
        default: break
        }
        terminal.draw(frame(terminal.size, events))
    }
    terminal.close()
    note("closed")
} catch {
    note("refused \(error)")
    let line = "terminal-probe: \(error)\n"
    write(STDERR_FILENO, line, line.utf8.count)
    exit(1)
}
