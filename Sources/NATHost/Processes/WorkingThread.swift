import Dispatch
import Synchronization

/// Where natdeck waits for the kernel, or reads a long file: a queue of its own, whose thread is none
/// of those that Swift's tasks share. One of these would hold up half of the program on a small box.
struct WorkingThread: Sendable {
    private let queue: DispatchQueue

    /// Whether the task that waits for an answer has been cancelled.
    final class Cancellation: Sendable {
        private let flag = Atomic(false)

        var isCancelled: Bool { flag.load(ordering: .relaxed) }
        fileprivate func cancel() { flag.store(true, ordering: .relaxed) }
    }

    init(_ name: String) {
        queue = DispatchQueue(label: "natdeck.\(name)")
    }

    /// Runs what takes long, after everything that was asked for before.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (Cancellation) -> Value
    ) async -> Value {
        let cancellation = Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: body(cancellation)) }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
