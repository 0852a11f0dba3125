import NATModel
import NATParse
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Finds out who stands behind a port of netlink. It has to be asked at once: `ip` ends as soon as
/// it has changed something.
final class KernelAuthors: Sendable {
    /// The ports of natdeck's own sockets. The last ones stay known after they were closed, as
    /// what was done by them may be announced later.
    private static let own = Mutex<[UInt32]>([])
    private static let remembered = 64
    private let files: any HostFiles
    /// Who stood behind the last ports, for one program may make thousands of changes, and whoever
    /// asks first may find it still there.
    private let known = Mutex<[(author: KernelAuthor, askedAt: ContinuousClock.Instant)]>([])
    /// So long a port is believed to be of the same process.
    private static let belief = Duration.milliseconds(500)

    /// Authors among the processes that these files tell of.
    init(files: any HostFiles = SystemFiles()) { self.files = files }

    /// Notes a port of our own.
    static func noteOwn(_ port: UInt32) {
        own.withLock { ports in
            guard !ports.contains(port) else { return }
            ports.append(port)
            if ports.count > remembered { ports.removeFirst() }
        }
    }

    /// Who asked by a port.
    func author(_ port: UInt32) -> KernelAuthor {
        if Self.own.withLock({ $0.contains(port) }) || Int32(bitPattern: port) == getpid() {
            return KernelAuthor(port: port, process: Int(getpid()), name: "natdeck", isOwn: true)
        }
        // A second socket of a process gets a port that the kernel makes up, beyond all processes.
        guard port != 0, let process = Int32(exactly: port) else { return KernelAuthor(port: port) }
        if let author = recent(port) { return author }
        let author = completed(KernelAuthor(port: port, process: Int(process)))
        if author.name == nil, let other = recent(port) { return other }
        known.withLock { known in
            known.append((author, ContinuousClock.now))
            if known.count > Self.remembered { known.removeFirst() }
        }
        return author
    }

    private func recent(_ port: UInt32) -> KernelAuthor? {
        let now = ContinuousClock.now
        return known.withLock { known in
            known.last { $0.author.port == port && now - $0.askedAt < Self.belief }?.author
        }
    }

    /// The author with what /proc tells of its process, if it is still there.
    func completed(_ author: KernelAuthor) -> KernelAuthor {
        guard let thread = author.process else { return author }
        // First of all: it may end at any moment.
        let found = self.process(thread)
        // nf_tables names the thread that did it, which may be any of a process.
        let process = leader(of: thread) ?? thread
        var author = author
        author.process = process
        author.isOwn = process == Int(getpid())
        guard let seen = process == thread ? found : self.process(process) ?? found else {
            return author
        }
        author.name = seen.name
        if !author.isOwn {
            let owner = SessionOwner(files: files)
            // It may have ended by now, and then its parent is asked.
            let folders = ["\(process)", "\(seen.parent)"]
            // Not lazily: what is found would be asked for twice, and is gone the second time.
            author.user =
                folders.compactMap { owner.loginName(of: $0) }.first
                ?? folders.compactMap { owner.userName(of: $0) }.first
            author.sshPeer = owner.sshPeer(above: process)
            if author.sshPeer == nil, self.process(process) == nil {
                author.sshPeer = owner.sshPeer(above: seen.parent)
            }
        }
        guard let parent = self.process(seen.parent) else { return author }
        author.parent = parent.name
        author.isOwn = author.isOwn || seen.parent == Int(getpid())
        return author
    }

    /// Source: `/proc/PID/status`, which is there for threads too.
    private func leader(of thread: Int) -> Int? {
        guard case .some(.some(let bytes)) = try? files.read("/proc/\(thread)/status") else {
            return nil
        }
        return ProcessStatusFile.process(in: bytes)
    }

    /// Source: `/proc/PID/stat`. Of a process that has ended there is none.
    private func process(_ number: Int) -> ProcessFile? {
        guard case .some(.some(let bytes)) = try? files.read("/proc/\(number)/stat") else {
            return nil
        }
        return try? ProcessFile.parse(bytes)
    }
}
