import NATModel
import NATParse

/// Whoever stands behind a process: the login, and where the session comes from.
///
/// All of it is read as data: getpwuid(3) would load libraries that a static program has not.
struct SessionOwner: Sendable {
    let files: any HostFiles

    /// The name of the user who logged in, which neither sudo nor su changes; `nil` where nobody did.
    ///
    /// Source: `/proc/PID/loginuid`, see pam_loginuid(8).
    ///
    /// - Parameter process: its folder in `/proc`, `self` for this one.
    func loginName(of process: String) -> String? {
        guard let user = UInt32(text("/proc/\(process)/loginuid")), user != UInt32.max else {
            return nil
        }
        return name(of: user)
    }

    /// The name of the user a process runs as, its number where nothing names it; `nil` where the
    /// process is gone.
    ///
    /// Source: `/proc/PID/status`, see proc_pid_status(5): `Uid:`, the real one first.
    func userName(of process: String) -> String? {
        ProcessStatusFile.realUser(in: read("/proc/\(process)/status")).map { user in
            name(of: user) ?? "uid \(user)"
        }
    }

    /// The address that a session comes from; `nil` where it does not come by SSH.
    ///
    /// Source: SSH_CONNECTION, see ssh(1), of this process or of the nearest one above it that has
    /// it: sudo takes it away.
    func sshPeer(above process: Int) -> IPv4Address? {
        var process = process
        for _ in 0..<Self.mostAncestors where process > 1 {
            if let text = Self.connection(in: read("/proc/\(process)/environ")) {
                return Self.peer(of: text)
            }
            guard let file = try? ProcessFile.parse(read("/proc/\(process)/stat")) else { break }
            process = file.parent
        }
        return nil
    }
    private static let mostAncestors = 64

    /// The address in what SSH_CONNECTION holds.
    static func peer(of connection: String) -> IPv4Address? {
        connection.split(separator: " ").first.flatMap { IPv4Address($0) }
    }

    private func name(of user: UInt32) -> String? {
        PasswdFile.login(of: user, in: read("/etc/passwd"))?.strippedOfControls
    }

    /// A process whose files cannot be read names nobody.
    private func read(_ path: String) -> [UInt8] { ((try? files.read(path)) ?? nil) ?? [] }

    private func text(_ path: String) -> String {
        String(decoding: read(path), as: UTF8.self).strippedOfControls
    }

    /// Source: proc_pid_environ(5): `NAME=VALUE`, each ended by a zero.
    private static func connection(in environment: [UInt8]) -> String? {
        let name = Array("SSH_CONNECTION=".utf8)
        let entry = environment.split(separator: 0).first { $0.starts(with: name) }
        return entry.map { String(decoding: $0.dropFirst(name.count), as: UTF8.self) }
    }
}
