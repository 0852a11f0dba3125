import Glibc
import Testing

/// The probe on a terminal of its own, a pty whose other end the test holds.
///
/// The probe is killed when the session is let go, whatever became of the test.
final class ProbeSession {
    /// How the probe ended.
    enum Ending: Hashable {
        case exit(Int32)
        case signal(Int32)
    }

    /// How long anything may take before the test fails, in milliseconds; the machine is shared.
    static let patienceMilliseconds = 10_000

    private var primary: Int32 = -1
    private var secondary: Int32 = -1
    private let pid: pid_t
    private let logPath: String
    private var ending: Ending?
    /// Everything the probe sent to the terminal.
    private(set) var output: [UInt8] = []
    /// The terminal's modes before the probe.
    private let modesBefore: [UInt64]

    /// Starts the probe, or a program that starts it.
    init(
        term: String? = "xterm-256color", locale: String = "C.UTF-8",
        environment: [String] = [], arguments: [String] = [],
        wrapper: (String) -> [String] = { [$0] }
    ) throws {
        var name = [CChar](repeating: 0, count: 64)
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&primary, &secondary, &name, nil, &size) == 0)
        for descriptor in [primary, secondary] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        modesBefore = Self.modes(secondary)

        var path = Array("/tmp/natdeck-probe-XXXXXX".utf8CString)
        close(mkstemp(&path))
        logPath = String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let words = wrapper(try Self.probePath()) + [logPath] + arguments
        let variables =
            (term.map { ["TERM=\($0)"] } ?? []) + ["LC_ALL=\(locale)", "PATH=/usr/bin:/bin"]
            + environment
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
        unlink(logPath)
    }

    /// What the terminal shows of the bytes, as text.
    var text: String { String(decoding: output, as: UTF8.self) }

    /// The events the probe noted.
    var events: [String] {
        guard let file = fopen(logPath, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
            .map { String($0.replacing("NATDashboard.", with: "").replacing("Key.", with: "")) }
    }

    /// Whether the terminal's modes are what they were before the probe.
    var hasModesBefore: Bool { Self.modes(secondary) == modesBefore }

    /// Sends bytes as if typed.
    func type(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.write(primary, $0.baseAddress, min($0.count, 1024))
            }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
            pump(milliseconds: 0)
        }
    }

    /// Sends bytes as if typed, reading nothing of what they cause.
    func typeUnread(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(primary, bytes, bytes.count)
    }

    /// Waits until the probe noted an event, reading nothing of what it sends.
    func waitUnread(forEvent event: String) throws {
        for _ in 0..<(Self.patienceMilliseconds / 20) where !events.contains(event) {
            usleep(20_000)
        }
        try #require(events.contains(event))
    }

    /// Changes the terminal's size.
    func resize(columns: UInt16, rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(primary, UInt(TIOCSWINSZ), &size)
    }

    /// Sends a signal to the probe.
    func signal(_ number: Int32) { kill(pid, number) }

    /// Takes the terminal away.
    func hangUp() {
        if secondary >= 0 { close(secondary) }
        if primary >= 0 { close(primary) }
        primary = -1
        secondary = -1
    }

    /// Waits until a condition holds, reading what the probe sends meanwhile.
    func wait(
        for condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for _ in 0..<(Self.patienceMilliseconds / 10) {
            if condition() { return }
            pump(milliseconds: 10)
        }
        try #require(
            condition(), "events: \(events), output: \(text.suffix(2000).debugDescription)",
            sourceLocation: sourceLocation)
    }

    /// Waits until the probe noted an event.
    func wait(
        forEvent event: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try wait(for: { events.contains(event) }, sourceLocation: sourceLocation)
    }

    /// Waits until the probe has ended.
    func waitForEnd(sourceLocation: SourceLocation = #_sourceLocation) throws -> Ending {
        try wait(for: { hasEnded() }, sourceLocation: sourceLocation)
        pump(milliseconds: 0)
        return try #require(ending)
    }

    /// Reads for a while without a purpose, as an idle terminal does.
    func idle(milliseconds: Int) { for _ in 0..<(milliseconds / 10) { pump(milliseconds: 10) } }

    /// Time the probe has used, in clock ticks.
    func processorTicks() -> Int {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return 0 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        let fields = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        guard fields.count > 14 else { return 0 }
        return (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0)
    }

    private func hasEnded() -> Bool {
        if ending != nil { return true }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return false }
        let number = status & 0x7f
        ending = number == 0 ? .exit(status >> 8 & 0xff) : .signal(number)
        return true
    }

    private func pump(milliseconds: Int32) {
        var ready = pollfd(fd: primary, events: Int16(POLLIN), revents: 0)
        var wait = milliseconds
        while poll(&ready, 1, wait) > 0, ready.revents & Int16(POLLIN) != 0 {
            var bytes = [UInt8](repeating: 0, count: 65536)
            let count = Glibc.read(primary, &bytes, bytes.count)
            if count <= 0 { return }
            output += bytes[..<count]
            wait = 0
        }
    }

    private static func modes(_ descriptor: Int32) -> [UInt64] {
        var modes = termios()
        guard tcgetattr(descriptor, &modes) == 0 else { return [] }
        let characters = withUnsafeBytes(of: modes.c_cc) { $0.map(UInt64.init) }
        return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag].map(UInt64.init)
            + characters
    }

    /// The probe is built beside the tests.
    private static func probePath() throws -> String {
        var link = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &link, link.count)
        let bytes = link.map(UInt8.init(bitPattern:))
        let path = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        let end = try #require(path.lastIndex(of: "/"))
        return path[...end] + "terminal-probe"
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
        let result = posix_spawn(&pid, words[0], &files, &attributes, &argv, &envp)
        try #require(result == 0, "\(words[0]): \(String(cString: strerror(result)))")
        return pid
    }
}
