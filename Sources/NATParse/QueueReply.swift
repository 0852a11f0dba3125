public import NATModel

/// The root qdisc of every interface, by the interface's index: what `tc -s qdisc show` asks for.
///
/// Source: `RTM_GETQDISC` in linux/rtnetlink.h, `TCA_*` in linux/rtnetlink.h, linux/gen_stats.h and
/// linux/pkt_sched.h. See tc(8).
public struct QueueReply: NetlinkDump {
    /// The queues so far.
    public private(set) var queues: [Int: InterfaceQueue] = [:]

    /// A reply of which nothing has come yet.
    public init() {}

    /// `RTM_GETQDISC`, with tcmsg.
    public static var request: [UInt8] {
        NetlinkMessage.dump(kind: 38, body: [UInt8](repeating: 0, count: QueueMessage.length))
    }

    /// Takes a qdisc.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        // RTM_NEWQDISC
        guard message.kind == 36 else { return }
        let tc = try QueueMessage(message.body)
        guard tc.isRoot else { return }
        var queue = InterfaceQueue(kind: "")
        var options: NetlinkSlice?
        for (kind, value) in NetlinkAttributes(tc.attributes) {
            switch kind {
            case 1: queue.kind = value.zeroTerminated
            case 2: options = value
            // TCA_STATS2, TCA_STATS_QUEUE: length, backlog, drops, requeues, overlimits.
            case 7:
                guard let sums = NetlinkAttributes.first(3, in: value), sums.count >= 12 else {
                    continue
                }
                queue.waitingBytes = sums.dropFirst(4).number32
                queue.droppedPackets = sums.dropFirst(8).number32
            default: break
            }
        }
        if let options { queue.rateBitsPerSecond = Self.rate(of: queue.kind, options) }
        queues[tc.interface] = queue
    }

    /// Gives the queue of an interface the ceiling of its classes.
    public mutating func take(_ classes: QueueClassReply, of interface: Int) {
        queues[interface]?.rateBitsPerSecond = classes.ceilingBitsPerSecond
    }

    /// What holds the whole interface; fq's rate is one of each flow.
    private static func rate(of kind: String, _ options: NetlinkSlice) -> UInt64? {
        switch kind {
        case "tbf":
            // TCA_TBF_PARMS, TCA_TBF_RATE64
            NetlinkAttributes.first(4, in: options)?.bitsPerSecond64
                ?? NetlinkAttributes.first(1, in: options)?.ratespec
        case "cake":
            // TCA_CAKE_BASE_RATE64; 0 for none.
            NetlinkAttributes.first(2, in: options)?.bitsPerSecond64
        default: nil
        }
    }
}

/// The classes of an interface's htb: what `tc class show dev NAME` asks for.
public struct QueueClassReply: NetlinkReply {
    private var ceilings: [UInt64?] = []

    /// A reply of which nothing has come yet.
    public init() {}

    /// `RTM_GETTCLASS` for the interface with this index.
    public static func request(interface: Int) -> [UInt8] {
        let index = NetlinkRequest.number(UInt32(truncatingIfNeeded: interface))
        return NetlinkMessage.dump(
            kind: 42, body: [0, 0, 0, 0] + index + [UInt8](repeating: 0, count: 12))
    }

    /// The ceiling of the only class that all others are in; `nil` where there are several, which
    /// may borrow from nobody, or where it does not tell.
    var ceilingBitsPerSecond: UInt64? { ceilings.count == 1 ? ceilings[0] : nil }

    /// Takes a class.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        // RTM_NEWTCLASS
        guard message.kind == 40 else { return }
        let tc = try QueueMessage(message.body)
        guard tc.isRoot, let options = NetlinkAttributes.first(2, in: tc.attributes) else { return }
        // TCA_HTB_CEIL64; TCA_HTB_PARMS holds the rate and then the ceiling.
        ceilings.append(
            NetlinkAttributes.first(7, in: options)?.bitsPerSecond64
                ?? NetlinkAttributes.first(1, in: options)?.dropFirst(12).ratespec)
    }
}

/// The fixed part of a message about queues, `tcmsg` in linux/rtnetlink.h.
private struct QueueMessage {
    /// The interface's index.
    var interface: Int
    /// Whether it hangs on the interface itself: its parent is `TC_H_ROOT`.
    var isRoot: Bool
    var attributes: NetlinkSlice

    static let length = 20

    init(_ body: NetlinkSlice) throws(ParseError) {
        guard body.count >= Self.length else {
            throw ParseError("a queue that is cut short", in: "")
        }
        interface = body.dropFirst(4).number(4)
        isRoot = body.dropFirst(12).number32 == .max
        attributes = body.dropFirst(Self.length)
    }
}

extension NetlinkSlice {
    /// The rate in `tc_ratespec`, which is bytes per second; `nil` for none.
    fileprivate var ratespec: UInt64? {
        guard count >= 12 else { return nil }
        let bytes = UInt64(dropFirst(8).number32)
        return bytes == 0 ? nil : bytes * 8
    }

    /// Bytes per second in 64 bits, told as bits; `nil` for none.
    fileprivate var bitsPerSecond64: UInt64? {
        guard count >= 8 else { return nil }
        let bytes = UInt64(truncatingIfNeeded: number(8))
        return bytes == 0 ? nil : bytes.multipliedReportingOverflow(by: 8).partialValue
    }
}
