import CHost
import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// A file that is there to be locked.
///
/// The lock is of the open file description: it ends with the process that holds it, and whoever
/// asks whether it is held takes nothing. Source: fcntl(2), F_OFD_SETLK and F_OFD_GETLK.
struct LockFile {
    let file: TrustedFile

    init(_ file: TrustedFile) { self.file = file }

    /// Takes the lock, without waiting; `holder` is written into the file for others to read.
    func take(holder: String) throws(FileLock.Refusal) -> FileLock {
        let result: Result<FileLock, FileLock.Refusal>
        do throws(ReadFailure) { result = try lock(holder) } catch { throw .failed(error) }
        return try result.get()
    }

    /// Whether somebody holds the lock.
    func isHeld() throws(ReadFailure) -> Bool {
        guard let folder = try file.folder(isMade: false),
            let descriptor = try folder.file(file.name, O_RDONLY)
        else { return false }
        defer { close(descriptor) }
        let answer = nd_is_locked(descriptor)
        guard answer >= 0 else { throw ReadFailure(file.path, errno: errno) }
        return answer == 1
    }

    private func lock(
        _ holder: String
    ) throws(ReadFailure) -> Result<FileLock, FileLock.Refusal> {
        // That the file is not there is no proof that nobody holds the lock: it may have been
        // removed under its holder.
        if try !file.exists(), let holder = try holderOfRemoved() {
            return .failure(.held(by: holder))
        }
        for _ in 0..<100 {
            switch try attempt() {
            case .taken(let descriptor):
                // A full disk must not keep anybody from taking a change back.
                if ftruncate(descriptor, 0) == 0 {
                    _ = pwrite(descriptor, Array(holder.utf8), holder.utf8.count, 0)
                }
                return .success(FileLock { close(descriptor) })
            case .held:
                return .failure(.held(by: Self.text(try file.read(limit: Self.longestHolder))))
            case .removedMeanwhile: continue
            }
        }
        throw ReadFailure(file.path, "it is removed again and again")
    }

    private static let longestHolder = 4096

    private static func text(_ bytes: [UInt8]?) -> String {
        String(decoding: bytes ?? [], as: UTF8.self).strippedOfControls
    }

    private enum Attempt {
        /// By this open file.
        case taken(Int32)
        case held
        /// What was locked is not the file any more that has the name.
        case removedMeanwhile
    }

    private func attempt() throws(ReadFailure) -> Attempt {
        let folder = try file.madeFolder()
        // A lock that is there can be taken on a disk that has become read-only, too.
        let isReadOnly = faccessat(folder.descriptor, ".", W_OK, 0) != 0 && errno == EROFS
        let flags = isReadOnly ? O_RDONLY : O_RDWR | O_CREAT
        guard let descriptor = try folder.file(file.name, flags, mode: 0o600) else {
            if isReadOnly { throw ReadFailure(file.path, errno: EROFS) }
            return .removedMeanwhile
        }
        // By flock(2) too: an older natdeck knows no other lock, and of those that can only read
        // the file several would get a shared one.
        guard nd_lock(descriptor, isReadOnly ? 1 : 0) == 0,
            flock(descriptor, LOCK_EX | LOCK_NB) == 0
        else {
            let reason = errno
            close(descriptor)
            if reason == EAGAIN || reason == EACCES { return .held }
            throw ReadFailure(file.path, errno: reason)
        }
        guard try isThere(descriptor) else {
            close(descriptor)
            return .removedMeanwhile
        }
        return .taken(descriptor)
    }

    /// Whether an open file is the one that has the name now.
    private func isThere(_ descriptor: Int32) throws(ReadFailure) -> Bool {
        guard let folder = try file.folder(isMade: false),
            let present = try folder.file(file.name, TrustedFolder.lookOnly)
        else { return false }
        defer { close(present) }
        var (ours, named) = (stat(), stat())
        guard fstat(descriptor, &ours) == 0, fstat(present, &named) == 0 else {
            throw ReadFailure(file.path, errno: errno)
        }
        return ours.st_dev == named.st_dev && ours.st_ino == named.st_ino
    }

    /// Who holds the lock on a file of this name that was removed, as `rm -r` of its folder does;
    /// `nil` where nobody does.
    ///
    /// Source: `/proc/PID/fd`: the link of a removed file says so, and opens it all the same.
    private func holderOfRemoved() throws(ReadFailure) -> String? {
        let files = SystemFiles()
        var folder = stat()
        let made = try file.madeFolder()
        guard fstat(made.descriptor, &folder) == 0 else {
            throw ReadFailure(file.path, errno: errno)
        }
        for process in try files.list("/proc") ?? [] where Int(process) != nil {
            // A process that has ended meanwhile, or is somebody else's, holds no lock of root's.
            for number in (try? files.list("/proc/\(process)/fd")) ?? [] {
                let link = "/proc/\(process)/fd/\(number)"
                var removed = stat()
                // Another mount namespace may have a file of the same name.
                guard files.link(link) == "\(file.path) (deleted)", stat(link, &removed) == 0,
                    removed.st_dev == folder.st_dev
                else { continue }
                let descriptor = open(link, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { continue }
                defer { close(descriptor) }
                guard nd_is_locked(descriptor) == 1 else { continue }
                var bytes = [UInt8](repeating: 0, count: Self.longestHolder)
                let count = max(pread(descriptor, &bytes, bytes.count, 0), 0)
                return Self.text(Array(bytes[..<count]))
            }
        }
        return nil
    }
}
