import Glibc
import NATModel
import Testing

@testable import NATHost

/// What natdeck wrote down for itself is believed only where root alone can have written it.
@Suite(.enabled(if: geteuid() == 0 && PrivateFolder.isPossible, "needs root"))
struct TrustedFileTests {
    private let folder: PrivateFolder
    private let files: SystemFiles

    init() throws {
        folder = try PrivateFolder()
        files = SystemFiles(records: ["\(folder.path)/state"])
        try files.write("mine\n", to: path)
    }

    private var path: String { "\(folder.path)/state/natdeck/journal" }

    /// Everything natdeck does with a record, each with nothing changed where it is refused.
    private var uses: [(String, () throws -> Void)] {
        [
            ("read", { _ = try files.read(path) }), ("size", { _ = try files.size(path) }),
            ("tail", { _ = try files.read(path, after: 2) }),
            ("write", { try files.write("new\n", to: path) }),
            ("append", { try files.append("new", to: path) }),
            ("try", { try files.checkReplaceable(path) }),
            ("room", { try files.checkAppendable(10, to: path) }),
            ("move", { try files.move(path, to: path + ".1") }),
            ("remove", { try files.remove(path) }),
            ("lock", { _ = try files.lock(path, holder: "me") }),
            ("ask", { _ = try files.isLocked(path) }),
        ]
    }

    /// Tries every use, and gives what each was refused with.
    private func refusals() -> [ReadFailure] {
        uses.compactMap { name, use in
            do { try use() } catch let failure as ReadFailure { return failure } catch {
                if case FileLock.Refusal.failed(let failure) = error { return failure }
                Issue.record("\(name): \(error)")
                return nil
            }
            Issue.record("\(name) was not refused")
            return nil
        }
    }

    private var contents: String? {
        get throws { String(validating: try #require(try files.read(path)), as: UTF8.self) }
    }

    @Test(arguments: ["", "state", "state/natdeck", "state/natdeck/journal"], [0o020, 0o002])
    func `nothing is done with a record that others may write to`(
        place: String, bit: mode_t
    ) throws {
        let object = place.isEmpty ? folder.path : "\(folder.path)/\(place)"
        let mode = folder.mode(place)
        chmod(object, mode | bit)
        let refusals = refusals()
        chmod(object, mode)
        #expect(Set(refusals.map(\.object)) == [object])
        for refusal in refusals {
            #expect(refusal.reason.contains("others than root may write to it (mode"))
            #expect(refusal.fix?.hasSuffix("chmod go-w \(object)") == true)
        }
        #expect(try contents == "mine\n")
        #expect(try files.list("\(folder.path)/state/natdeck") == ["journal"])
    }

    @Test(arguments: ["", "state", "state/natdeck", "state/natdeck/journal"])
    func `nothing is done with a record that is not root's`(place: String) throws {
        let object = place.isEmpty ? folder.path : "\(folder.path)/\(place)"
        try #require(chown(object, 12345, 12345) == 0)
        let refusals = refusals()
        chown(object, 0, 0)
        #expect(Set(refusals.map(\.object)) == [object])
        for refusal in refusals {
            #expect(refusal.reason.contains("it belongs to user 12345 and not to root"))
            #expect(refusal.fix?.hasSuffix("chown root:root \(object)") == true)
        }
        #expect(try contents == "mine\n")
    }

    @Test func `in a sticky folder root's own file is believed, and no second name of one`() throws
    {
        chmod("\(folder.path)/state/natdeck", 0o1777)
        #expect(try contents == "mine\n")
        try files.write("new\n", to: path)
        link(path, "\(folder.path)/other")
        #expect(throws: ReadFailure.self) { try files.read(path) }
    }

    @Test func `no link is followed, and what it leads to stays as it is`() throws {
        let victim = "\(folder.path)/victim"
        try SystemFiles().write("precious\n", to: victim)
        try files.remove(path)
        symlink(victim, path)
        #expect(Set(refusals().map(\.object)) == [path])
        unlink(path)
        rename("\(folder.path)/state/natdeck", "\(folder.path)/state/real")
        symlink("\(folder.path)/state/real", "\(folder.path)/state/natdeck")
        #expect(Set(refusals().map(\.object)) == ["\(folder.path)/state/natdeck"])
        #expect(try SystemFiles().read(victim) == Array("precious\n".utf8))
        #expect(try SystemFiles().list("\(folder.path)/state/real") == [])
    }

    @Test func `what a killed process has left beside a file goes with the next writing`() throws {
        let dead = try #require(deadProcess())
        let live = getppid()
        for name in ["journal.natdeck-\(dead)", "journal.natdeck-\(live)", "journal.natdeck-x"] {
            try files.write("half", to: "\(folder.path)/state/natdeck/\(name)")
        }
        try files.write("new\n", to: path)
        #expect(
            try files.list("\(folder.path)/state/natdeck")?.sorted() == [
                "journal", "journal.natdeck-\(live)", "journal.natdeck-x",
            ])
    }

    /// The number of a process that has ended.
    private func deadProcess() -> pid_t? {
        var process = pid_t()
        let name = strdup("true")
        defer { free(name) }
        guard posix_spawn(&process, "/bin/true", nil, nil, [name, nil], nil) == 0 else {
            return nil
        }
        waitpid(process, nil, 0)
        return process
    }

    @Test func `room for a line is made sure of beforehand`() throws {
        #expect(mount("natdeck", folder.path, "tmpfs", 0, "size=16k,mode=755") == 0)
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let file = "\(folder.path)/state/history"
        try files.append("first", to: file)
        try files.checkAppendable(2000, to: file)
        #expect(throws: ReadFailure(file, "No space left on device")) {
            try files.checkAppendable(100_000, to: file)
        }
        #expect(try files.read(file) == Array("first\n".utf8))
    }
}

/// Locks end with their holders, and asking for one takes nothing.
@Suite(.enabled(if: geteuid() == 0 && PrivateFolder.isPossible, "needs root"))
struct LockFileTests {
    private let folder: PrivateFolder
    private let files: SystemFiles
    private var path: String { "\(folder.path)/run/lock" }

    init() throws {
        folder = try PrivateFolder()
        files = SystemFiles(records: ["\(folder.path)/run"])
    }

    private func refusal() -> FileLock.Refusal? {
        do {
            _ = try files.lock(path, holder: "second")
            return nil
        } catch { return error }
    }

    @Test func `the second is told who has it, until the first is gone`() throws {
        #expect(try !files.isLocked(path))
        do {
            let lock = try files.lock(path, holder: "first")
            #expect(try files.isLocked(path))
            #expect(refusal() == .held(by: "first"))
            withExtendedLifetime(lock) {}
        }
        #expect(try !files.isLocked(path))
        #expect(refusal() == nil)
    }

    @Test func `whoever looks whether a lock is held keeps nobody from taking it`() async throws {
        let (files, path) = (files, path)
        do { _ = try files.lock(path, holder: "first") }
        let looker = Task.detached {
            var looks = 0
            while !Task.isCancelled {
                _ = try files.isLocked(path)
                looks += 1
            }
            return looks
        }
        for _ in 0..<500 { _ = try files.lock(path, holder: "again") }
        looker.cancel()
        #expect(try await looker.value > 0)
    }

    @Test func `a lock that is removed under its holder has no second one`() throws {
        let lock = try files.lock(path, holder: "first")
        unlink(path)
        #expect(refusal() == .held(by: "first"))
        rmdir("\(folder.path)/run")
        #expect(refusal() == .held(by: "first"))
        withExtendedLifetime(lock) {}
    }

    @Test func `a lock that was removed after its holder was gone is taken`() throws {
        do { _ = try files.lock(path, holder: "first") }
        unlink(path)
        #expect(refusal() == nil)
    }

    @Test func `an older natdeck, which locks by flock, is a holder too`() throws {
        try files.write("older", to: path)
        let file = open(path, O_RDWR | O_CLOEXEC)
        #expect(flock(file, LOCK_EX) == 0)
        #expect(refusal() == .held(by: "older"))
        close(file)
        #expect(refusal() == nil)
    }

    @Test func `that a lock cannot be taken is not that somebody has it`() throws {
        mkdir("\(folder.path)/run", 0o755)
        mkdir(path, 0o755)
        guard case .failed(let failure) = refusal() else {
            Issue.record("not told apart")
            return
        }
        #expect(failure.object == path)
        #expect(throws: ReadFailure.self) { try files.isLocked(path) }
    }
}
