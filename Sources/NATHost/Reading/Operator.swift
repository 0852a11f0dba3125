import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// Whoever runs natdeck, as the journal and the history name them.
struct Operator: Sendable {
    let files: any HostFiles

    /// The login behind this process, also behind sudo(8), and where it comes from.
    var current: ChangeRecord.Author {
        ChangeRecord.Author(login: login, sshPeer: sshPeer, process: getpid())
    }

    private var login: String {
        let named = ["SUDO_USER", "LOGNAME", "USER"].lazy.compactMap(Self.variable).first
        return loginName ?? named ?? "uid \(getuid())"
    }

    /// The name of the user who logged in, which neither sudo nor su changes.
    ///
    /// The file is read as data: getpwuid(3) would load libraries that a static program has not.
    ///
    /// Source: `/proc/self/loginuid`, see pam_loginuid(8).
    private var loginName: String? {
        guard case .some(.some(let bytes)) = try? files.read("/proc/self/loginuid"),
            let user = UInt32(String(decoding: bytes, as: UTF8.self).strippedOfControls),
            user != UInt32.max
        else { return nil }
        return PasswdFile.login(of: user, in: read("/etc/passwd"))?.strippedOfControls
    }

    /// The address this session comes from; `nil` where it does not come by SSH.
    ///
    /// Source: SSH_CONNECTION, see ssh(1), of this process or of the nearest one above it that has
    /// it: sudo takes it away.
    var sshPeer: IPv4Address? {
        if let own = Self.variable("SSH_CONNECTION") { return Self.peer(of: own) }
        var process = Int(getppid())
        for _ in 0..<64 where process > 1 {
            if let text = Self.connection(in: read("/proc/\(process)/environ")) {
                return Self.peer(of: text)
            }
            guard let file = try? ProcessFile.parse(read("/proc/\(process)/stat")) else { break }
            process = file.parent
        }
        return nil
    }

    /// A process whose files cannot be read names nobody.
    private func read(_ path: String) -> [UInt8] { ((try? files.read(path)) ?? nil) ?? [] }

    /// Source: proc_pid_environ(5): `NAME=VALUE`, each ended by a zero.
    private static func connection(in environment: [UInt8]) -> String? {
        let name = Array("SSH_CONNECTION=".utf8)
        let entry = environment.split(separator: 0).first { $0.starts(with: name) }
        return entry.map { String(decoding: $0.dropFirst(name.count), as: UTF8.self) }
    }

    private static func peer(of connection: String) -> IPv4Address? {
        connection.split(separator: " ").first.flatMap { IPv4Address($0) }
    }

    private static func variable(_ name: String) -> String? {
        let text = getenv(name).map { String(cString: $0).strippedOfControls }
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }
}
