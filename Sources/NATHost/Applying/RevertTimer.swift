import NATModel

/// The watch over a change that awaits its keep. It lives outside the operator's session.
struct RevertTimer: Sendable {
    let runner: any CommandRunner
    let files: any HostFiles
    /// The natdeck program.
    let executable: String

    /// How often the watch looks at the journal.
    static let pace = Duration.milliseconds(250)
    /// The longest it waits before it tries again what could not be taken back.
    static let longestPause = Duration.seconds(30)
    /// The file whose lock a watch holds for as long as it lives, with the change's name in it.
    static let lockPath = Journal.folder + "/watch"

    private static let patience = Duration.seconds(3)

    /// Starts the watch, and waits until it is there: a change that nobody would take back must not
    /// begin.
    ///
    /// Where systemd runs it is a unit of its own, which the end of the login session does not
    /// reach and which is started again should it be killed; elsewhere a child in a session of its
    /// own, which ignores SIGHUP.
    func start(_ id: String) async throws(ReadFailure) {
        try await launch(id)
        let began = ContinuousClock.now
        while !isWatching(id) {
            guard ContinuousClock.now - began < Self.patience else {
                throw ReadFailure(
                    "\(executable) revert-timer", "the watch over the change did not start",
                    fix: "leave out --keep-within, or find out why it does not run")
            }
            // A task that is cancelled looks without a pause, until its patience ends.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Whether the watch over this change is alive.
    func isWatching(_ id: String) -> Bool {
        do throws(ReadFailure) {
            guard try files.isLocked(Self.lockPath), let bytes = try files.read(Self.lockPath)
            else { return false }
            return String(decoding: bytes, as: UTF8.self) == id
        } catch {
            // A watch that nobody can make sure of is none.
            return false
        }
    }

    /// A unit that systemd starts again whatever ends it, without end, until the watch itself says
    /// that the change is settled; that tells the watch alone to end, and not the program with
    /// which it is taking a step back.
    static func unit(_ id: String, _ watch: [String]) -> Command {
        let properties = [
            "Restart=always", "RestartPreventExitStatus=0", "RestartSec=1",
            "StartLimitIntervalSec=0", "KillMode=mixed", "SendSIGHUP=no", "TimeoutStopSec=300",
        ]
        return Command(
            [
                "systemd-run", "--quiet", "--collect", "--unit=natdeck-revert-\(id)",
                "--service-type=exec",
            ] + properties.map { "--property=\($0)" } + ["--"] + watch)
    }

    private func launch(_ id: String) async throws(ReadFailure) {
        let watch = [executable, "revert-timer", id]
        let detached = Command(["setsid", "--fork"] + watch)
        do throws(CommandFailure) {
            // An older systemd-run does not know all of these properties, and starts nothing.
            if files.isSystemdRunning, runner.isInstalled("systemd-run"),
                try await runner.run(Self.unit(id, watch)).status == 0
            {
                return
            }
            let reply = try await runner.run(detached)
            guard reply.status == 0 else {
                throw CommandFailure.notStarted(detached, reason: reply.complaint)
            }
        } catch {
            throw error.readFailure
        }
    }
}
