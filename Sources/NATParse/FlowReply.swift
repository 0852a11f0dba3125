public import NATModel

/// The flows the kernel follows, added up while they are told: no object is kept for each.
///
/// Source: `IPCTNL_MSG_CT_GET` in linux/netfilter/nfnetlink_conntrack.h; conntrack(8) asks the
/// same for `conntrack -L`.
public struct FlowReply<Total: Sendable>: NetlinkDump {
    /// What all flows so far add up to.
    public private(set) var total: Total
    private let add: @Sendable (inout Total, ConntrackFlow, FlowName) -> Void

    /// A reply of which nothing has come yet; `add` is called for each flow of IPv4.
    public init(
        _ empty: Total, _ add: @escaping @Sendable (inout Total, ConntrackFlow, FlowName) -> Void
    ) {
        total = empty
        self.add = add
    }

    /// The question for all flows of IPv4, with nfgenmsg.
    public static var request: [UInt8] {
        NetlinkMessage.dump(kind: FlowName.subsystem | 1, body: FlowName.ofIPv4)
    }

    /// The question for the flows that this address began, where the kernel can tell them apart
    /// (since 5.8).
    ///
    /// Source: `CTA_FILTER` in linux/netfilter/nfnetlink_conntrack.h.
    public static func request(from source: IPv4Address) -> [UInt8] {
        request(ConntrackFlow.Attribute.original, address(source), flags: Filter.source)
    }

    /// The question for the flows that this address answers: port forwards that lead to it, and what
    /// others of the box's networks ask of it.
    public static func request(answeredBy host: IPv4Address) -> [UInt8] {
        request(ConntrackFlow.Attribute.reply, address(host), flags: Filter.source)
    }

    /// The question for the flows over TCP to this port, whoever began them.
    public static func request(toTCPPort port: UInt16) -> [UInt8] {
        // CTA_TUPLE_PROTO: CTA_PROTO_NUM, CTA_PROTO_DST_PORT
        let transport: [UInt8] =
            [20, 0, 2, 0x80, 5, 0, 1, 0, 6, 0, 0, 0, 6, 0, 3, 0] + NetlinkRequest.port(port)
            + [0, 0]
        return request(
            ConntrackFlow.Attribute.original, transport,
            flags: Filter.transport | Filter.destinationPort)
    }

    /// What of a direction counts.
    ///
    /// Source: `CTA_FILTER_F_*` in net/netfilter/nf_internals.h.
    private enum Filter {
        static var source: UInt32 { 1 << 0 }
        static var transport: UInt32 { 1 << 3 }
        static var destinationPort: UInt32 { 1 << 5 }
    }

    /// CTA_TUPLE_IP, CTA_IP_V4_SRC
    private static func address(_ source: IPv4Address) -> [UInt8] {
        [12, 0, 1, 0x80, 8, 0, 1, 0] + NetlinkRequest.networkNumber(source.rawValue)
    }

    private static func request(
        _ direction: Int, _ tuple: [UInt8], flags: UInt32
    ) -> [UInt8] {
        let isOriginal = direction == ConntrackFlow.Attribute.original
        // CTA_FILTER_ORIG_FLAGS, CTA_FILTER_REPLY_FLAGS
        let filter: [UInt8] =
            [8, 0, 1, 0] + NetlinkRequest.number(isOriginal ? flags : 0)
            + [8, 0, 2, 0] + NetlinkRequest.number(isOriginal ? 0 : flags)
        var request = NetlinkRequest(
            kind: FlowName.subsystem | 1,
            flags: NetlinkRequest.Flag.request | NetlinkRequest.Flag.dump, body: FlowName.ofIPv4)
        request.attribute(direction | NetlinkRequest.nested, tuple)
        request.attribute(ConntrackFlow.Attribute.filter | NetlinkRequest.nested, filter)
        return request.message
    }

    /// Takes a flow.
    public mutating func take(_ message: NetlinkMessage) throws(ParseError) {
        guard message.kind == FlowName.subsystem else { return }
        guard message.body.count >= 4 else { throw ParseError("a flow that is cut short", in: "") }
        // Another family's, which an old kernel tells of too.
        guard message.body.first == FlowName.ofIPv4.first else { return }
        let attributes = message.body.dropFirst(4)
        guard let flow = ConntrackFlow(attributes) else { return }
        add(&total, flow, FlowName(attributes: attributes))
    }
}

/// What the kernel knows a flow by, to change or delete it and no other.
///
/// Valid only where a flow is told; what is made of it copies what is needed.
public struct FlowName {
    /// `NFNL_SUBSYS_CTNETLINK`; `IPCTNL_MSG_CT_NEW` is 0.
    static let subsystem = 1 << 8
    /// nfgenmsg: the family, the version, nobody's resource.
    static let ofIPv4: [UInt8] = [2, 0, 0, 0]

    let attributes: NetlinkSlice

    /// The message that deletes the flow. Its number tells it from a later flow of the same
    /// addresses.
    public var deletion: [UInt8] { request(Self.subsystem | 2).message }

    /// The message that gives the flow these bits of its mark, and leaves it the others.
    ///
    /// Source: ctnetlink_change_mark in net/netfilter/nf_conntrack_netlink.c.
    public func marking(_ mark: PacketMark) -> [UInt8] {
        var request = request(Self.subsystem)
        request.attribute(
            ConntrackFlow.Attribute.mark, NetlinkRequest.networkNumber(mark.value))
        request.attribute(
            ConntrackFlow.Attribute.markMask, NetlinkRequest.networkNumber(mark.mask))
        return request.message
    }

    private func request(_ kind: Int) -> NetlinkRequest {
        var request = NetlinkRequest(
            kind: kind, flags: NetlinkRequest.Flag.request | NetlinkRequest.Flag.acknowledge,
            body: Self.ofIPv4)
        for (kind, value) in NetlinkAttributes(attributes) {
            switch kind {
            case ConntrackFlow.Attribute.original:
                request.attribute(kind | NetlinkRequest.nested, Array(value))
            case ConntrackFlow.Attribute.zone, ConntrackFlow.Attribute.number:
                request.attribute(kind, Array(value))
            default: break
            }
        }
        return request
    }
}

extension ConntrackFlow {
    /// Source: `CTA_*` in linux/netfilter/nfnetlink_conntrack.h.
    enum Attribute {
        static let original = 1
        static let reply = 2
        static let status = 3
        static let protocolInfo = 4
        static let timeout = 7
        static let mark = 8
        static let originalCounters = 9
        static let replyCounters = 10
        static let number = 12
        static let zone = 18
        static let timestamp = 20
        static let markMask = 21
        static let filter = 25
    }

    /// The flow that these attributes tell of; `nil` where it is none of IPv4.
    init?(_ attributes: NetlinkSlice) {
        let nothing = Tuple(source: .zero, destination: .zero, transport: 0)
        self.init(original: nothing, reply: nothing)
        var hasBoth = (false, false)
        for (kind, value) in NetlinkAttributes(attributes) {
            switch kind {
            case Attribute.original:
                guard let tuple = Tuple(value) else { return nil }
                (original, hasBoth.0) = (tuple, true)
            case Attribute.reply:
                guard let tuple = Tuple(value) else { return nil }
                (reply, hasBoth.1) = (tuple, true)
            case Attribute.status: status = value.network32
            case Attribute.protocolInfo:
                // CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE
                tcpState = NetlinkAttributes.first(1, in: value)
                    .flatMap { NetlinkAttributes.first(1, in: $0)?.first }
                    .flatMap(TCPState.init(rawValue:))
            case Attribute.timeout: timeoutSeconds = value.network32
            case Attribute.mark: mark = value.network32
            case Attribute.originalCounters:
                var sum = traffic ?? Traffic()
                (sum.originalPackets, sum.originalBytes) = Self.counters(value)
                traffic = sum
            case Attribute.replyCounters:
                var sum = traffic ?? Traffic()
                (sum.replyPackets, sum.replyBytes) = Self.counters(value)
                traffic = sum
            case Attribute.number: number = value.network32
            // CTA_TIMESTAMP_START
            case Attribute.timestamp:
                beganAtNanoseconds = NetlinkAttributes.first(1, in: value)?.networkNumber
            case Attribute.zone: zone = UInt16(truncatingIfNeeded: value.networkNumber)
            default: break
            }
        }
        guard hasBoth == (true, true) else { return nil }
    }

    /// `CTA_COUNTERS_PACKETS` and `CTA_COUNTERS_BYTES`.
    private static func counters(_ bytes: NetlinkSlice) -> (packets: UInt64, bytes: UInt64) {
        (
            NetlinkAttributes.first(1, in: bytes)?.networkNumber ?? 0,
            NetlinkAttributes.first(2, in: bytes)?.networkNumber ?? 0
        )
    }
}

extension ConntrackFlow.Tuple {
    /// The direction that `CTA_TUPLE_*` tells of; `nil` where it is none of IPv4.
    init?(_ tuple: NetlinkSlice) {
        var (source, destination): (IPv4Address?, IPv4Address?)
        self.init(source: .zero, destination: .zero, transport: 0)
        for (kind, value) in NetlinkAttributes(tuple) {
            switch kind {
            case 1:
                for (kind, address) in NetlinkAttributes(value) where address.count == 4 {
                    if kind == 1 { source = address.address }
                    if kind == 2 { destination = address.address }
                }
            case 2: takeTransport(value)
            default: break
            }
        }
        guard let source, let destination else { return nil }
        self.source = source
        self.destination = destination
    }

    /// Source: `CTA_PROTO_*`. GRE has its keys where others have their ports.
    private mutating func takeTransport(_ bytes: NetlinkSlice) {
        for (kind, value) in NetlinkAttributes(bytes) {
            let number = UInt16(truncatingIfNeeded: value.networkNumber)
            switch kind {
            case 1: transport = value.first ?? 0
            case 2: sourcePort = number
            case 3: destinationPort = number
            case 4: sourcePort = number
            case 5: destinationPort |= number << 8
            case 6: destinationPort |= number & 0xff
            default: break
            }
        }
    }
}

extension IPv4Address {
    fileprivate static let zero = IPv4Address(rawValue: 0)
}

extension NetlinkSlice {
    /// The number in its first four bytes, in network byte order.
    fileprivate var network32: UInt32 {
        guard count >= 4 else { return 0 }
        return UInt32(bigEndian: base.loadUnaligned(fromByteOffset: startIndex, as: UInt32.self))
    }
}
