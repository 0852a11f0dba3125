import NATHost
import NATParse
import Synchronization

/// A kernel that answers by a script: what each `receive` of a socket gives, in order.
package final class ScriptedSockets: NetlinkOpener {
    /// What one system call does.
    package enum Event: Sendable {
        /// It fails with this error.
        case error(Int32)
        /// Messages come, with the number of the last question put in.
        case answer([UInt8])
        /// Messages come with the number of the question before it.
        case late([UInt8])
        /// Somebody else's messages come, with the right number.
        case foreign([UInt8], port: UInt32)
        /// A datagram comes that is longer than any buffer.
        case tooLong
    }

    private struct State {
        var events: [Event]
        var sendErrors: [Int32]
        var sent: [[UInt8]] = []
    }

    private let state: Mutex<State>

    /// A kernel of this script; the first sends fail with these errors.
    package init(_ events: [Event], sendErrors: [Int32] = []) {
        state = Mutex(State(events: events, sendErrors: sendErrors))
    }

    /// What was sent, in order.
    package var sent: [[UInt8]] { state.withLock { $0.sent } }

    /// The part of the script that nobody got to.
    package var rest: Int { state.withLock { $0.events.count } }

    package func open(_ family: NetlinkFamily) throws(KernelError) -> any NetlinkSocket {
        Socket(script: self)
    }

    private struct Socket: NetlinkSocket {
        let script: ScriptedSockets

        func send(_ messages: [UInt8]) throws(KernelError) { try script.send(messages) }

        func receive(
            into buffer: UnsafeMutableRawBufferPointer
        ) throws(KernelError) -> (count: Int, sender: UInt32) {
            try script.receive(into: buffer)
        }
    }

    private func send(_ messages: [UInt8]) throws(KernelError) {
        try state.withLock { state throws(KernelError) in
            if !state.sendErrors.isEmpty { throw KernelError(state.sendErrors.removeFirst()) }
            state.sent.append(messages)
        }
    }

    private func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(KernelError) -> (count: Int, sender: UInt32) {
        let (event, question) = state.withLock { state in
            (state.events.isEmpty ? nil : state.events.removeFirst(), state.sent.last ?? [])
        }
        let number = Array(question.dropFirst(8).prefix(4))
        switch event {
        // Who waits beyond the script waits for ever.
        case nil: throw KernelError(110)
        case .error(let number): throw KernelError(number)
        case .tooLong: return (buffer.count + 1, 0)
        case .answer(let messages):
            return (Self.copy(messages, number, into: buffer), 0)
        case .late(let messages):
            return (Self.copy(messages, [0xff, 0xff, 0, 0], into: buffer), 0)
        case .foreign(let messages, let port):
            return (Self.copy(messages, number, into: buffer), port)
        }
    }

    /// Copies messages, each with this number.
    private static func copy(
        _ messages: [UInt8], _ number: [UInt8], into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var bytes = messages
        var start = 0
        while start + 16 <= bytes.count {
            bytes.replaceSubrange(start + 8..<start + 12, with: number)
            let length = Int(bytes[start]) | Int(bytes[start + 1]) << 8
            start += max((length + 3) & ~3, 16)
        }
        buffer.copyBytes(from: bytes)
        return bytes.count
    }
}
