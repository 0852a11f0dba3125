#if canImport(Glibc)
    import Glibc
#endif

/// A thread that does nothing but wait for descriptors and take what comes.
///
/// The kernel lets it go before ordinary work where it may, as `chrt -f 1` does (sched(7)): a program
/// of one command has ended a moment after what it did is announced, and then nobody can tell who it
/// was. What it does each time is short.
final class ListeningThread: Sendable {
    /// One end of a pipe. The thread ends once it is closed.
    private let lifeline: Int32

    /// - Parameters:
    ///   - descriptors: what is waited for. It has to stay open until `atEnd`.
    ///   - onReadable: called on the thread, with the place of what can be read.
    ///   - atEnd: called on the thread, last of all.
    /// - Returns: `nil` where there is no descriptor or thread left; then neither is called.
    init?(
        _ descriptors: [Int32], onReadable: @escaping @Sendable (Int) -> Void,
        atEnd: @escaping @Sendable () -> Void
    ) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = ends[0]
        lifeline = ends[1]
        let isStarted = Self.start {
            Self.goFirst()
            Self.serve(descriptors, until: reading, onReadable)
            close(reading)
            atEnd()
        }
        guard isStarted else {
            close(reading)
            return nil
        }
    }

    deinit { close(lifeline) }

    private static func serve(
        _ descriptors: [Int32], until lifeline: Int32, _ onReadable: (Int) -> Void
    ) {
        var waiting = (descriptors + [lifeline]).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        while true {
            guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
            for place in descriptors.indices where waiting[place].revents != 0 {
                onReadable(place)
            }
            if waiting[descriptors.count].revents != 0 { return }
        }
    }

    /// Without the permission the thread waits for its turn like any other.
    private static func goFirst() {
        var priority = sched_param()
        priority.sched_priority = sched_get_priority_min(SCHED_FIFO)
        _ = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        guard failure == 0 else {
            work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
