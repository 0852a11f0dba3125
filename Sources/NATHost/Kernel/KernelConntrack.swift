public import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// The flows of a network namespace, asked by netlink: no program is needed, and no text is read.
public struct KernelConntrack: ConntrackSource {
    private let sockets: any NetlinkOpener
    /// How many flows are so many that two walks for those of one host take less than to be told of all.
    private let manyFlows: Int
    /// A long telling holds up nothing else.
    private static let thread = WorkingThread("conntrack")
    private static let object = "conntrack -L"
    /// A table that changes while it is told is asked for again, but it may take seconds each time.
    private static let tries = 3
    private static let lack = ReadFailure(
        object, "the kernel has no connection tracking", fix: "modprobe nf_conntrack_netlink")

    /// The kernel that these sockets speak with.
    ///
    /// - Parameter manyFlows: from how many flows on those of one host are asked for, and not all.
    ///   A walk through a large table takes as long as to be told of some 20,000.
    public init(_ sockets: any NetlinkOpener = KernelSockets(), manyFlows: Int = 20_000) {
        self.sockets = sockets
        self.manyFlows = manyFlows
    }

    /// Goes through the flows.
    public func total<Total: Sendable>(
        _ empty: Total, from source: IPv4Address?,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total> {
        await total(empty, of: source.map { .begun(by: $0) } ?? .all, add)
    }

    /// Goes through those to one port.
    public func total<Total: Sendable>(
        _ empty: Total, toTCPPort port: UInt16,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total> {
        await total(empty, of: .toTCPPort(port), add)
    }

    private func total<Total: Sendable>(
        _ empty: Total, of part: Part,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total> {
        await converse { conversation, cancellation throws(NetlinkConversation.Failure) in
            try Self.tell(&conversation, empty, part, adding: part, cancellation) {
                total, flow, _ in
                add(&total, flow)
            }.total
        }
    }

    /// Which flows are asked for.
    private enum Part {
        case all
        case begun(by: IPv4Address)
        /// What a host answers and has not begun.
        case answered(by: IPv4Address)
        case toTCPPort(UInt16)

        func contains(_ flow: ConntrackFlow) -> Bool {
            switch self {
            case .all: true
            case .begun(let host): flow.original.source == host
            case .answered(let host):
                flow.reply.source == host && flow.original.source != host
            case .toTCPPort(let port): flow.isOverTCP(to: port)
            }
        }

        func request<Total>(_ reply: FlowReply<Total>) -> [UInt8] {
            switch self {
            case .all: FlowReply<Total>.request
            case .begun(let host): FlowReply<Total>.request(from: host)
            case .answered(let host): FlowReply<Total>.request(answeredBy: host)
            case .toTCPPort(let port): FlowReply<Total>.request(toTCPPort: port)
            }
        }
    }

    /// What was told, and whether that is of all flows: a kernel that does not know the filter tells
    /// of all, or refuses.
    private struct Told<Total: Sendable>: Sendable {
        var total: Total
        var isOfAll = false
    }

    /// Has the kernel tell a part of its flows where it knows how to.
    ///
    /// - Parameter wanted: what is added up of those that are told.
    private static func tell<Total: Sendable>(
        _ conversation: inout NetlinkConversation, _ empty: Total, _ part: Part,
        adding wanted: Part, _ cancellation: WorkingThread.Cancellation,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow, FlowName) -> Void
    ) throws(NetlinkConversation.Failure) -> Told<Total> {
        if case .all = part {
            let reply = FlowReply(empty, add)
            let total = try conversation.gather(reply, cancellation, tries: tries).total
            return Told(total: total, isOfAll: true)
        }
        let reply = FlowReply(Told(total: empty)) { told, flow, name in
            if !part.contains(flow) { told.isOfAll = true }
            if wanted.contains(flow) { add(&told.total, flow, name) }
        }
        do throws(NetlinkConversation.Failure) {
            let request = part.request(reply)
            return try conversation.ask(request, reply, cancellation, tries: tries).total
        } catch {
            guard case .refused(let refusal) = error,
                [EINVAL, EOPNOTSUPP, ERANGE].contains(refusal.number)
            else { throw error }
            var told = try conversation.gather(reply, cancellation, tries: tries).total
            told.isOfAll = true
            return told
        }
    }

    /// The parts that hold all flows of a host, each of which is a walk through the kernel's table.
    private func parts(
        of host: IPv4Address?, _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> [Part] {
        guard let host,
            let count = try conversation.ask(FlowCountReply.request, FlowCountReply()).count,
            count >= manyFlows
        else { return [.all] }
        return [.begun(by: host), .answered(by: host)]
    }

    /// Finds the flows, then deletes each by what the kernel knows it by.
    public func end(
        from source: IPv4Address?, _ isChosen: @escaping @Sendable (ConntrackFlow) -> Bool
    ) async -> Reading<Int> {
        await change { _ throws(NetlinkConversation.Failure) in
            [source.map { .begun(by: $0) } ?? .all]
        } by: { flow, name in
            isChosen(flow) ? name.deletion : nil
        }
    }

    /// Finds the flows, then marks each by what the kernel knows it by.
    public func mark(
        of host: IPv4Address?, _ choose: @escaping @Sendable (ConntrackFlow) -> PacketMark?
    ) async -> Reading<Int> {
        let marked = await change { conversation throws(NetlinkConversation.Failure) in
            try parts(of: host, &conversation)
        } by: { flow, name in
            choose(flow).map(name.marking)
        }
        // What follows no flows has none to mark.
        return marked.failure == Self.lack ? .value(0) : marked
    }

    /// Sends the message that is made of each flow of these parts, and none for one it is `nil` of.
    private func change(
        _ parts:
            @escaping @Sendable (
                inout NetlinkConversation
            ) throws(NetlinkConversation.Failure) -> [Part],
        by message: @escaping @Sendable (ConntrackFlow, FlowName) -> [UInt8]?
    ) async -> Reading<Int> {
        await converse { conversation, cancellation throws(NetlinkConversation.Failure) in
            var messages: [[UInt8]] = []
            let parts = try parts(&conversation)
            for (place, part) in parts.enumerated() {
                // Where the kernel tells of all at once, none need be asked for again.
                let wanted = place == 0 && parts.count > 1 ? .all : part
                let told = try Self.tell(
                    &conversation, messages, part, adding: wanted, cancellation
                ) { messages, flow, name in
                    if let message = message(flow, name) { messages.append(message) }
                }
                messages = told.total
                if told.isOfAll { break }
            }
            for message in messages {
                if cancellation.isCancelled { throw .refused(KernelError(ECANCELED)) }
                do throws(NetlinkConversation.Failure) {
                    try conversation.order(message)
                } catch {
                    // It has ended by itself.
                    guard case .refused(let refusal) = error, refusal.number == ENOENT else {
                        throw error
                    }
                }
            }
            return messages.count
        }
    }

    private func converse<Value: Sendable>(
        _ body:
            @escaping @Sendable (
                inout NetlinkConversation, WorkingThread.Cancellation
            ) throws(NetlinkConversation.Failure) -> Value
    ) async -> Reading<Value> {
        await Self.thread.run { cancellation in
            do throws(NetlinkConversation.Failure) {
                var conversation = try NetlinkConversation(.netfilter, sockets)
                return .value(try body(&conversation, cancellation))
            } catch {
                return .failed(Self.failure(error))
            }
        }
    }

    private static func failure(_ failure: NetlinkConversation.Failure) -> ReadFailure {
        guard case .refused(let refusal) = failure else {
            return ReadFailure(object, failure.reason)
        }
        switch refusal.number {
        case EPERM: return ReadFailure(object, failure.reason, fix: "run it as root")
        // What nf_flow_table has taken over is not deleted: IPS_OFFLOAD in nf_conntrack_common.h.
        case EBUSY:
            return ReadFailure(
                object, "a flowtable of nftables forwards one, and holds it",
                fix: "nft list flowtables; without it, or once it is idle, the flow can be ended")
        // Nothing of the kernel answers for that subsystem.
        case EINVAL, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT:
            return lack
        default: return ReadFailure(object, failure.reason)
        }
    }
}
