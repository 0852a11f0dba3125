import NATModel
import NATParse
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Finds out who stands behind a port of netlink. It has to be asked at once: `ip` ends as soon as
/// it has changed something.
struct KernelAuthors: Sendable {
    /// The ports of natdeck's own sockets. The last ones stay known after they were closed, as
    /// what was done by them may be announced later.
    private static let own = Mutex<[UInt32]>([])
    private static let remembered = 64

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
        return completed(KernelAuthor(port: port, process: Int(process)))
    }

    /// The author with what /proc tells of its process, if it is still there.
    func completed(_ author: KernelAuthor) -> KernelAuthor {
        guard let process = author.process else { return author }
        var author = author
        author.isOwn = process == Int(getpid())
        guard let seen = Self.process(process) else { return author }
        author.name = seen.name
        guard let parent = Self.process(seen.parent) else { return author }
        author.parent = parent.name
        author.isOwn = author.isOwn || seen.parent == Int(getpid())
        return author
    }

    /// Source: `/proc/PID/stat`. Of a process that has ended there is none.
    private static func process(_ number: Int) -> ProcessFile? {
        guard case .some(.some(let bytes)) = try? SystemFiles().read("/proc/\(number)/stat") else {
            return nil
        }
        return try? ProcessFile.parse(bytes)
    }
}
