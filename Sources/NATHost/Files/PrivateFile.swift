public import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// A small file of this user's own, which nobody else can have written or can be made to read.
///
/// Every folder on the way to it is opened from the one before it and looked at: it belongs to
/// this user or to root, neither its group nor others may write to it, and no link is followed. So
/// under sudo, where HOME may be somebody else's, nothing is read from there or left there.
public struct PrivateFile: Sendable {
    /// Its absolute path.
    public let path: String

    /// A file at this absolute path.
    public init(_ path: String) { self.path = path }

    /// The file of this name where programs keep their state; a refusal where there is no such
    /// place.
    ///
    /// Source: XDG Base Directory Specification: `$XDG_STATE_HOME`, an absolute path, or else
    /// `$HOME/.local/state`.
    ///
    /// - Parameter variable: the environment.
    public static func inState(
        _ name: String, _ variable: (String) -> String?
    ) throws(ReadFailure) -> PrivateFile {
        if let folder = variable("XDG_STATE_HOME"), folder.hasPrefix("/") {
            return PrivateFile("\(folder)/natdeck/\(name)")
        }
        guard let home = variable("HOME"), home.hasPrefix("/") else {
            throw ReadFailure("HOME", "not set")
        }
        return PrivateFile("\(home)/.local/state/natdeck/\(name)")
    }

    /// The most bytes such a file may hold.
    private static let mostBytes = 65_536

    /// The whole of it; `nil` where there is none.
    public func read() throws(ReadFailure) -> [UInt8]? {
        guard let folder = try openFolder(makesIt: false) else { return nil }
        defer { close(folder) }
        guard let file = try openOwn(in: folder) else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Self.mostBytes + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure(path) }
            if got == 0 { break }
            count += got
        }
        guard count <= Self.mostBytes else { throw ReadFailure(path, "too long") }
        return Array(bytes[..<count])
    }

    /// Replaces it as a whole, or leaves it as it was; the folders it lacks are made for this user
    /// alone.
    public func write(_ contents: String) throws(ReadFailure) {
        guard let folder = try openFolder(makesIt: true) else { throw failure(path) }
        defer { close(folder) }
        // One that is somebody else's is left alone, although its name could be taken.
        if let old = try openOwn(in: folder) { close(old) }
        let beside = ".\(name).\(getpid())"
        // What a process of the same number left when it was killed.
        unlinkat(folder, beside, 0)
        let file = openat(
            folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        let bytes = Array(contents.utf8)
        let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let error = errno
        close(file)
        if isWritten, renameat(folder, beside, folder, name) == 0 { return }
        let reason = isWritten ? errno : error
        unlinkat(folder, beside, 0)
        throw ReadFailure(path, String(cString: strerror(reason)))
    }

    private var components: [String] { path.split(separator: "/").map(String.init) }

    private var name: String { components.last ?? "" }

    /// Opens the file where it is a plain one of this user's; `nil` where there is none.
    private func openOwn(in folder: Int32) throws(ReadFailure) -> Int32? {
        // Without waiting: it could be a pipe.
        let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(path)
        }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw ReadFailure(path, "not a plain file")
        }
        if let reason = Self.refusal(status, mayBeRoots: false) {
            close(file)
            throw ReadFailure(path, reason)
        }
        return file
    }

    /// Opens the folder it is in, one step after the other from `/`; `nil` where there is none.
    private func openFolder(makesIt: Bool) throws(ReadFailure) -> Int32? {
        var folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var walked = ""
        guard folder >= 0 else { throw failure("/") }
        do throws(ReadFailure) {
            try check(folder, "/", mayBeRoots: true)
            let folders = components.dropLast()
            for (index, step) in folders.enumerated() {
                walked += "/\(step)"
                guard step != "..", step != "." else { throw ReadFailure(path, "not a plain path") }
                let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                var next = openat(folder, step, flags)
                if next < 0, errno == ENOENT {
                    guard makesIt else {
                        close(folder)
                        return nil
                    }
                    if mkdirat(folder, step, 0o700) != 0, errno != EEXIST { throw failure(walked) }
                    next = openat(folder, step, flags)
                }
                guard next >= 0 else { throw failure(walked) }
                close(folder)
                folder = next
                try check(folder, walked, mayBeRoots: index < folders.count - 1)
            }
        } catch {
            close(folder)
            throw error
        }
        return folder
    }

    private func check(
        _ folder: Int32, _ path: String, mayBeRoots: Bool
    ) throws(ReadFailure) {
        var status = stat()
        guard fstat(folder, &status) == 0 else { throw failure(path) }
        if let reason = Self.refusal(status, mayBeRoots: mayBeRoots) {
            throw ReadFailure(path, reason)
        }
    }

    /// Why something is not to be trusted; `nil` where it is.
    private static func refusal(_ status: stat, mayBeRoots: Bool) -> String? {
        guard status.st_uid == geteuid() || (mayBeRoots && status.st_uid == 0) else {
            return "belongs to somebody else"
        }
        return status.st_mode & 0o022 == 0 ? nil : "others may write to it"
    }

    private func failure(_ object: String) -> ReadFailure {
        ReadFailure(object, String(cString: strerror(errno)))
    }
}
