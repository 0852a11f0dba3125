import Glibc
import NATHost
import NATLab
import NATModel
import NATTesting
import Testing

extension RealTerminalTests {
    /// Sends thousands of keys and what else a terminal may send, and expects the program to
    /// be as well as before.
    private func flood(
        _ box: BoxUnderTest, _ arguments: String..., without: Set<String> = [],
        seed: UInt64 = 1, thousands chunks: Int = 100
    ) async throws {
        let keys = Self.keys.filter { !without.contains($0) }
        let terminal = try box.terminal(arguments)
        try terminal.wait(forText: "EGRESS")
        terminal.keepsOutput = false
        let mayConfirm = !without.contains("y")
        if mayConfirm { try goTheWholeWay(terminal) }
        var numbers = SeededRandom(seed: seed)
        var resident = 0
        for chunk in 0..<chunks {
            var bytes: [UInt8] = []
            for _ in 0..<1000 {
                let likely = numbers.oneIn(8) ? Self.likely.filter { !without.contains($0) } : keys
                bytes += Array((likely.randomElement(using: &numbers) ?? "j").utf8)
            }
            try terminal.type(bytes)
            if mayConfirm, chunk % 20 == 10 {
                terminal.settle()
                try goTheWholeWay(terminal)
            }
            terminal.resize(
                columns: Int.random(in: 1...160, using: &numbers),
                rows: Int.random(in: 1...50, using: &numbers))
            if chunk == chunks / 4 { resident = terminal.residentKilobytes() }
        }
        #expect(terminal.residentKilobytes() - resident < 8000)
        // Ctrl-C always answers, once all that came before it is taken and no plan is under way.
        for _ in 0..<40 where !terminal.hasEnded {
            try terminal.type("\u{3}")
            terminal.idle(milliseconds: 500)
        }
        #expect(try terminal.waitForEnd() == .exit(0))
        #expect(terminal.hasModesBefore)
    }

    /// The way to a change, as patiently as a person goes it: to the end, if all its keys work.
    private func goTheWholeWay(_ terminal: PseudoTerminal) throws {
        terminal.resize(columns: 100, rows: 30)
        for _ in 0..<4 {
            try terminal.type("\u{1b}")
            terminal.idle(milliseconds: 60)
        }
        try terminal.type("1ga\r")
        // The dialog drops what comes in its first 400 ms.
        terminal.idle(milliseconds: 600)
        try terminal.type("Gy")
        terminal.idle(milliseconds: 200)
    }

    /// What the box remembers of changes.
    private func history(_ box: BoxUnderTest) async throws -> String {
        let reply = try await box.lab.run(
            in: "nat", Command("cat", "/var/log/natdeck/history.jsonl"))
        return String(decoding: reply.output, as: UTF8.self)
    }

    @Test func `a hundred thousand keys change nothing with --readonly`() async throws {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            _ = try await box.lab.seenAs("ec2-b")
            let before = try await box.state()
            try await flood(box, "--readonly")
            #expect(try await box.state() == before)
            #expect(try await history(box) == "")
        }
    }

    @Test func `forty thousand keys change nothing where none of them can confirm`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            _ = try await box.lab.seenAs("ec2-b")
            let before = try await box.state()
            // Without y, and without what moves the focus off Cancel.
            let confirming: Set<String> = ["y", "\t", "\u{1b}[Z", "\u{1b}[C", "\u{1b}[D"]
            try await flood(box, without: confirming, seed: 2, thousands: 40)
            #expect(try await box.state() == before)
            #expect(try await history(box) == "")
        }
    }

    @Test func `of sixty thousand keys, only a plan that was confirmed changes the box`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            _ = try await box.lab.seenAs("ec2-b")
            let before = try await box.state()
            try await flood(box, seed: 3, thousands: 60)
            // What was done and not kept is taken back; what is left was kept, and undo knows it.
            _ = try await box.run("revert")
            // Or this test would try nothing.
            #expect(try await !history(box).isEmpty)
            for _ in 0..<100 {
                let undone = try await box.run("undo", "--yes")
                if undone.status != 0 {
                    #expect(undone.error.contains("no change stands"))
                    break
                }
            }
            try await box.expectOnlyMarks()
            #expect(try await box.state() == before)
        }
    }

    /// The way to a change, so often that it is gone to its end now and then.
    private static let likely = [
        "a", "\r", "2", "G", "y", "\t", "j", "d", "K",
        // Out of an input line that anything else would only fill.
        "\u{15}10.9.8.7\r",
    ]

    /// Keys and what is none. Those that quit or suspend are left out: they would.
    private static let keys: [String] =
        "aAdDFGIKRSTZbcfghijklmnoprstuvwxyz0123456789/!?<>+-.,:;@# _=%&*()'\"\\|~^`éß世"
        .unicodeScalars.map { String(Character($0)) }
        + (1...26).filter { ![3, 26].contains($0) }.map { String(UnicodeScalar(UInt8($0))) }
        + [
            "\u{1b}[A", "\u{1b}[B", "\u{1b}[C", "\u{1b}[D", "\u{1b}[5~", "\u{1b}[6~", "\u{1b}[H",
            "\u{1b}[F", "\u{1b}[Z", "\u{1b}OP", "\u{1b}OS", "\u{1b}[17~", "\u{1b}[18~",
            "\u{1b}[3~", "\u{1b}[99;9~", "\u{1b}[<0;3;4M", "\u{1b}[M !!", "\u{1b}]52;c;?\u{7}",
            "\u{1b}[200~y\r10.0.0.0/8\u{1b}[201~", "\u{7f}", "\u{1b}", "\u{0}",
        ]
}
