import NATTesting
import Testing

/// The window's title as a program on the terminal meets it.
@Suite(.serialized) struct TitleTests {
    private static let named = "\u{1b}]2;"

    private func started(term: String) throws -> ProbeSession {
        let session = try ProbeSession(term: term)
        try session.wait(forEvent: "drawn")
        try session.wait(for: { session.text.contains("80x24#") })
        return session
    }

    @Test func `the window has a name while it is open, and its own one after that`() throws {
        let session = try started(term: "xterm-256color")
        #expect(session.text.contains("\u{1b}[22;2t"))
        #expect(!session.text.contains(Self.named))
        session.type("n")
        // No control of a name reaches the terminal but those that frame it.
        try session.wait(for: { session.text.contains("\(Self.named)box ≠1\u{7}") })
        session.type("nnq")
        #expect(try session.waitForEnd() == .exit(0))
        #expect(session.text.components(after: Self.named).contains("\u{1b}[23;2t"))
        // The same name is sent once.
        let first = session.text.firstRange(of: Self.named)
        let rest = try #require(first.map { session.text[$0.upperBound...] })
        #expect(!rest.contains(Self.named))
    }

    @Test(arguments: ["linux", "vt100", "ansi"])
    func `a terminal without a window gets no name`(term: String) throws {
        let session = try started(term: term)
        session.type("nq")
        #expect(try session.waitForEnd() == .exit(0))
        #expect(!session.text.contains(Self.named) && !session.text.contains("2t"))
    }

    @Test(arguments: ["linux", "vt100"])
    func `without an alternate screen the last line is free for the shell`(term: String) throws {
        let session = try started(term: term)
        session.type("q")
        #expect(try session.waitForEnd() == .exit(0))
        #expect(session.text.components(after: "80x24#").contains("\u{1b}[K"))
    }
}
