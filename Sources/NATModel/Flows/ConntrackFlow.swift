/// A flow that the kernel follows, with the addresses of both directions.
///
/// Source: ctnetlink, which `conntrack -L` asks. See conntrack(8).
public struct ConntrackFlow: Hashable, Sendable {
    /// The packets of who began it, as they came in.
    public var original: Tuple
    /// The packets that answer, as they come in: what was translated can be seen here.
    public var reply: Tuple
    /// The state of the flow in the kernel's bits, `IPS_*` in linux/netfilter/nf_conntrack_common.h.
    public var status: UInt32
    /// The mark of the connection; 0 for none.
    public var mark: UInt32
    /// How long it is remembered without a packet, in seconds; `nil` where it is not told.
    public var timeoutSeconds: UInt32?
    /// The state of a TCP connection; `nil` for another protocol.
    public var tcpState: TCPState?
    /// What the kernel calls it; `nil` where it is not told.
    public var number: UInt32?
    /// When it began, in nanoseconds since 1970-01-01 UTC; `nil` unless
    /// `net.netfilter.nf_conntrack_timestamp` was 1 then.
    public var beganAtNanoseconds: UInt64?
    /// The zone, which keeps flows of the same addresses apart; 0 for none.
    public var zone: UInt16
    /// What both directions have carried; `nil` unless `net.netfilter.nf_conntrack_acct` is 1.
    public var traffic: Traffic?

    /// One direction of a flow.
    public struct Tuple: Hashable, Codable, Sendable {
        /// Where its packets come from.
        public var source: IPv4Address
        /// Where they go to.
        public var destination: IPv4Address
        /// The protocol: 6 for TCP, 17 for UDP, 1 for ICMP.
        public var transport: UInt8
        /// The port they come from; of ICMP the number of the question; 0 where there is none.
        public var sourcePort: UInt16
        /// The port they go to; of ICMP type and code, 256 · type + code; 0 where there is none.
        public var destinationPort: UInt16

        /// A direction between these.
        public init(
            source: IPv4Address, destination: IPv4Address, transport: UInt8,
            sourcePort: UInt16 = 0, destinationPort: UInt16 = 0
        ) {
            self.source = source
            self.destination = destination
            self.transport = transport
            self.sourcePort = sourcePort
            self.destinationPort = destinationPort
        }
    }

    /// What a flow has carried since it began.
    public struct Traffic: Hashable, Sendable {
        /// Packets of who began it.
        public var originalPackets: UInt64 = 0
        /// Their bytes.
        public var originalBytes: UInt64 = 0
        /// Packets that answered.
        public var replyPackets: UInt64 = 0
        /// Their bytes.
        public var replyBytes: UInt64 = 0

        /// Nothing yet.
        public init() {}
    }

    /// The states of a TCP connection, numbered as in linux/netfilter/nf_conntrack_tcp.h.
    public enum TCPState: UInt8, Hashable, Sendable {
        /// None yet.
        case none
        /// The first packet was seen.
        case synSent
        /// It was answered.
        case synReceived
        /// The connection stands.
        case established
        /// One side has closed.
        case finWait
        /// The other side knows.
        case closeWait
        /// The other side has closed too.
        case lastAcknowledge
        /// Closed, and remembered for late packets.
        case timeWait
        /// Reset.
        case closed
        /// Both sides began at once.
        case synSentTwice
    }

    /// A flow of these directions.
    public init(
        original: Tuple, reply: Tuple, status: UInt32 = 0, mark: UInt32 = 0,
        timeoutSeconds: UInt32? = nil, tcpState: TCPState? = nil, zone: UInt16 = 0,
        traffic: Traffic? = nil
    ) {
        self.original = original
        self.reply = reply
        self.status = status
        self.mark = mark
        self.timeoutSeconds = timeoutSeconds
        self.tcpState = tcpState
        self.zone = zone
        self.traffic = traffic
    }

    private enum Status {
        static let seenReply: UInt32 = 1 << 1
        static let sourceTranslated: UInt32 = 1 << 4
        static let destinationTranslated: UInt32 = 1 << 5
    }

    /// Whether packets of both directions were seen: the proof that it works.
    public var hasReplied: Bool { status & Status.seenReply != 0 }

    /// Whether its source address is translated.
    public var isSourceTranslated: Bool { status & Status.sourceTranslated != 0 }

    /// Whether it goes over TCP to this port, as it was begun. Source: RFC 790 for the number.
    public func isOverTCP(to port: UInt16) -> Bool {
        original.transport == 6 && original.destinationPort == port
    }

    /// Whether it goes to the outside, a port forward counted by where it leads: what stays inside
    /// says nothing of an egress.
    public var isToOutside: Bool { !reply.source.isInternal }

    /// Whether it goes to the outside with the address of its host.
    public var isUntranslated: Bool {
        !isSourceTranslated && isToOutside && reply.destination == original.source
    }

    /// Whether its destination address is translated: a port forward.
    public var isDestinationTranslated: Bool { status & Status.destinationTranslated != 0 }

    /// Whether somebody would miss it: a closed TCP connection is remembered for minutes, and
    /// nobody loses it.
    public var isLive: Bool {
        switch tcpState {
        case .timeWait, .closed, .lastAcknowledge: false
        default: true
        }
    }

    /// The status of a flow with these properties, for tests and samples.
    public static func status(
        hasReplied: Bool, isSourceTranslated: Bool, isDestinationTranslated: Bool = false
    ) -> UInt32 {
        (hasReplied ? Status.seenReply : 0)
            | (isSourceTranslated ? Status.sourceTranslated : 0)
            | (isDestinationTranslated ? Status.destinationTranslated : 0)
    }
}

/// Networks, by which an address is found without going through all of them.
public struct SourceSet: Sendable {
    private var byLength: [(length: Int, networks: Set<IPv4Prefix>)] = []

    /// These networks.
    public init(_ sources: some Sequence<IPv4Prefix>) {
        byLength = Dictionary(grouping: sources, by: \.length)
            .map { ($0.key, Set($0.value)) }.sorted { $0.length > $1.length }
    }

    /// The networks that hold an address, the narrowest first.
    public func holding(_ address: IPv4Address) -> [IPv4Prefix] {
        byLength.compactMap { length, networks in
            let prefix = IPv4Prefix(address, length: length)
            return networks.contains(prefix) ? prefix : nil
        }
    }

    /// Whether one of them holds an address.
    public func contains(_ address: IPv4Address) -> Bool {
        byLength.contains { $0.networks.contains(IPv4Prefix(address, length: $0.length)) }
    }
}
