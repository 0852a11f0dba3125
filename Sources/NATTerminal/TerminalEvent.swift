import NATScreen

/// What the thread that owns the terminal waits for.
package enum TerminalEvent: Hashable, Sendable {
    /// A key was pressed.
    case key(Key)
    /// The mouse did something.
    case mouse(MouseEvent)
    /// Text was pasted: on one line, without controls, 64 KiB at most.
    case paste(String)
    /// The terminal has this size now; the next frame should too.
    case resized(Size)
    /// Somebody called ``WakePipe/wake()``.
    case woken
    /// Nothing happened in the time given.
    case timedOut
    /// The terminal is gone; every later wait answers the same at once.
    case hangUp
    /// SIGTERM, SIGINT or SIGHUP asks the process to end.
    case terminated(signal: Int32)
}
