import Glibc

/// Keeps two processes from building or removing labs at the same time.
///
/// The kernel drops the lock with its holder, so a crash leaves nothing behind.
struct LabLock: ~Copyable {
    private let file: Int32

    private init(file: Int32) {
        self.file = file
    }

    /// Waits for the lock, at the longest a minute.
    static func take() async throws(LabError) -> LabLock {
        try SmallFile.makeDirectory(LabState.root)
        let file = open(LabState.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw LabError(LabState.root, SmallFile.errorText) }
        let lock = LabLock(file: file)
        let start = ContinuousClock.now
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now - start < .seconds(60) else {
                throw LabError(
                    LabState.root, "another lab is being built or removed",
                    fix: "fuser -v \(LabState.root)")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return lock
    }

    deinit { close(file) }
}
