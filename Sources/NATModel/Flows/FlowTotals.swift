/// What the flows of IPv4 add up to: they are added up while the kernel tells them, and none is
/// kept.
public struct FlowTotals: Hashable, Codable, Sendable {
    /// By the address of who began them; the box's own addresses may be among them.
    public var hosts: [IPv4Address: HostFlows]
    /// The busiest destinations of each own address and protocol, the busiest first.
    public var ports: [PortUse]
    /// How many flows the kernel told of, closed ones and the box's own among them.
    public var flows: Int
    /// How many of them have their source translated.
    public var translated: Int
    /// The bits that are set in the mark of at least one flow that somebody would miss; `nil` where
    /// that was not read.
    public var markBits: UInt32?
    /// The time between the reading before and this one, in milliseconds, which all that is new is
    /// new in; `nil` where there was none before.
    public var spanMilliseconds: Int64?
    /// How long this reading took, in milliseconds.
    public var tookMilliseconds: Int64
    /// When it ended, in milliseconds since 1970-01-01 UTC.
    public var readAtMilliseconds: Int64

    /// Totals of a reading.
    public init(
        hosts: [IPv4Address: HostFlows] = [:], ports: [PortUse] = [], flows: Int = 0,
        translated: Int = 0, markBits: UInt32? = nil, spanMilliseconds: Int64? = nil,
        tookMilliseconds: Int64 = 0, readAtMilliseconds: Int64 = 0
    ) {
        self.hosts = hosts
        self.ports = ports
        self.flows = flows
        self.translated = translated
        self.markBits = markBits
        self.spanMilliseconds = spanMilliseconds
        self.tookMilliseconds = tookMilliseconds
        self.readAtMilliseconds = readAtMilliseconds
    }

    /// A number since the reading before as one per second; `nil` where there was none before.
    public func perSecond(_ count: Int?) -> Double? { count.flatMap { perSecond(Double($0)) } }

    /// The same of bytes.
    public func perSecond(_ count: UInt64?) -> Double? { count.flatMap { perSecond(Double($0)) } }

    private func perSecond(_ count: Double) -> Double? {
        guard let spanMilliseconds, spanMilliseconds > 0 else { return nil }
        return count * 1000 / Double(spanMilliseconds)
    }
}

/// How many source ports of an own address are taken towards one destination.
///
/// Counted by flows: within a zone the kernel gives no two flows the same answering tuple, so with
/// address, protocol and destination alike each flow has a port of its own. Closed flows count, for
/// they hold their port while they are remembered.
public struct PortUse: Hashable, Codable, Sendable {
    /// The own address that flows leave with.
    public var address: IPv4Address
    /// The protocol: 6 for TCP, 17 for UDP.
    public var transport: UInt8
    /// Where they go.
    public var destination: IPv4Address
    /// The port they go to.
    public var port: UInt16
    /// How many source ports are taken.
    public var used: Int
    /// The hosts that take the most of them, the first first; empty where that was not asked.
    public var hosts: [HostShare] = []

    /// What one host takes.
    public struct HostShare: Hashable, Codable, Sendable {
        /// The host.
        public var host: IPv4Address
        /// How many ports.
        public var used: Int

        /// So many of this host.
        public init(host: IPv4Address, used: Int) {
            self.host = host
            self.used = used
        }
    }

    /// How many there are: of a source port from 1024 on the kernel makes one from 1024 to 65535.
    ///
    /// Source: `nf_nat_l4proto_unique_tuple` in net/netfilter/nf_nat_core.c.
    public static let limit = 64_512

    /// The share of them that is taken, in 0...1.
    public var share: Double { Double(used) / Double(Self.limit) }

    /// Whether a flow takes one of them.
    public func isTaken(by flow: ConntrackFlow) -> Bool {
        flow.reply.destination == address && flow.reply.transport == transport
            && flow.reply.source == destination && flow.reply.sourcePort == port
    }

    /// So many ports towards this destination.
    public init(
        address: IPv4Address, transport: UInt8, destination: IPv4Address, port: UInt16, used: Int
    ) {
        self.address = address
        self.transport = transport
        self.destination = destination
        self.port = port
        self.used = used
    }
}
