import CTerminal

/// Wakes the thread that waits in ``Terminal/nextEvent(timeoutMilliseconds:)``.
///
/// An eventfd: any number of calls before the waiter looks count as one, and none ever blocks.
package final class WakePipe: Sendable {
    /// Readable when woken.
    let descriptor: Int32

    /// `nil` when the process has no descriptor left.
    init?() {
        descriptor = nd_event_open()
        if descriptor < 0 { return nil }
    }

    deinit { nd_event_close(descriptor) }

    /// Makes the next wait, or the present one, return; callable from any thread.
    package func wake() { nd_event_signal(descriptor) }

    /// Forgets the calls so far.
    func drain() { nd_event_drain(descriptor) }
}
