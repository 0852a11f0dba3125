/// The live connections of a source, which a plan that touches it tells of.
public struct LiveConnections: Hashable, Sendable {
    /// How many flows to the outside there are that somebody would miss.
    public private(set) var count = 0
    /// How many of them have their answers sent to which address of the box.
    public private(set) var byAddress: [IPv4Address: Int] = [:]
    /// The largest of them, the largest first, and where bytes are not counted the oldest.
    public private(set) var largest: [ConntrackFlow] = []

    /// How many are told one by one.
    public static let told = 5

    /// None.
    public init() {}

    /// So many, of which nothing else is known.
    public init(count: Int) { self.count = count }

    /// Takes a flow of the source.
    public mutating func add(_ flow: ConntrackFlow) {
        count += 1
        byAddress[flow.reply.destination, default: 0] += 1
        if largest.count == Self.told, let last = largest.last, !flow.comes(before: last) { return }
        largest.insert(flow, at: largest.firstIndex { flow.comes(before: $0) } ?? largest.count)
        if largest.count > Self.told { largest.removeLast() }
    }
}

extension ConntrackFlow.Traffic {
    /// Bytes of both directions.
    public var bytes: UInt64 { originalBytes &+ replyBytes }
}

extension ConntrackFlow {
    /// Whether it is the larger, or the older of two as large; of equals one is always first.
    fileprivate func comes(before other: ConntrackFlow) -> Bool {
        let (size, otherSize) = (traffic?.bytes ?? 0, other.traffic?.bytes ?? 0)
        if size != otherSize { return size > otherSize }
        let (birth, otherBirth) = (
            beganAtNanoseconds ?? .max, other.beganAtNanoseconds ?? .max
        )
        if birth != otherBirth { return birth < otherBirth }
        let (one, two) = (original, other.original)
        return (one.destination, one.destinationPort, one.sourcePort, one.transport)
            < (two.destination, two.destinationPort, two.sourcePort, two.transport)
    }
}
