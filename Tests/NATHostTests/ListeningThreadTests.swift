import Glibc
import NATTesting
import Synchronization
import Testing

@testable import NATHost

enum Scheduling {
    /// Whether a thread may go before ordinary work here.
    static let mayGoFirst = OwnThread.run {
        var priority = sched_param()
        priority.sched_priority = sched_get_priority_min(SCHED_FIFO)
        return pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0
    }
}

/// The thread that hears what the kernel announces.
@Suite(.serialized) struct ListeningThreadTests {
    /// A thread that waits for one end of a pipe, and what it has done.
    private final class Wait: Sendable {
        /// How the thread was scheduled each time that something came.
        let policies = Mutex<[Int32]>([])
        private let ended = Mutex(false)
        var hasEnded: Bool { ended.withLock { $0 } }
        private let ends: [Int32]
        private let thread = Mutex<ListeningThread?>(nil)

        /// - Parameter work: done by the thread each time.
        init(firstOn processor: Int? = nil, _ work: @escaping @Sendable () -> Void = {}) throws {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            self.ends = ends
            let reading = ends[0]
            let made = ListeningThread([reading], firstOn: processor) { [self] _ in
                var byte: UInt8 = 0
                read(reading, &byte, 1)
                work()
                policies.withLock { $0.append(sched_getscheduler(0)) }
            } atEnd: {
                [self] in
                ended.withLock { $0 = true }
            }
            try #require(made != nil)
            thread.withLock { $0 = made }
        }

        /// Has something come, and waits until it was taken.
        func wake() async throws -> Int32? {
            let before = policies.withLock(\.count)
            var byte: UInt8 = 1
            write(ends[1], &byte, 1)
            try await Self.until { self.policies.withLock(\.count) > before }
            return policies.withLock(\.last)
        }

        /// Nobody wants the thread any more.
        func drop() { thread.withLock { $0 = nil } }

        static func until(_ isSo: () -> Bool) async throws {
            for _ in 0..<1000 where !isSo() { try await Task.sleep(for: .milliseconds(10)) }
            #expect(isSo())
        }
    }

    @Test func `takes what comes, and ends when nobody wants it any more`() async throws {
        let wait = try Wait()
        for _ in 0..<3 { #expect(try await wait.wake() != nil) }
        #expect(!wait.hasEnded)
        wait.drop()
        try await Wait.until { wait.hasEnded }
    }

    @Test(.enabled(if: Scheduling.mayGoFirst, "needs the permission to go before ordinary work"))
    func `goes before ordinary work, and waits for its turn once it has taken much`() async throws {
        let work = Mutex<Int>(0)
        let wait = try Wait(firstOn: 0) {
            // So many milliseconds of a processor.
            let milliseconds = work.withLock { $0 }
            var begun = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun)
            var now = begun
            while (now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1_000_000
                < milliseconds
            { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) }
        }
        defer { wait.drop() }
        #expect(try await wait.wake() == SCHED_FIFO)
        work.withLock { $0 = 300 }
        var policy: Int32? = SCHED_FIFO
        // A second may just have begun anew.
        for _ in 0..<10 where policy == SCHED_FIFO { policy = try await wait.wake() }
        #expect(policy == SCHED_OTHER)
        work.withLock { $0 = 0 }
        try await Task.sleep(for: .seconds(1.1))
        #expect(try await wait.wake() == SCHED_FIFO)
    }
}
