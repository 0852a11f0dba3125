import NATModel

/// The watch over a change that awaits its keep. It lives outside the operator's session.
struct RevertTimer: Sendable {
    let runner: any CommandRunner
    let files: any HostFiles
    /// The natdeck program.
    let executable: String

    /// How often the watch looks at the journal.
    static let pace = Duration.milliseconds(250)

    /// Starts the watch.
    ///
    /// Where systemd runs it is a unit of its own, which the end of the login session does not
    /// reach; elsewhere a child in a session of its own, which ignores SIGHUP.
    func start(_ id: String) async throws(ReadFailure) {
        let watch = [executable, "revert-timer", id]
        let command =
            isSystemdRunning
            ? Command(
                ["systemd-run", "--quiet", "--collect", "--unit=natdeck-revert-\(id)", "--"] + watch
            )
            : Command(["setsid", "--fork"] + watch)
        do throws(CommandFailure) {
            let reply = try await runner.run(command)
            guard reply.status == 0 else {
                throw CommandFailure.notStarted(command, reason: reply.complaint)
            }
        } catch {
            throw error.readFailure
        }
    }

    /// Source: sd_booted(3).
    private var isSystemdRunning: Bool {
        do {
            return try files.read("/run/systemd/system") != nil
        } catch {
            // A folder is there and cannot be read as a file.
            return true
        }
    }
}
