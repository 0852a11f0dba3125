import Dispatch
import Glibc
import Synchronization

/// The thread that the program starts with: it sleeps while others work, and runs what keeps a
/// thread busy for long.
///
/// Swift's own way to run an asynchronous `main` ends this thread by pthread_exit(3), which unwinds
/// its stack. A static executable sorts the frames of all its functions for that, which takes longer
/// than most commands.
public enum FirstThread {
    private static let work = Mutex<[@Sendable () -> Void]>([])
    private static let isThere = DispatchSemaphore(value: 0)

    /// Runs the program, which ends with status 0 where `main` returns. Called once, by the first
    /// thread.
    public static func serve(_ main: @escaping @Sendable () async -> Void) -> Never {
        Task.detached {
            await main()
            exit(0)
        }
        while true {
            isThere.wait()
            work.withLock { $0.removeFirst() }()
        }
    }

    /// Runs the body on the first thread, one after another.
    public static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            work.withLock { $0.append { continuation.resume(with: Result(catching: body)) } }
            isThere.signal()
        }
    }
}
