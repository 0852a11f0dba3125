import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// Whoever runs natdeck, as the journal and the history name them.
struct Operator: Sendable {
    let files: any HostFiles

    private var owner: SessionOwner { SessionOwner(files: files) }

    /// The login behind this process, also behind sudo(8), and where it comes from.
    var current: ChangeRecord.Author {
        ChangeRecord.Author(login: login, sshPeer: sshPeer, process: getpid())
    }

    private var login: String {
        let named = ["SUDO_USER", "LOGNAME", "USER"].lazy.compactMap(Self.variable).first
        return owner.loginName(of: "self") ?? named ?? owner.userName(of: "self")
            ?? "uid \(getuid())"
    }

    /// The address this session comes from; `nil` where it does not come by SSH.
    var sshPeer: IPv4Address? {
        if let own = Self.variable("SSH_CONNECTION") { return SessionOwner.peer(of: own) }
        return owner.sshPeer(above: Int(getppid()))
    }

    private static func variable(_ name: String) -> String? {
        let text = getenv(name).map { String(cString: $0).strippedOfControls }
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }
}
