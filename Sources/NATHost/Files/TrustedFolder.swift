import CHost
import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// A folder to which nobody else can have led us.
///
/// Every folder on the way is opened from the one before it and looked at, and no link is
/// followed: what was looked at is what is used.
final class TrustedFolder {
    /// Open for lookups only. Source: open(2), O_PATH.
    let descriptor: Int32
    /// Its absolute path.
    let path: String
    private let trust: Trust
    /// Whether others may make names in it, though not take away those that are not theirs.
    private let isShared: Bool

    private init(_ descriptor: Int32, _ path: String, _ trust: Trust, isShared: Bool) {
        self.descriptor = descriptor
        self.path = path
        self.trust = trust
        self.isShared = isShared
    }

    deinit { close(descriptor) }

    /// Opens the folder of a file, one step after the other from `/`; `nil` where there is none.
    ///
    /// - Parameter mode: the permissions of the folders it lacks, which are made; `nil` makes none.
    static func ofFile(
        _ file: String, _ trust: Trust, making mode: mode_t? = nil
    ) throws(ReadFailure) -> TrustedFolder? {
        let steps = file.split(separator: "/").map(String.init)
        guard file.hasPrefix("/"), !steps.isEmpty, !steps.contains(".."), !steps.contains(".")
        else { throw ReadFailure(file, "not a plain path") }
        var folder = try opened(open("/", flags), "/", trust, isLast: steps.count == 1)
        for (index, step) in steps.dropLast().enumerated() {
            let path = folder.path == "/" ? "/\(step)" : "\(folder.path)/\(step)"
            var next = openat(folder.descriptor, step, flags)
            if next < 0, errno == ENOENT {
                guard let mode else { return nil }
                if mkdirat(folder.descriptor, step, mode) != 0, errno != EEXIST {
                    throw ReadFailure(path, errno: errno)
                }
                try folder.sync()
                next = openat(folder.descriptor, step, flags)
            }
            if next < 0, errno == ENOTDIR || errno == ELOOP {
                throw ReadFailure(
                    path, "it is a link or no folder, and natdeck follows no link here",
                    fix: "put a folder in its place")
            }
            folder = try opened(next, path, trust, isLast: index == steps.count - 2)
        }
        return folder
    }

    /// For looking at something, or going on from it. Source: open(2), O_PATH.
    static let lookOnly = nd_open_path()

    private static let flags = lookOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

    private static func opened(
        _ descriptor: Int32, _ path: String, _ trust: Trust, isLast: Bool
    ) throws(ReadFailure) -> TrustedFolder {
        guard descriptor >= 0 else { throw ReadFailure(path, errno: errno) }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        let folder = TrustedFolder(
            descriptor, path, trust, isShared: status.st_mode & 0o022 != 0)
        guard isKnown else { throw ReadFailure(path, errno: errno) }
        if let refusal = trust.refusal(ofFolder: path, status, isLast: isLast) { throw refusal }
        return folder
    }

    /// Opens a plain file in it that is to be trusted; `nil` where there is none.
    ///
    /// - Parameter mode: the permissions of the file where `flags` make one.
    func file(
        _ name: String, _ flags: Int32, mode: mode_t = 0
    ) throws(ReadFailure) -> Int32? {
        let path = "\(path == "/" ? "" : path)/\(name)"
        // Without waiting: it could be a pipe.
        let file = openat(
            descriptor, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode)
        guard file >= 0 else {
            switch errno {
            case ENOENT: return nil
            case ELOOP:
                throw ReadFailure(
                    path, "it is a link, and natdeck follows none here",
                    fix: "rm \(Command.quoted(path))")
            default: throw ReadFailure(path, errno: errno)
            }
        }
        var status = stat()
        let refusal =
            fstat(file, &status) == 0
            ? trust.refusal(ofFile: path, status, isInSharedFolder: isShared)
            : ReadFailure(path, errno: errno)
        guard let refusal else { return file }
        close(file)
        throw refusal
    }

    /// The names in it, without order.
    func names() throws(ReadFailure) -> [String] {
        let readable = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard readable >= 0, let names = SystemFiles.names(in: fdopendir(readable)) else {
            throw ReadFailure(path, errno: errno)
        }
        return names
    }

    /// Puts its names on disk.
    func sync() throws(ReadFailure) {
        let readable = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard readable >= 0 else { throw ReadFailure(path, errno: errno) }
        defer { close(readable) }
        if fsync(readable) != 0 { throw ReadFailure(path, errno: errno) }
    }
}

extension ReadFailure {
    /// A failure of `object` as errno(3) tells it.
    init(_ object: String, errno number: Int32) {
        self.init(object, String(cString: strerror(number)))
    }
}
