public import NATModel
import NATPlan
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The files of the real box.
///
/// What natdeck writes down for itself is believed only where root alone can have written it; of
/// every other file the box's own permissions are good enough.
public struct SystemFiles: HostFiles {
    /// The folders that hold natdeck's records.
    private let records: [String]

    /// The files under `/`.
    public init() { self.init(records: Self.recordFolders) }

    /// Files of which those in these folders are natdeck's records.
    init(records: [String]) { self.records = records }

    private static let recordFolders = [
        "/etc/natdeck", Journal.folder, "/var/lib/natdeck", "/var/log/natdeck",
    ]

    private func isRecord(_ path: String) -> Bool {
        path == SysctlFile.path || records.contains { path.hasPrefix($0 + "/") }
    }

    /// A file that is to be written. A link to one that is no record stays a link: what it leads to
    /// is replaced.
    private func file(_ path: String) -> TrustedFile {
        if isRecord(path) { return TrustedFile(path, .root) }
        return TrustedFile(Self.resolved(path), .anyone)
    }

    private static func resolved(_ path: String) -> String {
        if let target = realPath(path) { return target }
        let path = path.hasPrefix("/") ? path : "./\(path)"
        guard let slash = path.lastIndex(of: "/"), let folder = realPath(path[..<slash] + "/")
        else { return path }
        return folder == "/" ? folder + path[path.index(after: slash)...] : folder + path[slash...]
    }

    /// Source: realpath(3).
    static func realPath(_ path: some StringProtocol) -> String? {
        guard let target = realpath(String(path), nil) else { return nil }
        defer { free(target) }
        return String(cString: target)
    }

    /// The program this process runs, as a path that stays when the process is gone.
    static var ownProgram: String { SystemFiles().link("/proc/self/exe") ?? "natdeck" }

    /// Source: readlink(2).
    public func link(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Reads a file to its end.
    public func read(_ path: String) throws(ReadFailure) -> [UInt8]? {
        try read(path, from: 0)
    }

    /// Reads from there to the end.
    public func read(_ path: String, after offset: Int) throws(ReadFailure) -> [UInt8] {
        try read(path, from: offset) ?? []
    }

    private func read(_ path: String, from offset: Int) throws(ReadFailure) -> [UInt8]? {
        if isRecord(path) { return try TrustedFile(path, .root).read(after: offset) }
        do {
            let file = try FileDescriptor.open(
                FilePath(ofKernel: path), .readOnly, options: .closeOnExec)
            return try file.closeAfter { try file.contents(after: offset) }
        } catch let error as Errno where error == .noSuchFileOrDirectory {
            return nil
        } catch {
            throw ReadFailure(path, "\(error)")
        }
    }

    /// Asks stat(2).
    public func size(_ path: String) throws(ReadFailure) -> Int? {
        if isRecord(path) { return try TrustedFile(path, .root).size() }
        var status = stat()
        guard stat(path, &status) != 0 else { return Int(status.st_size) }
        if errno == ENOENT { return nil }
        throw ReadFailure(path, errno: errno)
    }

    /// Reads a directory, links that lead nowhere included.
    public func list(_ directory: String) throws(ReadFailure) -> [String]? {
        if let names = Self.names(in: opendir(directory)) { return names }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw ReadFailure(directory, errno: errno)
    }

    /// The names in an open directory, which is closed; `nil` where it is none.
    static func names(in stream: OpaquePointer?) -> [String]? {
        guard let stream else { return nil }
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

    /// Whether there is a folder of this path.
    public func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Writes beside the file, syncs and renames, so that a crash leaves the old or the new.
    public func write(_ contents: String, to path: String, mode: UInt32) throws(ReadFailure) {
        try file(path).write(contents, mode: mode)
    }

    /// Writes a copy beside the file and removes it.
    public func checkReplaceable(_ path: String) throws(ReadFailure) {
        try file(path).checkReplaceable()
    }

    /// Source: renameat(2).
    public func move(_ path: String, to other: String) throws(ReadFailure) {
        let target = TrustedFile(other, .root)
        guard isRecord(path),
            path.dropLast(TrustedFile(path, .root).name.count)
                == other.dropLast(target.name.count)
        else { throw ReadFailure(path, "only a record is given another name, in its folder") }
        try TrustedFile(path, .root).rename(to: target.name)
    }

    /// Appends a line in one write.
    public func append(_ line: String, to path: String) throws(ReadFailure) {
        try file(path).append(line)
    }

    /// Reserves the room for a line, where the file system can.
    public func checkAppendable(_ bytes: Int, to path: String) throws(ReadFailure) {
        try file(path).checkAppendable(bytes)
    }

    /// Takes a lock that the kernel gives back when the process ends.
    public func lock(_ path: String, holder: String) throws(FileLock.Refusal) -> FileLock {
        try LockFile(lockFile(path)).take(holder: holder)
    }

    /// Asks the kernel, and takes nothing.
    public func isLocked(_ path: String) throws(ReadFailure) -> Bool {
        try LockFile(lockFile(path)).isHeld()
    }

    private func lockFile(_ path: String) -> TrustedFile {
        TrustedFile(path, isRecord(path) ? .root : .thisUser)
    }

    /// Unlinks a file.
    public func remove(_ path: String) throws(ReadFailure) {
        if isRecord(path) { return try TrustedFile(path, .root).remove() }
        if unlink(path) != 0, errno != ENOENT { throw ReadFailure(path, errno: errno) }
    }
}
