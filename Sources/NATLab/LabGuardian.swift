import Glibc
import NATHost
import NATModel

/// Removes a lab when the process that built it has ended, however it ended.
package struct LabGuardian: Sendable {
    let prefix: String

    /// A guardian for the lab of this name.
    package init(prefix: String) {
        self.prefix = prefix
    }

    /// Starts a guardian in the background that watches this process.
    package func start(executable: String? = nil) async throws(LabError) {
        let executable = try LabExecutable.path(or: executable)
        try await LabTools().require(
            Command(
                "setsid", "--fork", executable, "lab", "serve", LabServer.guardian.rawValue,
                "--prefix", prefix, "--watch", "\(getpid())"))
    }

    func run(_ watched: pid_t?) async throws(LabError) {
        guard let watched else { return }
        while kill(watched, 0) == 0 || errno == EPERM {
            try? await Task.sleep(for: .milliseconds(500))
        }
        try await Lab.down(prefix: prefix)
    }
}
