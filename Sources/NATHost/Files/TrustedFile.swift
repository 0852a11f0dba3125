import CHost
import NATModel
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A file that is believed, and written, only where nobody else can have put it there.
///
/// The file belongs to whom it must, nobody else may write to it or to a folder on its way, and no
/// link is followed. Otherwise everything here fails with the name of the file or folder, whose it
/// is and what mends it, and nothing is touched.
struct TrustedFile: Sendable {
    /// Its absolute path.
    let path: String
    let trust: Trust

    init(_ path: String, _ trust: Trust) {
        self.path = path
        self.trust = trust
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? "" }

    private var folderMode: mode_t {
        switch trust {
        case .root, .anyone: 0o755
        case .thisUser: 0o700
        }
    }

    func folder(isMade: Bool) throws(ReadFailure) -> TrustedFolder? {
        try TrustedFolder.ofFile(path, trust, making: isMade ? folderMode : nil)
    }

    /// The folder, which is made where there is none.
    func madeFolder() throws(ReadFailure) -> TrustedFolder {
        guard let folder = try folder(isMade: true) else { throw ReadFailure(path, errno: ENOENT) }
        return folder
    }

    /// The file, opened so; `nil` where there is none.
    private func open(_ flags: Int32) throws(ReadFailure) -> FileDescriptor? {
        guard let folder = try folder(isMade: false),
            let file = try folder.file(name, flags)
        else { return nil }
        return FileDescriptor(rawValue: file)
    }

    /// Does something with an open file, and says of a failure which file it was.
    private func using<Result>(
        _ file: FileDescriptor, _ body: (FileDescriptor) throws -> Result
    ) throws(ReadFailure) -> Result {
        do { return try file.closeAfter { try body(file) } } catch let failure as ReadFailure {
            throw failure
        } catch {
            throw ReadFailure(path, "\(error)")
        }
    }

    /// What it holds after so many bytes; `nil` where there is no file.
    ///
    /// - Parameter limit: the most bytes it may hold; `nil` for any number.
    func read(after offset: Int = 0, limit: Int? = nil) throws(ReadFailure) -> [UInt8]? {
        guard let file = try open(O_RDONLY) else { return nil }
        let bytes = try using(file) { try $0.contents(after: offset, limit: limit) }
        if let limit, bytes.count > limit { throw ReadFailure(path, "too long") }
        return bytes
    }

    /// How many bytes it holds; `nil` where there is none.
    func size() throws(ReadFailure) -> Int? {
        guard let file = try open(O_RDONLY) else { return nil }
        return try using(file) { Int(try $0.seek(offset: 0, from: .end)) }
    }

    /// Whether there is one that would be believed.
    func exists() throws(ReadFailure) -> Bool {
        // For looking only: it may be closed to this user.
        guard let file = try open(TrustedFolder.lookOnly) else { return false }
        return try using(file) { _ in true }
    }

    /// Replaces it as a whole, or leaves it as it was; it is on disk when this returns.
    ///
    /// - Parameter mode: its permissions where it is new.
    func write(_ contents: String, mode: mode_t) throws(ReadFailure) {
        let folder = try madeFolder()
        let beside = try writeBeside(contents, mode: mode, in: folder)
        if renameat(folder.descriptor, beside, folder.descriptor, name) != 0 {
            let reason = errno
            unlinkat(folder.descriptor, beside, 0)
            throw ReadFailure(path, errno: reason)
        }
        // The name is on disk once its folder is.
        try folder.sync()
    }

    /// Writes a copy beside it and takes that away.
    func checkReplaceable() throws(ReadFailure) {
        let contents = try read() ?? []
        let folder = try madeFolder()
        let beside = try writeBeside(
            String(decoding: contents, as: UTF8.self), mode: 0o600, in: folder)
        unlinkat(folder.descriptor, beside, 0)
    }

    /// - Returns: the name of what was written.
    private func writeBeside(
        _ contents: String, mode: mode_t, in folder: TrustedFolder
    ) throws(ReadFailure) -> String {
        var mode = mode
        // One that is somebody else's is left alone, although its name could be taken.
        if let old = try folder.file(name, TrustedFolder.lookOnly) {
            var status = stat()
            if fstat(old, &status) == 0 { mode = status.st_mode & 0o7777 }
            close(old)
        }
        try sweep(folder)
        let beside = "\(name)\(Self.besideMark)\(getpid())"
        unlinkat(folder.descriptor, beside, 0)
        let file = openat(
            folder.descriptor, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw ReadFailure(path, errno: errno) }
        do {
            try using(FileDescriptor(rawValue: file)) {
                // All of it: write(2) may take less at a time.
                try $0.writeAll(contents.utf8)
                if fsync($0.rawValue) != 0 { throw Errno(rawValue: errno) }
            }
        } catch {
            unlinkat(folder.descriptor, beside, 0)
            throw error
        }
        return beside
    }

    private static let besideMark = ".natdeck-"

    /// Takes away what processes that are gone have left beside the file.
    private func sweep(_ folder: TrustedFolder) throws(ReadFailure) {
        let start = name + Self.besideMark
        for other in try folder.names() where other.hasPrefix(start) {
            guard let process = pid_t(other.dropFirst(start.utf8.count)),
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            unlinkat(folder.descriptor, other, 0)
        }
    }

    /// Adds a line, in one write, so that lines of two processes do not mix; a line that a crash
    /// has cut short is ended first, so that it spoils no other.
    func append(_ line: String) throws(ReadFailure) {
        try using(try openForLines()) { file in
            let end = try file.seek(offset: 0, from: .end)
            let start = try file.endsLine(at: end) ? "" : "\n"
            try file.writeAll("\(start)\(line)\n".utf8)
            if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
        }
    }

    /// Sees to it that a line of so many bytes can be added.
    func checkAppendable(_ bytes: Int) throws(ReadFailure) {
        try using(try openForLines()) { file in
            let end = try file.seek(offset: 0, from: .end)
            // The line end before it and the one after it.
            guard nd_reserve(file.rawValue, end, Int64(bytes + 2)) != 0 else { return }
            // Some file systems cannot reserve; then the append itself tells.
            if errno != EOPNOTSUPP, errno != ENOSYS { throw Errno(rawValue: errno) }
        }
    }

    private func openForLines() throws(ReadFailure) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_APPEND
        guard let file = try madeFolder().file(name, flags, mode: 0o640) else {
            throw ReadFailure(path, errno: ENOENT)
        }
        return FileDescriptor(rawValue: file)
    }

    /// Removes it; one that is not there is no error, one that is not to be believed stays.
    func remove() throws(ReadFailure) {
        guard let folder = try folder(isMade: false), try exists() else { return }
        if unlinkat(folder.descriptor, name, 0) != 0, errno != ENOENT {
            throw ReadFailure(path, errno: errno)
        }
        try folder.sync()
    }

    /// Gives it another name in its folder; a file that has that name already is replaced.
    func rename(to other: String) throws(ReadFailure) {
        guard let folder = try folder(isMade: false), try exists() else {
            throw ReadFailure(path, errno: ENOENT)
        }
        if renameat(folder.descriptor, name, folder.descriptor, other) != 0 {
            throw ReadFailure(path, errno: errno)
        }
        try folder.sync()
    }
}

extension FileDescriptor {
    /// What is in the file from a place on, one byte more than `limit` at the most.
    ///
    /// Read to its end: `/proc` tells no sizes.
    func contents(after offset: Int = 0, limit: Int? = nil) throws -> [UInt8] {
        var contents: [UInt8] = []
        if offset > 0 { try seek(offset: Int64(offset), from: .start) }
        while true {
            // Most of them are short, and read every second; a few are very long.
            let room = contents.isEmpty ? 1 << 12 : 1 << 16
            let chunk = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if chunk.isEmpty { return contents }
            if contents.isEmpty { contents = chunk } else { contents += chunk }
            if let limit, contents.count > limit { return contents }
        }
    }

    /// Whether what is before this place is a whole line.
    fileprivate func endsLine(at end: Int64) throws -> Bool {
        guard end > 0 else { return true }
        var last: [UInt8] = [0]
        _ = try last.withUnsafeMutableBytes {
            try read(fromAbsoluteOffset: end - 1, into: $0)
        }
        return last == [UInt8(ascii: "\n")]
    }
}
