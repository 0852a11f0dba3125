import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// The process that a lock file names as its holder.
struct LockHolder: Sendable {
    let files: any HostFiles
    /// Its number.
    let process: Int32

    /// What the file of a lock says of its holder; `nil` where it names no process.
    init?(_ description: String, files: any HostFiles) {
        guard let words = description.split(separator: "(process ").last,
            let process = Int32(words.prefix { $0.isNumber }), process > 1
        else { return nil }
        self.files = files
        self.process = process
    }

    /// Whether a signal has stopped it, as Ctrl-Z does: it runs no step and gives back no lock.
    var isStopped: Bool {
        // One that is gone is not stopped.
        guard case .some(.some(let bytes)) = try? files.read("/proc/\(process)/stat"),
            let file = try? ProcessFile.parse(bytes)
        else { return false }
        return file.isStopped
    }

    /// Ends it, where it is stopped and has the lock's file open: its number may be another
    /// program's by now.
    ///
    /// It could be let go on, and would then take the next step of a change whose time is over.
    /// Nothing but its end makes sure that it does not.
    func endIfStopped(lock path: String) {
        let folder = "/proc/\(process)/fd"
        // Where that cannot be read, nothing is known of it and nothing is done.
        let open = ((try? files.list(folder)) ?? nil) ?? []
        guard isStopped, open.contains(where: { files.link("\(folder)/\($0)") == path }) else {
            return
        }
        kill(process, SIGKILL)
    }
}
