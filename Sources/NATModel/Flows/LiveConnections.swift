/// The live connections of a source, which a plan that touches it tells of.
public struct LiveConnections: Hashable, Sendable {
    /// How many flows to the outside there are that somebody would miss.
    public private(set) var count = 0
    /// How many of them leave by which way.
    public private(set) var byWay: [Way: Int] = [:]
    /// The largest of them, the largest first, and where bytes are not counted the oldest.
    public private(set) var largest: [ConntrackFlow] = []

    /// What tells by which egress a flow leaves.
    public struct Way: Hashable, Sendable {
        /// Where its answers are sent to: an address of the box, or the host's where nothing
        /// translates it.
        public var address: IPv4Address
        /// The bits of its mark, others' too.
        public var mark: UInt32

        /// The way with this address and mark.
        public init(address: IPv4Address, mark: UInt32) {
            self.address = address
            self.mark = mark
        }
    }

    /// How many are told one by one.
    public static let told = 5

    /// None.
    public init() {}

    /// So many, of which nothing else is known.
    public init(count: Int) { self.count = count }

    /// Takes a flow of the source.
    public mutating func add(_ flow: ConntrackFlow) {
        count += 1
        byWay[Way(address: flow.reply.destination, mark: flow.mark), default: 0] += 1
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
