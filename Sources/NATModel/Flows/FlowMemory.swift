/// The flows of the reading before, by which the next one tells what is new.
///
/// Sixteen bytes a flow and no object: the kernel's number and part of the tuple tell a flow, and
/// beside them stands what it had carried. That is exact for whatever is remembered from one reading
/// to the next, and the kernel remembers a closed flow for ten seconds at least.
public struct FlowMemory: Sendable {
    private var entries: [Entry] = []
    private var used = 0
    /// The number of the reading, in 1...255, which makes a key that is in use differ from 0.
    private var reading: UInt64 = 0
    private var isFirst = true

    private struct Entry {
        /// What tells the flow, and in the lowest eight bits the last reading that told of it.
        var key: UInt64 = 0
        /// Sixteenths of the bytes it had carried, as far as they fit.
        var sent: UInt32 = 0
        var received: UInt32 = 0
    }

    /// What is new of a flow.
    struct News {
        /// Whether no reading before has told of it.
        var isNew: Bool
        /// Bytes since the reading before.
        var sentBytes: UInt64
        var receivedBytes: UInt64
    }

    /// Of nothing.
    public init() {}

    /// Whether there was a reading before.
    var hasBefore: Bool { !isFirst }

    /// Begins a reading.
    mutating func begin() {
        isFirst = reading == 0
        reading = reading % 255 + 1
    }

    /// Notes a flow; what is new of it since the reading before.
    mutating func note(_ flow: ConntrackFlow) -> News {
        if used * 8 >= entries.count * 7 { makeRoom() }
        let traffic = flow.traffic
        let (sent, received) = (traffic?.originalBytes ?? 0, traffic?.replyBytes ?? 0)
        let name = Self.name(flow)
        let fresh = Entry(
            key: name | reading, sent: UInt32(truncatingIfNeeded: sent >> 4),
            received: UInt32(truncatingIfNeeded: received >> 4))
        let reading = reading
        let (news, isAdded) = entries.withUnsafeMutableBufferPointer { entries in
            var place = Self.place(name, in: entries.count)
            var forgotten: Int?
            while true {
                let old = entries[place]
                if old.key == 0 {
                    entries[forgotten ?? place] = fresh
                    let news = News(isNew: true, sentBytes: sent, receivedBytes: received)
                    return (news, forgotten == nil)
                }
                if old.key & ~0xff == name {
                    entries[place] = fresh
                    let (more, back) = (fresh.sent &- old.sent, fresh.received &- old.received)
                    // Who carried less than before is another one: a connection of the same ports
                    // has followed, and newer kernels give it the same number.
                    let isOther = max(more, back) > UInt32.max / 2
                    let news = News(
                        isNew: isOther, sentBytes: isOther ? sent : UInt64(more) << 4,
                        receivedBytes: isOther ? received : UInt64(back) << 4)
                    return (news, false)
                }
                if forgotten == nil, Self.isForgotten(old, in: reading) { forgotten = place }
                place = (place + 1) & (entries.count - 1)
            }
        }
        if isAdded { used += 1 }
        return news
    }

    /// Whether two readings have passed that did not tell of it.
    private static func isForgotten(_ entry: Entry, in reading: UInt64) -> Bool {
        let last = entry.key & 0xff
        return last != reading && last != (reading + 253) % 255 + 1
    }

    /// A table of twice the flows, without those that ended.
    private mutating func makeRoom() {
        let kept = entries.filter { $0.key != 0 && !Self.isForgotten($0, in: reading) }
        var size = 1024
        while size * 5 < kept.count * 8 { size *= 2 }
        entries = [Entry](repeating: Entry(), count: size)
        used = kept.count
        for entry in kept {
            var place = Self.place(entry.key & ~0xff, in: size)
            while entries[place].key != 0 { place = (place + 1) & (size - 1) }
            entries[place] = entry
        }
    }

    /// An older kernel numbers flows by where they lie, and uses a place again.
    private static func name(_ flow: ConntrackFlow) -> UInt64 {
        let (tuple, reply) = (flow.original, flow.reply)
        var mixed = UInt64(tuple.source.rawValue) << 32 | UInt64(tuple.destination.rawValue)
        mixed ^= (UInt64(tuple.sourcePort) << 24 | UInt64(tuple.destinationPort)) &* 0x9e37_79b9
        mixed ^= UInt64(reply.destinationPort) << 40
        mixed = (mixed ^ mixed >> 29) &* 0xbf58_476d_1ce4_e5b9
        return UInt64(flow.number ?? 0) << 32 | (mixed >> 32 & 0xffff_ff00)
    }

    private static func place(_ name: UInt64, in size: Int) -> Int {
        TableHash.place(name, size - 1)
    }
}
