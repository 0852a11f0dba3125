import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// Whoever runs natdeck, as the journal and the history name them.
enum Operator {
    /// The login behind this process, also behind sudo(8), and where it comes from.
    static var current: ChangeRecord.Author {
        let login = ["SUDO_USER", "LOGNAME", "USER"].lazy.compactMap(variable).first
        return ChangeRecord.Author(
            login: login ?? "uid \(getuid())", sshPeer: sshPeer, process: getpid())
    }

    /// The address this session comes from; `nil` where it does not come by SSH.
    ///
    /// Source: SSH_CONNECTION, see ssh(1). sudo takes it away; `SSHPeers` finds it all the same.
    static var sshPeer: IPv4Address? {
        variable("SSH_CONNECTION")?.split(separator: " ").first.flatMap { IPv4Address($0) }
    }

    private static func variable(_ name: String) -> String? {
        let text = getenv(name).map { String(cString: $0).strippedOfControls }
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }
}
