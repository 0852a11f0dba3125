import Glibc
import NATTerminal
import NATTesting
import Testing

/// The terminal as a program on it meets it: through a pty.
@Suite(.serialized) struct TerminalTests {
    private static let leaveAlternateScreen = "\u{1b}[?1049l"
    private static let showCursor = "\u{1b}[?25h"
    private static let endPasteMode = "\u{1b}[?2004l"
    private static let mouseOn = "\u{1b}[?1000h\u{1b}[?1006h"
    private static let mouseOff = "\u{1b}[?1006l\u{1b}[?1000l"

    private func started(_ session: ProbeSession) throws -> ProbeSession {
        try session.wait(forEvent: "drawn")
        try session.wait(for: { session.text.contains("80x24#") })
        return session
    }

    private func expectRestored(
        _ session: ProbeSession, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(session.hasModesBefore, sourceLocation: sourceLocation)
        for sequence in [Self.leaveAlternateScreen, Self.showCursor, Self.endPasteMode] {
            #expect(session.text.contains(sequence), sourceLocation: sourceLocation)
        }
        // Nothing is drawn on the screen that was there before.
        let after = session.text.components(after: Self.leaveAlternateScreen)
        #expect(!after.contains("normal"), sourceLocation: sourceLocation)
    }

    @Test func `opens, draws and gives the terminal back`() throws {
        let session = try started(ProbeSession())
        #expect(session.text.contains("\u{1b}[?1049h"))
        #expect(session.text.contains("●▸✓ ─│┌┐└┘├┤ ▁▂▃▄▅▆▇█ 東京… é"))
        #expect(!session.hasModesBefore)
        session.type("q")
        #expect(try session.waitForEnd() == .exit(0))
        #expect(session.events.last == "closed")
        expectRestored(session)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
    func `a request to end is an event, and the loop ends cleanly`(number: Int32) throws {
        let session = try started(ProbeSession())
        session.signal(number)
        #expect(try session.waitForEnd() == .exit(0))
        #expect(session.events.contains("terminated(signal: \(number))"))
        expectRestored(session)
    }

    @Test(arguments: [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGQUIT, SIGUSR1])
    func `a deadly signal kills as it does, after the terminal is given back`(number: Int32) throws
    {
        let session = try started(ProbeSession())
        session.signal(number)
        #expect(try session.waitForEnd() == .signal(number))
        expectRestored(session)
    }

    @Test(arguments: [
        ("a", [SIGABRT]), ("s", [SIGSEGV]), ("o", [SIGSEGV]), ("t", [SIGILL, SIGTRAP]),
    ])
    func `a crash gives the terminal back`(key: String, signals: [Int32]) throws {
        let session = try started(ProbeSession())
        session.type(key)
        let ending = try session.waitForEnd()
        #expect(signals.map(PseudoTerminal.Ending.signal).contains(ending))
        expectRestored(session)
        // Said on the shell's own screen, and not on the one that is gone.
        let names = [SIGABRT: "ABRT", SIGSEGV: "SEGV", SIGILL: "ILL", SIGTRAP: "TRAP"]
        guard case .signal(let number) = ending else { return }
        let after = session.text.components(after: Self.leaveAlternateScreen)
        #expect(after.contains("probe 1.0 ended by SIG\(names[number] ?? ""); look again\r\n"))
    }

    @Test func `what a trap says is readable after the terminal is given back`() throws {
        let session = try started(ProbeSession())
        session.type("t")
        _ = try session.waitForEnd()
        let after = session.text.components(after: Self.leaveAlternateScreen)
        #expect(after.contains("trapped on purpose"))
    }

    @Test func `exit without close gives the terminal back`() throws {
        let session = try started(ProbeSession())
        session.type("x")
        #expect(try session.waitForEnd() == .exit(7))
        expectRestored(session)
    }

    @Test func `ends when the terminal goes away`() throws {
        let session = try started(ProbeSession(arguments: ["--tick"]))
        session.hangUp()
        #expect(try session.waitForEnd() == .exit(0))
        let isTold = session.events.contains { $0 == "hangUp" || $0.hasPrefix("terminated") }
        #expect(isTold)
    }

    @Test func `ends when the terminal goes away and SIGHUP is ignored`() throws {
        let session = try started(
            ProbeSession(wrapper: { ["/bin/sh", "-c", "trap '' HUP; exec \($0) \"$0\""] }))
        session.hangUp()
        #expect(try session.waitForEnd() == .exit(0))
        #expect(session.events.contains("hangUp"))
    }

    @Test func `keys arrive in order and keep their meaning`() throws {
        let session = try started(ProbeSession())
        session.type("j\u{1b}[A\u{1b}OB\u{1b}[5~\u{1b}[24~\u{1b}[[C\u{1b}[99;9~\u{1b}[Z\u{3}é\r")
        let expected = [
            #"character("j")"#, "up", "down", "pageUp", "function(12)", "function(3)", "backTab",
            #"control("c")"#, #"character("\u{00E9}")"#, "enter",
        ]
        try session.wait(forEvent: "key(enter)")
        #expect(session.events.filter { $0.hasPrefix("key") } == expected.map { "key(\($0))" })
        session.type("\u{1b}")
        try session.wait(forEvent: "key(escape)")
    }

    @Test func `a long paste is one event`() throws {
        let session = try started(ProbeSession())
        let line = String(repeating: "0123456789", count: 1000)
        session.type("\u{1b}[200~\(line)\u{1b}[201~")
        try session.wait(forEvent: #"paste("\#(line)")"#)
        #expect(!session.events.contains { $0.hasPrefix("key") })
    }

    @Test func `a resize is told and drawn`() throws {
        let session = try started(ProbeSession())
        for (columns, rows) in [(60, 20), (200, 60), (1, 1), (10, 2), (120, 40)] {
            session.resize(columns: UInt16(columns), rows: UInt16(rows))
            try session.wait(forEvent: "resized(Size(columns: \(columns), rows: \(rows)))")
        }
        try session.wait(for: { session.text.contains("120x40#") })
    }

    @Test func `a frame that is already shown costs nothing, and an idle terminal neither`() throws
    {
        let session = try started(ProbeSession(arguments: ["--tick"]))
        session.type("u")
        try session.wait(for: { session.events.contains { $0.hasPrefix("drew") } })
        let cost = session.events.first { $0.hasPrefix("drew") }
        #expect(cost?.hasSuffix("then 0") == true)
    }

    @Test func `waiting costs no processor time`() throws {
        let session = try started(ProbeSession())
        session.idle(milliseconds: 200)
        let before = session.processorTicks()
        session.idle(milliseconds: 1000)
        #expect(session.processorTicks() - before <= 3)
    }

    @Test func `a copy goes to the terminal's clipboard, and through tmux`() throws {
        let session = try started(ProbeSession(environment: ["TMUX=/tmp/tmux,1,0"]))
        session.type("c")
        let sequence = "\u{1b}]52;c;bmF0ZGVjayDinJM=\u{7}"
        try session.wait(for: {
            session.text.contains(sequence + "\u{1b}Ptmux;\u{1b}\(sequence)\u{1b}\\")
        })
    }

    @Test func `without a multiplexer a copy is sent once`() throws {
        let session = try started(ProbeSession())
        session.type("c")
        try session.wait(for: { session.text.contains("\u{1b}]52;c;bmF0ZGVjayDinJM=\u{7}") })
        #expect(!session.text.contains("\u{1b}P"))
    }

    @Test func `through screen a copy is sent in pieces it can take`() throws {
        let text = String(repeating: "natdeck ", count: 200)
        let plain = Terminal.clipboardSequence(text, through: .none)
        let sent = String(
            decoding: Terminal.clipboardSequence(text, through: .screen).dropFirst(plain.count),
            as: UTF8.self)
        let pieces = sent.split(separator: "\u{1b}P").map { $0.dropLast(2) }
        #expect(pieces.count > 2)
        #expect(pieces.allSatisfy { $0.utf8.count <= 252 })
        #expect(Array(pieces.joined().utf8) == plain)
        #expect(sent.hasSuffix("\u{1b}\\"))
    }

    @Test func `what stands before the terminal is known by its variables`() {
        typealias Outer = Terminal.Multiplexer
        #expect(Outer(tmux: "/tmp/tmux,1,0", screen: nil, term: "screen") == .tmux)
        #expect(Outer(tmux: nil, screen: nil, term: "tmux-256color") == .tmux)
        #expect(Outer(tmux: nil, screen: "1.pts", term: "xterm") == .screen)
        #expect(Outer(tmux: nil, screen: nil, term: "screen-256color") == .screen)
        #expect(Outer(tmux: nil, screen: nil, term: "xterm-256color") == .none)
        #expect(Outer(tmux: nil, screen: nil, term: nil) == .none)
    }

    @Test func `the mouse is off until it is asked for, and off again after the end`() throws {
        let session = try started(ProbeSession())
        session.type("\u{1b}[<0;3;4M")
        try session.wait(for: { session.events.contains { $0.hasPrefix("mouse") } })
        #expect(!session.text.contains(Self.mouseOn))
        session.type("m")
        try session.wait(for: { session.text.contains(Self.mouseOn) })
        session.type("m")
        try session.wait(for: { session.text.contains(Self.mouseOff) })
        session.type("mq")
        #expect(try session.waitForEnd() == .exit(0))
        expectMouseOff(session)
        expectRestored(session)
    }

    /// The last word about the mouse is that it is off, before the screen is given back.
    private func expectMouseOff(
        _ session: ProbeSession, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let after = session.text.components(after: Self.mouseOn)
        #expect(after.contains(Self.mouseOff), sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        ("a", [SIGABRT]), ("s", [SIGSEGV]), ("o", [SIGSEGV]), ("t", [SIGILL, SIGTRAP]),
    ])
    func `a crash switches the mouse off`(key: String, signals: [Int32]) throws {
        let session = try started(ProbeSession())
        session.type("m")
        try session.wait(for: { session.text.contains(Self.mouseOn) })
        session.type(key)
        #expect(signals.map(PseudoTerminal.Ending.signal).contains(try session.waitForEnd()))
        expectMouseOff(session)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1])
    func `a signal switches the mouse off`(number: Int32) throws {
        let session = try started(ProbeSession())
        session.type("m")
        try session.wait(for: { session.text.contains(Self.mouseOn) })
        session.signal(number)
        _ = try session.waitForEnd()
        expectMouseOff(session)
    }

    @Test func `suspended the mouse is off, and continued on again`() throws {
        let session = try ProbeSession(
            environment: ["PS1=prompt>", "HISTFILE=/dev/null"],
            wrapper: { probe in
                ["/bin/bash", "--norc", "--noprofile", "-i", "-c"]
                    + ["set -m; \(probe) \"$0\"; echo stopped:$?; fg; echo ended:$?"]
            })
        try session.wait(forEvent: "drawn")
        session.type("m\u{1a}")
        try session.wait(for: { session.text.contains("stopped:148") })
        let before = session.text.components(before: "stopped:148")
        #expect(before.components(after: Self.mouseOn).contains(Self.mouseOff))
        try session.wait(forEvent: "continued")
        try session.wait(for: {
            session.text.components(after: "stopped:148").contains(Self.mouseOn)
        })
        session.type("q")
        try session.wait(for: { session.text.contains("ended:0") })
        expectMouseOff(session)
    }

    @Test func `another theme is another look of the same screen, and NO_COLOR wins`() throws {
        let session = try started(ProbeSession())
        let black = "48;5;16m"
        #expect(!session.text.contains(black))
        session.type("h")
        try session.wait(for: { session.text.contains(black) })
        session.type("q")
        #expect(try session.waitForEnd() == .exit(0))
        let plain = try started(ProbeSession(environment: ["NO_COLOR=1"]))
        plain.type("hq")
        #expect(try plain.waitForEnd() == .exit(0))
        #expect(!plain.text.contains("48;5") && !plain.text.contains("38;5"))
    }

    @Test func `many wakes are one event`() throws {
        let session = try started(ProbeSession())
        session.type("w")
        try session.wait(forEvent: "woken")
        session.type("j")
        try session.wait(forEvent: #"key(character("j"))"#)
        #expect(session.events.filter { $0 == "woken" }.count == 1)
    }

    @Test func `Ctrl-Z stops the job, and fg brings the screen back`() throws {
        let session = try ProbeSession(
            environment: ["PS1=prompt>", "HISTFILE=/dev/null"],
            wrapper: { probe in
                ["/bin/bash", "--norc", "--noprofile", "-i", "-c"]
                    + ["set -m; \(probe) \"$0\"; echo stopped:$?; fg; echo ended:$?"]
            })
        try session.wait(forEvent: "drawn")
        session.type("\u{1a}")
        try session.wait(for: { session.text.contains("stopped:148") })
        try session.wait(forEvent: "continued")
        let before = session.text.components(before: "stopped:148")
        #expect(before.contains(Self.leaveAlternateScreen))
        // What the terminal got may be read after the event is.
        try session.wait(for: {
            session.text.components(after: "stopped:148").contains("\u{1b}[?1049h")
        })
        try session.wait(for: {
            session.text.components(after: "stopped:148").contains("key(NATScreen.Key.control")
        })
        session.type("q")
        try session.wait(for: { session.text.contains("ended:0") })
    }

    @Test func `a terminal that does not read blocks nothing`() throws {
        let session = try ProbeSession(arguments: ["--tick"])
        try session.wait(forEvent: "drawn")
        // Enough redraws to fill what the kernel keeps for a terminal; nobody reads them.
        for _ in 0..<400 { session.typeUnread("\u{c}") }
        session.typeUnread("j")
        try session.waitUnread(forEvent: #"key(character("j"))"#)
        session.signal(SIGTERM)
        #expect(try session.waitForEnd() == .exit(0))
    }

    @Test(arguments: ["no-such-terminal", "", "linux", "screen", "tmux-256color", "vt100", "xterm"])
    func `draws on terminals of every kind`(term: String) throws {
        let session = try started(ProbeSession(term: term))
        #expect(session.text.contains("normal"))
        // The unknown ones are taken for xterm, the others for themselves.
        let isXterm = ["no-such-terminal", "", "xterm", "screen", "tmux-256color"].contains(term)
        #expect(session.text.contains("\u{1b}[?1049h") == isXterm)
        session.type("q")
        #expect(try session.waitForEnd() == .exit(0))
        #expect(session.hasModesBefore)
    }

    @Test func `draws without TERM`() throws {
        let session = try started(ProbeSession(term: nil))
        session.type("q")
        #expect(try session.waitForEnd() == .exit(0))
        expectRestored(session)
    }

    @Test func `refuses a terminal that cannot place the cursor, and leaves it alone`() throws {
        let session = try ProbeSession(term: "dumb")
        #expect(try session.waitForEnd() == .exit(1))
        #expect(session.text.hasPrefix("terminal-probe: TERM=dumb cannot place the cursor"))
        #expect(!session.text.contains("\u{1b}"))
        #expect(session.hasModesBefore)
    }

    @Test(arguments: ["stdin", "stdout"])
    func `refuses what is no terminal`(name: String) throws {
        let redirection = name == "stdin" ? "</dev/null" : ">/dev/null"
        let session = try ProbeSession(
            wrapper: { ["/bin/sh", "-c", "exec \($0) \"$0\" \(redirection)"] })
        #expect(try session.waitForEnd() == .exit(1))
        #expect(session.text.contains("\(name) is not a terminal"))
        #expect(session.hasModesBefore)
    }

    @Test(arguments: [("C", []), ("C.UTF-8", ["--ascii"])])
    func `sends ASCII alone where nothing else is understood`(
        locale: String, arguments: [String]
    ) throws {
        let session = try started(ProbeSession(locale: locale, arguments: arguments))
        #expect(session.text.contains("*>v -|++++++ .:-=+*%# ? ? . ?"))
        #expect(session.output.allSatisfy { $0 < 0x80 })
    }

    @Test(arguments: [
        ("NO_COLOR=1", [], false), ("NO_COLOR=", [], true), ("NO_COLOR=1", ["always"], true),
        ("A=B", ["never"], false), ("A=B", [], true),
    ])
    func `colours come only where wanted`(
        variable: String, arguments: [String], hasColor: Bool
    ) throws {
        let session = try started(
            ProbeSession(environment: [variable], arguments: arguments))
        #expect(session.text.contains("\u{1b}[38;5;") == hasColor)
        #expect(session.text.contains("\u{1b}[0;7m"))
    }
}

extension String {
    /// What follows the last occurrence of a text; nothing where it does not occur.
    func components(after text: String) -> String {
        ranges(of: text).last.map { String(self[$0.upperBound...]) } ?? ""
    }

    /// What precedes the first occurrence of a text; nothing where it does not occur.
    func components(before text: String) -> String {
        ranges(of: text).first.map { String(self[..<$0.lowerBound]) } ?? ""
    }
}
