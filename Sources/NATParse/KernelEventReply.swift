public import NATModel

/// What rtnetlink multicasts. See rtnetlink(7) and netlink(7).
public enum KernelEventReply {
    private static let headerLength = 16

    /// The events in a buffer of messages; a message of another kind, or one that is cut short, is
    /// no event.
    public static func parse(_ bytes: some Collection<UInt8>) -> [KernelEvent] {
        let bytes = Array(bytes)
        var events: [KernelEvent] = []
        var start = 0
        while start + headerLength <= bytes.count {
            let length = number(bytes, start, 4)
            guard length >= headerLength, start + length <= bytes.count else { break }
            if let event = event(
                kind: number(bytes, start + 4, 2),
                Array(bytes[(start + headerLength)..<(start + length)]))
            {
                events.append(event)
            }
            // Messages are aligned to four bytes.
            start += (length + 3) & ~3
        }
        return events
    }

    /// Source: linux/rtnetlink.h, linux/if_addr.h: `ifinfomsg` and `ifaddrmsg`.
    private static func event(kind: Int, _ body: [UInt8]) -> KernelEvent? {
        switch kind {
        case 16 where body.count >= 12:
            return .link(index: number(body, 4, 4), isUp: number(body, 8, 4) & 1 != 0)
        case 17 where body.count >= 12: return .linkRemoved(index: number(body, 4, 4))
        case 20 where body.count >= 8: return .addressAdded(index: number(body, 4, 4))
        case 21 where body.count >= 8: return .addressRemoved(index: number(body, 4, 4))
        default: return nil
        }
    }

    /// Netlink speaks the host's byte order, which is little-endian wherever natdeck runs.
    private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
    }
}
