import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// Who must have written a file for natdeck to believe it.
enum Trust: Sendable {
    /// Root alone: natdeck acts as root on what the file says.
    case root
    /// This user, in folders of this user's or root's.
    case thisUser
    /// Whoever the box lets write it: natdeck does nothing that the file says.
    case anyone

    /// Folders that their group may write to on boxes as they are delivered.
    ///
    /// Ubuntu gives `/var/log` to the group of its syslog daemon. That daemon could put another
    /// folder in the place of natdeck's, but only one of its own, which is then refused.
    private static let groupsOwn: Set = ["/var/log"]

    /// Why a folder on the way to the file is not to be trusted; `nil` where it is.
    func refusal(ofFolder path: String, _ status: stat, isLast: Bool) -> ReadFailure? {
        let owner = status.st_uid
        let isRoots = owner == 0 || UserNamespace.isUnmappedRoot(owner)
        let isOwn: Bool
        switch self {
        case .anyone: return nil
        case .root: isOwn = isRoots
        case .thisUser: isOwn = owner == geteuid() || !isLast && isRoots
        }
        guard isOwn else { return foreign(path, owner) }
        // In a sticky folder nobody can move or remove what is somebody else's.
        if status.st_mode & S_ISVTX != 0 { return nil }
        let writers: mode_t = Self.groupsOwn.contains(path) && !isLast ? 0o002 : 0o022
        return status.st_mode & writers == 0 ? nil : writable(path, status)
    }

    /// Why the file itself is not to be trusted; `nil` where it is.
    ///
    /// - Parameter isInSharedFolder: whether others may make names in its folder.
    func refusal(
        ofFile path: String, _ status: stat, isInSharedFolder: Bool
    ) -> ReadFailure? {
        let wanted: uid_t
        switch self {
        case .anyone: return nil
        case .root: wanted = 0
        case .thisUser: wanted = geteuid()
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return ReadFailure(path, "not a plain file")
        }
        guard status.st_uid == wanted else { return foreign(path, status.st_uid) }
        guard status.st_mode & 0o022 == 0 else { return writable(path, status) }
        // Somebody could have given another file of the same owner this name.
        guard !isInSharedFolder || status.st_nlink == 1 else {
            return ReadFailure(
                path, "it has other names too, and others may have given it this one")
        }
        return nil
    }

    private func foreign(_ path: String, _ owner: uid_t) -> ReadFailure {
        switch self {
        case .root:
            ReadFailure(
                path, "it belongs to user \(owner) and not to root, so natdeck does not trust it",
                fix: "look at what it holds, then: chown root:root \(Command.quoted(path))")
        case .thisUser, .anyone: ReadFailure(path, "belongs to somebody else")
        }
    }

    private func writable(_ path: String, _ status: stat) -> ReadFailure {
        let mode = String(status.st_mode & 0o7777, radix: 8)
        return switch self {
        case .root:
            ReadFailure(
                path,
                "others than root may write to it (mode \(mode)), so natdeck does not trust it",
                fix: "look at what it holds, then: chmod go-w \(Command.quoted(path))")
        case .thisUser, .anyone: ReadFailure(path, "others may write to it")
        }
    }
}

/// What this process's user namespace makes of the machine's root.
private enum UserNamespace {
    /// Whether a user is nobody of this user namespace, as the machine's root is in one that an
    /// ordinary user has made. Whoever that is, root in here is not root of the machine.
    ///
    /// Source: user_namespaces(7), `/proc/sys/kernel/overflowuid`.
    static func isUnmappedRoot(_ user: uid_t) -> Bool { user == unmapped }

    private static let unmapped: uid_t? = {
        let files = SystemFiles()
        // Without /proc there is nobody to make an exception for.
        guard let map = try? files.read("/proc/self/uid_map"),
            let user = try? files.read("/proc/sys/kernel/overflowuid")
        else { return nil }
        let words = String(decoding: map, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words != ["0", "0", "4294967295"] else { return nil }
        return uid_t(String(decoding: user, as: UTF8.self).strippedOfControls)
    }()
}
