public import NATModel
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The files of the box that natdeck reads and writes.
public protocol HostFiles: Sendable {
    /// The whole of a file; `nil` where there is none.
    func read(_ path: String) throws(ReadFailure) -> [UInt8]?
    /// How many bytes a file holds; `nil` where there is none.
    func size(_ path: String) throws(ReadFailure) -> Int?
    /// What a file holds after so many bytes; nothing where there is no more.
    func read(_ path: String, after offset: Int) throws(ReadFailure) -> [UInt8]
    /// The names in a directory, without order; `nil` where there is none.
    func list(_ directory: String) throws(ReadFailure) -> [String]?
    /// Replaces a file as a whole, or leaves it as it was; it is on disk when this returns.
    ///
    /// - Parameter mode: its permissions where it is new, such as `0o644`.
    func write(_ contents: String, to path: String, mode: UInt32) throws(ReadFailure)
    /// Tries out whether a file could be replaced, and leaves it as it is.
    func checkReplaceable(_ path: String) throws(ReadFailure)
    /// Gives a file another name; one that has the name already is replaced.
    func move(_ path: String, to other: String) throws(ReadFailure)
    /// Where a symbolic link leads; `nil` where there is none or it cannot be read.
    func link(_ path: String) -> String?
    /// Adds a line to a file, which is made where there is none.
    func append(_ line: String, to path: String) throws(ReadFailure)
    /// Removes a file; one that is not there is no error.
    func remove(_ path: String) throws(ReadFailure)
    /// Takes the lock on a file, without waiting; `holder` is written into it for others to read.
    ///
    /// - Throws: who holds it, or why the file cannot be locked.
    func lock(_ path: String, holder: String) throws(FileLock.Refusal) -> FileLock
    /// Whether somebody holds the lock on a file.
    func isLocked(_ path: String) -> Bool
}

extension HostFiles {
    /// Replaces a file that everybody may read.
    public func write(_ contents: String, to path: String) throws(ReadFailure) {
        try write(contents, to: path, mode: 0o644)
    }
}

/// The files of the real box.
public struct SystemFiles: HostFiles {
    /// The files under `/`.
    public init() {}

    /// The program this process runs, as a path that stays when the process is gone.
    static var ownProgram: String { SystemFiles().link("/proc/self/exe") ?? "natdeck" }

    /// Source: readlink(2).
    public func link(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Reads a file to its end: `/proc` tells no sizes.
    public func read(_ path: String) throws(ReadFailure) -> [UInt8]? {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                var contents: [UInt8] = []
                while true {
                    // Most of them are short, and read every second; a few are very long.
                    let room = contents.isEmpty ? 1 << 12 : 1 << 16
                    let chunk = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                        count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
                    }
                    if chunk.isEmpty { return contents }
                    contents = contents.isEmpty ? chunk : contents + chunk
                }
            }
        } catch let error as Errno where error == .noSuchFileOrDirectory {
            return nil
        } catch {
            throw ReadFailure(path, "\(error)")
        }
    }

    /// Asks stat(2).
    public func size(_ path: String) throws(ReadFailure) -> Int? {
        var status = stat()
        guard stat(path, &status) != 0 else { return Int(status.st_size) }
        if errno == ENOENT { return nil }
        throw ReadFailure(path, "\(Errno(rawValue: errno))")
    }

    /// Reads from there to the end.
    public func read(_ path: String, after offset: Int) throws(ReadFailure) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                var contents: [UInt8] = []
                while true {
                    let chunk = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                        count = try file.read(
                            fromAbsoluteOffset: Int64(offset + contents.count),
                            into: UnsafeMutableRawBufferPointer(buffer))
                    }
                    if chunk.isEmpty { return contents }
                    contents += chunk
                }
            }
        } catch let error as Errno where error == .noSuchFileOrDirectory {
            return []
        } catch {
            throw ReadFailure(path, "\(error)")
        }
    }

    /// Reads a directory, links that lead nowhere included.
    public func list(_ directory: String) throws(ReadFailure) -> [String]? {
        guard let stream = opendir(directory) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw ReadFailure(directory, "\(Errno(rawValue: errno))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // In place: a copy of the whole field would reach past a short entry.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Writes beside the file, syncs and renames, so that a crash leaves the old or the new.
    ///
    /// A link stays one: what it leads to is replaced, with the permissions it had.
    public func write(_ contents: String, to path: String, mode: UInt32) throws(ReadFailure) {
        do {
            let target = Self.resolved(path)
            let beside = try Self.writeBeside(target, contents, mode: mode)
            do {
                if rename(beside.string, target) != 0 { throw Errno(rawValue: errno) }
            } catch {
                unlink(beside.string)
                throw error
            }
            // The name is on disk once its folder is.
            try Self.sync(FilePath(target).removingLastComponent())
        } catch {
            throw ReadFailure(path, "\(error)")
        }
    }

    /// Writes a copy beside the file and removes it.
    public func checkReplaceable(_ path: String) throws(ReadFailure) {
        do {
            let target = Self.resolved(path)
            let contents = try read(target).map { String(decoding: $0, as: UTF8.self) } ?? ""
            unlink(try Self.writeBeside(target, contents, mode: 0o600).string)
        } catch {
            throw ReadFailure(path, "\((error as? ReadFailure)?.reason ?? "\(error)")")
        }
    }

    private static func writeBeside(
        _ target: String, _ contents: String, mode: UInt32
    ) throws -> FilePath {
        _ = try makeFolder(of: target)
        var present = stat()
        let mode = stat(target, &present) == 0 ? present.st_mode & 0o7777 : mode_t(mode)
        let beside = FilePath(target + ".natdeck-\(getpid())")
        // What a crash has left, or somebody put there.
        unlink(beside.string)
        let file = try FileDescriptor.open(
            beside, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
            permissions: FilePermissions(rawValue: mode))
        do {
            try file.closeAfter {
                _ = try file.writeAll(contents.utf8)
                if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
            }
        } catch {
            unlink(beside.string)
            throw error
        }
        return beside
    }

    private static func resolved(_ path: String) -> String {
        guard let target = realpath(path, nil) else { return path }
        defer { free(target) }
        return String(cString: target)
    }

    private static func sync(_ folder: FilePath) throws {
        let directory = try FileDescriptor.open(folder, .readOnly, options: .closeOnExec)
        try directory.closeAfter {
            if fsync(directory.rawValue) != 0 { throw Errno(rawValue: errno) }
        }
    }

    /// Source: rename(2).
    public func move(_ path: String, to other: String) throws(ReadFailure) {
        if rename(path, other) != 0 { throw ReadFailure(path, "\(Errno(rawValue: errno))") }
    }

    /// Appends in one write, so that lines of two processes do not mix; a line that a crash has
    /// cut short is ended first, so that it spoils no other.
    public func append(_ line: String, to path: String) throws(ReadFailure) {
        do {
            _ = try Self.makeFolder(of: path)
            let file = try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.create, .append, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o640))
            try file.closeAfter {
                let end = try file.seek(offset: 0, from: .end)
                var last: [UInt8] = [UInt8(ascii: "\n")]
                if end > 0 {
                    _ = try last.withUnsafeMutableBytes {
                        try file.read(fromAbsoluteOffset: end - 1, into: $0)
                    }
                }
                let start = last == [UInt8(ascii: "\n")] ? "" : "\n"
                _ = try file.writeAll("\(start)\(line)\n".utf8)
                if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
            }
        } catch {
            throw ReadFailure(path, "\(error)")
        }
    }

    private static func makeFolder(of path: String) throws -> FilePath {
        let folder = parent(of: FilePath(path))
        if access(folder.string, F_OK) != 0 {
            if mkdir(folder.string, 0o755) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
            try sync(parent(of: folder))
        }
        return folder
    }

    private static func parent(of path: FilePath) -> FilePath {
        let parent = path.removingLastComponent()
        return parent.isEmpty ? "." : parent
    }

    /// Takes an flock(2), which the kernel gives back when the process ends.
    public func lock(_ path: String, holder: String) throws(FileLock.Refusal) -> FileLock {
        do {
            _ = try Self.makeFolder(of: path)
            let file = try Self.openLock(FilePath(path))
            // The lock goes with the descriptor, also where the holder cannot be written.
            let lock = FileLock { try? file.close() }
            // Whoever only looks whether it is held holds it for a moment: that is no refusal.
            var tries = 0
            while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0, tries < 5 {
                tries += 1
                usleep(2000)
            }
            guard tries < 5 else {
                let bytes = try? read(path)
                throw FileLock.Refusal.held(
                    by: String(decoding: bytes ?? [], as: UTF8.self).strippedOfControls)
            }
            // A full disk must not keep anybody from taking a change back.
            if ftruncate(file.rawValue, 0) == 0 {
                _ = try? file.writeAll(toAbsoluteOffset: 0, holder.utf8)
            }
            return lock
        } catch let refusal as FileLock.Refusal {
            throw refusal
        } catch {
            throw .failed(ReadFailure(path, "\(error)"))
        }
    }

    /// A lock that is there already can be taken on a disk that has become read-only, too.
    private static func openLock(_ path: FilePath) throws -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o600))
        } catch Errno.readOnlyFileSystem {
            return try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        }
    }

    /// Asks flock(2) for a shared lock, and gives it back at once.
    public func isLocked(_ path: String) -> Bool {
        guard
            let file = try? FileDescriptor.open(
                FilePath(path), .readOnly, options: .closeOnExec)
        else { return false }
        defer { try? file.close() }
        return flock(file.rawValue, LOCK_SH | LOCK_NB) != 0
    }

    /// Unlinks a file.
    public func remove(_ path: String) throws(ReadFailure) {
        if unlink(path) != 0, errno != ENOENT {
            throw ReadFailure(path, "\(Errno(rawValue: errno))")
        }
    }
}
