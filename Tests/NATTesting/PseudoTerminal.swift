import Glibc

/// A program on a terminal of its own, a pty whose other end the test holds.
///
/// The program is killed when the terminal is let go, whatever became of the test.
public final class PseudoTerminal {
    /// How a program ended.
    public enum Ending: Hashable, Sendable {
        /// With this status.
        case exit(Int32)
        /// By this signal.
        case signal(Int32)
    }

    /// Something did not come in time, or the program could not be started.
    public struct Failure: Error, CustomStringConvertible {
        /// What, and what the terminal had received last.
        public var description: String
    }

    /// How long anything may take before the test fails, in milliseconds; the machine is shared.
    public static let patienceMilliseconds = 10_000

    /// The program's process.
    public let pid: pid_t
    /// What the program sent to the terminal, unless ``keepsOutput`` is off.
    public private(set) var output: [UInt8] = []
    /// Whether all output is kept; without, only the last of it is.
    public var keepsOutput = true
    private var primary: Int32 = -1
    private var secondary: Int32 = -1
    private var ending: Ending?
    /// The terminal's modes before the program.
    private let modesBefore: [UInt64]

    /// Starts a program by its path, with its arguments and variables and no others.
    public init(
        _ words: [String], variables: [String], columns: UInt16 = 80, rows: UInt16 = 24
    ) throws {
        var name = [CChar](repeating: 0, count: 64)
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&primary, &secondary, &name, nil, &size) == 0 else {
            throw Failure(description: "openpty: \(String(cString: strerror(errno)))")
        }
        for descriptor in [primary, secondary] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(primary, F_SETFL, O_NONBLOCK)
        modesBefore = Self.modes(secondary)
        pid = try Self.spawn(words, variables, terminal: name)
    }

    deinit {
        if ending == nil {
            kill(-pid, SIGKILL)
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
        hangUp()
    }

    /// What the terminal received, as text.
    public var text: String { String(decoding: output, as: UTF8.self) }

    /// Whether the terminal's modes are what they were before the program.
    public var hasModesBefore: Bool { Self.modes(secondary) == modesBefore }

    /// Sends bytes as if typed, reading what they cause.
    public func type(_ text: String) throws { try type(Array(text.utf8)) }

    /// Sends bytes as if typed, reading what they cause.
    public func type(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        var patience = Self.patienceMilliseconds
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.write(primary, $0.baseAddress, min($0.count, 1024))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
                patience = Self.patienceMilliseconds
                pump(milliseconds: 0)
                continue
            }
            // The program has not read the last of it yet.
            pump(milliseconds: 5)
            patience -= 5
            if patience <= 0 || hasEnded {
                throw Failure(description: "nobody reads the keys; last: \(lastText)")
            }
        }
    }

    /// Sends bytes as if typed, reading nothing of what they cause.
    public func typeUnread(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(primary, bytes, bytes.count)
    }

    /// Changes the terminal's size.
    public func resize(columns: Int, rows: Int) {
        var size = winsize(
            ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(primary, UInt(TIOCSWINSZ), &size)
    }

    /// Sends a signal to the program.
    public func signal(_ number: Int32) { kill(pid, number) }

    /// Takes the terminal away.
    public func hangUp() {
        if secondary >= 0 { close(secondary) }
        if primary >= 0 { close(primary) }
        primary = -1
        secondary = -1
    }

    /// Forgets what was received, so that a wait is for what comes from now on.
    public func forget() { output = [] }

    /// Waits until a condition holds, reading what the program sends meanwhile.
    public func wait(for what: String, until condition: () -> Bool) throws {
        for _ in 0..<(Self.patienceMilliseconds / 10) {
            if condition() { return }
            if primary < 0 { usleep(10_000) } else { pump(milliseconds: 10) }
        }
        guard condition() else {
            throw Failure(description: "\(what) did not come; last: \(lastText)")
        }
    }

    /// Waits until this text was received.
    public func wait(forText expected: String) throws {
        let bytes = Array(expected.utf8)
        try wait(for: "«\(expected)»") { output.contains(bytes) }
    }

    /// Waits until the program has ended, and reads the last of what it sent.
    public func waitForEnd() throws -> Ending {
        try wait(for: "the end") { hasEnded }
        pump(milliseconds: 0)
        guard let ending else { throw Failure(description: "the end did not come") }
        return ending
    }

    /// Reads for a while without a purpose, as an idle terminal does.
    public func idle(milliseconds: Int) {
        for _ in 0..<(milliseconds / 10) { pump(milliseconds: 10) }
    }

    /// Reads until the program has taken all that was typed and has nothing more to say to it.
    public func settle() {
        for _ in 0..<(Self.patienceMilliseconds / 60) {
            let before = output.count
            pump(milliseconds: 60)
            var unread: Int32 = 0
            _ = ioctl(secondary, UInt(FIONREAD), &unread)
            if unread == 0, output.count == before { return }
        }
    }

    /// Time the program has used, in clock ticks.
    public func processorTicks() -> Int {
        let fields = Self.file("/proc/\(pid)/stat").split(separator: " ")
        guard fields.count > 14 else { return 0 }
        return (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)
    }

    /// Memory of the program that is resident, in kB.
    public func residentKilobytes() -> Int {
        let line = Self.file("/proc/\(pid)/status").split(separator: "\n")
            .first { $0.hasPrefix("VmRSS:") }
        return line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first
            .flatMap { Int($0) } ?? 0
    }

    /// Whether the program has ended.
    public var hasEnded: Bool {
        if ending != nil { return true }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return false }
        let number = status & 0x7f
        ending = number == 0 ? .exit(status >> 8 & 0xff) : .signal(number)
        return true
    }

    /// The last of what was received, for the message of a failure.
    public var lastText: String {
        String(decoding: output.suffix(2000), as: UTF8.self).debugDescription
    }

    private func pump(milliseconds: Int32) {
        var ready = pollfd(fd: primary, events: Int16(POLLIN), revents: 0)
        var wait = milliseconds
        while poll(&ready, 1, wait) > 0, ready.revents & Int16(POLLIN) != 0 {
            var bytes = [UInt8](repeating: 0, count: 65536)
            let count = Glibc.read(primary, &bytes, bytes.count)
            if count <= 0 { return }
            output += bytes[..<count]
            if !keepsOutput, output.count > 1 << 20 { output.removeFirst(output.count - 1 << 16) }
            wait = 0
        }
    }

    private static func file(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static func modes(_ descriptor: Int32) -> [UInt64] {
        var modes = termios()
        guard tcgetattr(descriptor, &modes) == 0 else { return [] }
        let characters = withUnsafeBytes(of: modes.c_cc) { $0.map(UInt64.init) }
        return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag].map(UInt64.init)
            + characters
    }

    private static func spawn(
        _ words: [String], _ variables: [String], terminal: [CChar]
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A session of its own, whose first terminal becomes the controlling one; signals as new.
        let newSession: Int32 = 0x80
        posix_spawnattr_setflags(
            &attributes, Int16(newSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, terminal, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&files, 0, 1)
        posix_spawn_file_actions_adddup2(&files, 0, 2)
        var argv = words.map { strdup($0) } + [nil]
        var envp = variables.map { strdup($0) } + [nil]
        defer { for word in argv + envp { free(word) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, words[0], &files, &attributes, &argv, &envp)
        guard result == 0 else {
            throw Failure(description: "\(words[0]): \(String(cString: strerror(result)))")
        }
        return pid
    }
}
