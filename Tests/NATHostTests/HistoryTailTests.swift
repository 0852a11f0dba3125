import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct HistoryTailTests {
    private static func host(_ text: String = "172.31.26.176") -> IPv4Prefix {
        FakeBox.source(text)
    }

    private func assign(_ fake: FakeHost, to egress: Egress) async throws {
        let intent = Intent.assign([Self.host()], egress: egress, options: AssignOptions())
        let plan = try Planner.plan(intent, on: await fake.snapshot())
        #expect(await fake.local.applier.apply(plan) == .done)
    }

    /// So many lines of a history, which differ by the name of their change.
    private func lines(_ fake: FakeHost, _ count: Int) async throws -> [String] {
        try await assign(fake, to: "eth1")
        let entry = try #require(try fake.local.applier.history.contents().entries.first)
        return try (0..<count).map { number in
            var copy = entry
            copy.id = "\(number)-1"
            return try copy.line + "\n"
        }
    }

    @Test func `gives what is added, once`() async throws {
        let fake = FakeHost(.scenario)
        var tail = HistoryTail(files: fake)
        #expect(try tail.news().entries.isEmpty)
        try await assign(fake, to: "eth1")
        let first = try tail.news().entries
        #expect(first.map(\.outcome) == [.kept])
        #expect(try tail.news().entries.isEmpty)
        try await assign(fake, to: "eth0")
        try await assign(fake, to: "eth1")
        #expect(try tail.news().entries.map(\.plan.title).count == 2)
    }

    @Test func `a line that is not whole yet is given when it is`() async throws {
        let fake = FakeHost(.scenario)
        let lines = try await lines(fake, 1000)
        let whole = lines[0] + lines[1]
        try fake.write(String(whole.dropLast(40)), to: History.path, mode: 0o640)
        var tail = HistoryTail(files: fake)
        #expect(try tail.news().entries.count == 1)
        #expect(try tail.news().entries.isEmpty)
        try fake.write(whole, to: History.path, mode: 0o640)
        #expect(try tail.news().entries.count == 1)
        // A file that was begun anew is read from its start.
        try fake.write(lines[2], to: History.path, mode: 0o640)
        #expect(try tail.news().entries.count == 1)
        // Written again by a natdeck that was killed meanwhile.
        try fake.write(lines[2] + lines[2], to: History.path, mode: 0o640)
        #expect(try tail.news().entries.isEmpty)
    }

    @Test func `of a long history the end is read`() async throws {
        let fake = FakeHost(.scenario)
        let lines = try await lines(fake, 1000)
        try fake.write(lines.joined(), to: History.path, mode: 0o640)
        var tail = HistoryTail(files: fake)
        #expect((50...100).contains(try tail.news().entries.count))
    }

    @Test func `sees a guard come and go`() throws {
        let fake = FakeHost(.scenario)
        var tail = HistoryTail(files: fake)
        func news() -> [Bool] { (0..<6).compactMap { _ in tail.newsOfGuard() } }
        #expect(news() == [false])
        let lock = try fake.lock("/run/natdeck/guard.lock", holder: "root")
        #expect(news() == [true])
        #expect(news().isEmpty)
        withExtendedLifetime(lock) {}
    }

    @Test
    func `a history that cannot be read is no empty one, and lines that are none are counted`()
        async throws
    {
        let fake = FakeHost(.scenario)
        let lines = try await lines(fake, 2)
        try fake.write(lines[0] + "no entry\n" + lines[1], to: History.path, mode: 0o640)
        var tail = HistoryTail(files: fake)
        let news = try tail.news()
        #expect(news.entries.count == 2 && news.unread == 1)
        #expect(try tail.news().unread == 0)
        fake.box.unreadable.insert(History.path)
        #expect(throws: ReadFailure(History.path, "Permission denied")) { try tail.news() }
        fake.box.unreadable.remove(History.path)
        try fake.write(lines[1], to: History.path, mode: 0o640)
        #expect(try tail.news().unread == 0)
    }
}
