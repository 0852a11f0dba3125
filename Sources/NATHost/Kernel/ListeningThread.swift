import CHost

#if canImport(Glibc)
    import Glibc
#endif

/// A thread that does nothing but wait for descriptors and take what comes.
final class ListeningThread: Sendable {
    /// One end of a pipe. The thread ends once it is closed.
    private let lifeline: Int32

    /// - Parameters:
    ///   - descriptors: what is waited for. It has to stay open until `atEnd`.
    ///   - processor: the one that it stays on, and goes first on; `nil` for any, where it waits for
    ///     its turn like all others.
    ///   - onReadable: called on the thread, with the place of what can be read.
    ///   - atEnd: called on the thread, last of all.
    /// - Returns: `nil` where there is no descriptor or thread left; then neither is called.
    init?(
        _ descriptors: [Int32], firstOn processor: Int? = nil,
        onReadable: @escaping @Sendable (Int) -> Void, atEnd: @escaping @Sendable () -> Void
    ) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = ends[0]
        lifeline = ends[1]
        let isStarted = Self.start {
            let precedence = processor.flatMap { Precedence(on: $0) }
            if processor == nil || precedence != nil {
                Self.serve(descriptors, until: reading, precedence, onReadable)
            }
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
        _ descriptors: [Int32], until lifeline: Int32, _ precedence: Precedence?,
        _ onReadable: (Int) -> Void
    ) {
        var precedence = precedence
        var waiting = (descriptors + [lifeline]).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        while true {
            guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
            precedence?.account()
            for place in descriptors.indices where waiting[place].revents != 0 {
                onReadable(place)
            }
            if waiting[descriptors.count].revents != 0 { return }
        }
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

/// How a thread goes before ordinary work on a processor, as `chrt -f 1 taskset -c N` has it. See
/// sched(7).
///
/// Once it has taken a quarter of a second it waits for its turn like any other until that is over.
private struct Precedence {
    private var isFirst = true
    private var second = Self.milliseconds(CLOCK_MONOTONIC) / 1000
    private var usedBefore = Self.milliseconds(CLOCK_THREAD_CPUTIME_ID)

    /// So much of a processor it may take in a second and still go first.
    private static let mostMilliseconds = 250

    /// Gives the calling thread precedence; `nil` where it may not have it there.
    init?(on processor: Int) {
        guard nd_stay_on(Int32(processor)) == 0, Self.go(first: true) else { return nil }
    }

    /// Looks at what the thread has taken.
    mutating func account() {
        let now = Self.milliseconds(CLOCK_MONOTONIC) / 1000
        let used = Self.milliseconds(CLOCK_THREAD_CPUTIME_ID)
        if now != second { (second, usedBefore) = (now, used) }
        guard isFirst != (used - usedBefore < Self.mostMilliseconds) else { return }
        isFirst.toggle()
        _ = Self.go(first: isFirst)
    }

    private static func go(first isFirst: Bool) -> Bool {
        var priority = sched_param()
        let policy = isFirst ? SCHED_FIFO : SCHED_OTHER
        priority.sched_priority = sched_get_priority_min(policy)
        return pthread_setschedparam(pthread_self(), policy, &priority) == 0
    }

    private static func milliseconds(_ clock: clockid_t) -> Int {
        var now = timespec()
        clock_gettime(clock, &now)
        return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }
}
