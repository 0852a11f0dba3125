import Glibc
import NATHost
import NATModel

/// Lets somebody who is not root build a lab: in a user namespace, where they are.
package enum UserNamespace {
    /// Tells the program that it is inside now and has to make the place ready.
    private static let marker = "NATDECK_USER_NAMESPACE"

    private static let command = [
        "unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork",
        "--kill-child", "--mount-proc",
    ]

    /// Whether this process is in a user namespace that is not the machine's.
    package static var isInside: Bool {
        let map = SmallFile.read("/proc/self/uid_map") ?? ""
        return map.split { $0 == " " || $0 == "\n" } != ["0", "0", "4294967295"]
    }

    /// Starts this program anew in namespaces of its own, unless it is root already.
    ///
    /// On return the process may build labs. Such labs last as long as the process.
    ///
    /// - Throws: where the machine does not allow it, with the setting that says so.
    package static func reexecIfNeeded() async throws(LabError) {
        let tools = LabTools()
        if geteuid() == 0 {
            guard getenv(marker) != nil else { return }
            unsetenv(marker)
            // The machine's /run belongs to a root that is somebody else here.
            try await tools.require("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run")
            return
        }
        let probe = Command(command + ["true"])
        let reply = try await tools.run(probe)
        guard reply.status == 0 else { throw refusal(probe, reply) }
        guard let unshare = SystemRunner().path(of: "unshare") else {
            throw LabError(.missing(probe))
        }
        let own = try LabExecutable.path()
        setenv(marker, "1", 1)
        let arguments = CommandLine.arguments.dropFirst()
        throw ProgramReplacement.replace(with: unshare, command + [own] + arguments)
    }

    private static func refusal(_ probe: Command, _ reply: CommandReply) -> LabError {
        let settings = [
            ("user.max_user_namespaces", "0", "10000"),
            ("kernel.unprivileged_userns_clone", "0", "1"),
            ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
        ]
        for (name, forbidding, allowing) in settings {
            let file = "/proc/sys/" + name.split(separator: ".").joined(separator: "/")
            guard SmallFile.read(file)?.strippedOfControls == forbidding else { continue }
            return LabError(
                "lab", "not root, and \(name) = \(forbidding) forbids user namespaces",
                fix: "run it with sudo, or: sudo sysctl -w \(name)=\(allowing)", status: 77)
        }
        return LabError(
            "lab", "not root, and user namespaces are refused here: \(reply.error)",
            fix: "run it with sudo; to see the refusal: \(probe)", status: 77)
    }
}
