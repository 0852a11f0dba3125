import Glibc
import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

/// The program itself in the lab, on terminals as people have them and as they go wrong.
@Suite(
    .serialized,
    .enabled(if: LabAccess.complaint == nil, "needs root, or unshare --map-root-user with a /run"))
struct RealTerminalTests {
    private static let leaveAlternateScreen = "\u{1b}[?1049l"

    private func expectRestored(
        _ terminal: PseudoTerminal, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(terminal.hasModesBefore, sourceLocation: sourceLocation)
        for sequence in [Self.leaveAlternateScreen, "\u{1b}[?25h", "\u{1b}[?2004l"] {
            #expect(
                terminal.text.contains(sequence), "\(sequence.debugDescription)",
                sourceLocation: sourceLocation)
        }
        let end = terminal.text.ranges(of: Self.leaveAlternateScreen).last?.upperBound
        let after = end.map { terminal.text[$0...] } ?? ""
        #expect(!after.contains("EGRESS"), sourceLocation: sourceLocation)
    }

    @Test func `terminals of every kind get the dashboard, and are given back`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            for term in ["linux", "xterm-256color", "screen", "tmux-256color", "no-such-terminal"] {
                let terminal = try box.terminal(variables: ["TERM=\(term)"])
                try terminal.wait(forText: "EGRESS")
                try terminal.type("q")
                #expect(try terminal.waitForEnd() == .exit(0), "\(term)")
                #expect(terminal.hasModesBefore, "\(term)")
            }
            let dumb = try box.terminal(variables: ["TERM=dumb"])
            #expect(try dumb.waitForEnd() == .exit(1))
            #expect(dumb.text.hasPrefix("natdeck: TERM=dumb cannot place the cursor"))
            #expect(!dumb.text.contains("\u{1b}"))
        }
    }

    @Test func `without UTF-8 only ASCII is sent, and without colour none`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let plain = try box.terminal(variables: ["LC_ALL=C"])
            try plain.wait(forText: "EGRESS")
            // Every view, and a dialog with its frame.
            for key in ["2", "3", "4", "6", "1", "?"] {
                try plain.type(key)
                plain.idle(milliseconds: 100)
            }
            #expect(plain.output.allSatisfy { $0 < 0x80 })
            let coloured = /\u{1b}\[(?:\d+;)*(?:3[0-9]|9[0-7])[;m]/
            let gray = try box.terminal(variables: ["NO_COLOR=1"])
            try gray.wait(forText: "EGRESS")
            gray.idle(milliseconds: 300)
            #expect(gray.text.firstMatch(of: coloured) == nil)
            let colour = try box.terminal()
            try colour.wait(forText: "EGRESS")
            try colour.wait(for: "a colour") { colour.text.firstMatch(of: coloured) != nil }
        }
    }

    @Test func `signals end it, and the terminal is given back each time`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            for number in [SIGTERM, SIGHUP, SIGINT, SIGSEGV] {
                let terminal = try box.terminal()
                try terminal.wait(forText: "EGRESS")
                terminal.signal(number)
                let wanted: PseudoTerminal.Ending =
                    number == SIGSEGV ? .signal(SIGSEGV) : .exit(0)
                #expect(try terminal.waitForEnd() == wanted)
                expectRestored(terminal)
            }
        }
    }

    @Test func `stopped from outside and continued, it is back on a clean screen`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let command = try box.command().description
            let shell = try PseudoTerminal(
                ["/bin/bash", "--norc", "--noprofile", "-i", "-c"]
                    + ["set -m; \(command); echo stopped:$?; fg; echo ended:$?"],
                variables: [
                    "TERM=xterm-256color", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                    "PS1=prompt>", "HISTFILE=/dev/null",
                ])
            try shell.wait(forText: "EGRESS")
            let reply = try await SystemRunner().run(Command("pgrep", "-P", "\(shell.pid)"))
            let text = String(decoding: reply.output, as: UTF8.self).strippedOfControls
            let pid = try #require(pid_t(text))
            kill(pid, SIGTSTP)
            try shell.wait(forText: "stopped:148")
            #expect(shell.text.contains(Self.leaveAlternateScreen))
            // The shell continues it at once; a whole screen comes after what the shell wrote.
            try shell.wait(for: "the screen") {
                let after = shell.text.ranges(of: "stopped:148").first?.upperBound
                return after.map { shell.text[$0...].contains("EGRESS") } ?? false
            }
            try shell.type("q")
            try shell.wait(forText: "ended:0")
        }
    }

    @Test(arguments: [false, true])
    func `when the terminal is closed it ends within a second, at no cost`(
        ignoresHangUp: Bool
    ) async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let command = try box.command()
            // nohup and some multiplexers leave SIGHUP ignored.
            let terminal = try box.terminal(
                running: ignoresHangUp
                    ? Command("/bin/sh", "-c", "trap '' HUP; exec \(command)") : command)
            try terminal.wait(forText: "EGRESS")
            terminal.idle(milliseconds: 500)
            let before = terminal.processorTicks()
            let start = ContinuousClock.now
            terminal.hangUp()
            #expect(try terminal.waitForEnd() == .exit(0))
            #expect(ContinuousClock.now - start < .seconds(1))
            // What is waited for keeps its figures until then: ticks of 10 ms.
            #expect(terminal.processorTicks() - before <= 30)
        }
    }

    @Test func `ten thousand characters pasted are no keys`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            let before = try await box.state()
            let terminal = try box.terminal()
            try terminal.wait(forText: "EGRESS")
            let paste = String(repeating: "a2\ryq\u{3}d", count: 1430)
            for way in ["", "/", "\rA"] {
                try terminal.type(way)
                terminal.forget()
                try terminal.type("\u{1b}[200~\(paste)\u{1b}[201~")
                // Back to the overview, whole, and then to another view.
                try terminal.type("\u{1b}")
                terminal.idle(milliseconds: 100)
                try terminal.type("\u{1b}")
                terminal.idle(milliseconds: 100)
                try terminal.type("4")
                try terminal.wait(forText: "POSTROUTING")
                try terminal.type("1\u{c}")
                try terminal.wait(forText: "EGRESS")
                #expect(!terminal.text.contains("Apply this plan?"))
            }
            try terminal.type("q")
            #expect(try terminal.waitForEnd() == .exit(0))
            #expect(try await box.state() == before)
        }
    }

    @Test func `a storm of resizes leaves the screen as it would have been`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await Tmux.with(try box.command(), columns: 80, rows: 24) {
                (tmux: Tmux) async throws in
                try await tmux.wait(forText: "EGRESS")
                var numbers = SeededRandom(seed: 4)
                for _ in 0..<60 {
                    try await tmux.resize(
                        columns: Int.random(in: 1...200, using: &numbers),
                        rows: Int.random(in: 1...60, using: &numbers))
                }
                for (columns, rows) in [(40, 10), (120, 40), (80, 24)] {
                    try await tmux.resize(columns: columns, rows: rows)
                    try await tmux.wait(forText: columns == 40 ? "eth0" : "EGRESS")
                    try await tmux.press("p")
                    try await tmux.wait(forText: "FROZEN")
                    try await Task.sleep(for: .milliseconds(200))
                    let stormed = try await tmux.screen()
                    try await tmux.press("C-l")
                    try await Task.sleep(for: .milliseconds(300))
                    #expect(try await tmux.screen().withoutDigits == stormed.withoutDigits)
                    try await tmux.press("p")
                }
            }
        }
    }
}

extension String {
    /// The same with every digit alike, since clocks go on.
    fileprivate var withoutDigits: String { String(map { $0.isNumber ? "0" : $0 }) }
}

extension BoxUnderTest {
    /// natdeck on the box, on a terminal whose other end the test holds.
    func terminal(
        _ words: [String] = [], variables: [String] = [], running command: Command? = nil
    ) throws -> PseudoTerminal {
        let inner = try command ?? lab.entrance(to: "nat").wrap(Command([natdeck] + words))
        // The last of a name counts for nobody; so each is there once.
        let names = Set(variables.map { $0.prefix { $0 != "=" } })
        let standard = [
            "TERM=xterm-256color", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        ].filter { !names.contains($0.prefix { $0 != "=" }) }
        return try PseudoTerminal(inner.arguments, variables: standard + variables)
    }
}
