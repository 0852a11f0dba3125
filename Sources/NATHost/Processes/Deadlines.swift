import Synchronization

/// Cancels what has not ended in time.
///
/// One sleeper for all: nearly every child ends long before its deadline, and a timer for each
/// would cost more than some of them.
final class Deadlines: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Waiting: ~Copyable {
        var tasks: [Int: (deadline: Instant, cancel: @Sendable () -> Void)] = [:]
        var added = 0
        /// When the sleeper wakes; `nil` while nothing waits.
        var wakes: Instant?
    }

    private let waiting = Mutex(Waiting())

    /// Cancels a task when this time has passed, unless `end` was called with the number given.
    func begin(_ time: Duration, cancel: @escaping @Sendable () -> Void) -> Int {
        let deadline = Instant.now + time
        return waiting.withLock { waiting in
            waiting.added += 1
            waiting.tasks[waiting.added] = (deadline, cancel)
            // Also beside one that would wake too late; that one then finds nothing to do.
            if waiting.wakes.map({ deadline < $0 }) ?? true {
                waiting.wakes = deadline
                Task { await watch(from: deadline) }
            }
            return waiting.added
        }
    }

    /// Forgets a task; whether it was in time.
    func end(_ number: Int) -> Bool {
        waiting.withLock { $0.tasks.removeValue(forKey: number) != nil }
    }

    private func watch(from first: Instant) async {
        var next: Instant? = first
        while let instant = next {
            try? await Task.sleep(until: instant, tolerance: .milliseconds(20))
            next = cancelLate(at: instant)
        }
    }

    /// Cancels what is late, and tells when to look again; `nil` where nothing waits or another
    /// sleeper looks.
    private func cancelLate(at instant: Instant) -> Instant? {
        var late: [@Sendable () -> Void] = []
        let next: Instant? = waiting.withLock { waiting in
            guard waiting.wakes == instant else { return nil }
            let now = Instant.now
            for (number, task) in waiting.tasks where task.deadline <= now {
                late.append(task.cancel)
                waiting.tasks[number] = nil
            }
            waiting.wakes = waiting.tasks.values.map(\.deadline).min()
            return waiting.wakes
        }
        for cancel in late { cancel() }
        return next
    }
}
