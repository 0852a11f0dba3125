public import NATModel

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
    /// Whether there is a folder of this path.
    func isFolder(_ path: String) -> Bool
    /// Replaces a file as a whole, or leaves it as it was; it is on disk when this returns.
    ///
    /// - Parameter mode: its permissions where it is new, such as `0o644`.
    func write(_ contents: String, to path: String, mode: UInt32) throws(ReadFailure)
    /// Writes over the beginning of a file that is there, at once and in place, as the files of
    /// `/proc/sys` must be written; it is on disk when this returns. A link is not followed.
    func overwrite(_ path: String, with text: String) throws(ReadFailure)
    /// Tries out whether a file could be replaced, and leaves it as it is.
    func checkReplaceable(_ path: String) throws(ReadFailure)
    /// Gives a file another name in its folder; one that has the name already is replaced.
    func move(_ path: String, to other: String) throws(ReadFailure)
    /// Where a symbolic link leads; `nil` where there is none or it cannot be read.
    func link(_ path: String) -> String?
    /// Adds a line to a file, which is made where there is none.
    func append(_ line: String, to path: String) throws(ReadFailure)
    /// Sees to it that a line of so many bytes can be added to a file.
    func checkAppendable(_ bytes: Int, to path: String) throws(ReadFailure)
    /// Removes a file; one that is not there is no error.
    func remove(_ path: String) throws(ReadFailure)
    /// Takes the lock on a file, without waiting; `holder` is written into it for others to read.
    ///
    /// - Throws: who holds it, or why the file cannot be locked.
    func lock(_ path: String, holder: String) throws(FileLock.Refusal) -> FileLock
    /// Whether somebody holds the lock on a file.
    ///
    /// - Throws: where that cannot be told.
    func isLocked(_ path: String) throws(ReadFailure) -> Bool
}

extension HostFiles {
    /// Replaces a file that everybody may read.
    public func write(_ contents: String, to path: String) throws(ReadFailure) {
        try write(contents, to: path, mode: 0o644)
    }

    /// Whether systemd runs this box. Source: sd_booted(3).
    var isSystemdRunning: Bool { isFolder("/run/systemd/system") }
}
