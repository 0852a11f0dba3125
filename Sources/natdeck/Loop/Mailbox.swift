import NATDashboard
import NATTerminal
import Synchronization

/// Where readers and appliers leave what has happened; the loop takes it all out at once.
final class Mailbox: Sendable {
    private let messages = Mutex<[Message]>([])
    private let wake: WakePipe

    /// A mailbox that wakes the loop.
    init(wake: WakePipe) {
        self.wake = wake
    }

    /// Leaves a message; callable from any thread.
    func post(_ message: Message) { post([message]) }

    /// Leaves messages that belong together.
    func post(_ others: [Message]) {
        messages.withLock { $0 += others }
        wake.wake()
    }

    /// Takes out every message, oldest first.
    func drain() -> [Message] {
        messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}
