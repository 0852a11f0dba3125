public import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

/// The flows of a network namespace, asked by netlink: no program is needed, and no text is read.
public struct KernelConntrack: ConntrackSource {
    private let sockets: any NetlinkOpener
    /// A long telling holds up nothing else.
    private static let thread = WorkingThread("conntrack")
    private static let object = "conntrack -L"
    /// A table that changes while it is told is asked for again, but it may take seconds each time.
    private static let tries = 3
    private static let lack = ReadFailure(
        object, "the kernel has no connection tracking", fix: "modprobe nf_conntrack_netlink")

    /// The kernel that these sockets speak with.
    public init(_ sockets: any NetlinkOpener = KernelSockets()) { self.sockets = sockets }

    /// Goes through the flows.
    public func total<Total: Sendable>(
        _ empty: Total, from source: IPv4Address?,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total> {
        await converse { conversation, cancellation throws(NetlinkConversation.Failure) in
            try Self.tell(&conversation, empty, source, cancellation) { total, flow, _ in
                add(&total, flow)
            }
        }
    }

    /// Has the kernel tell its flows, those of one source alone where it knows how to.
    private static func tell<Total: Sendable>(
        _ conversation: inout NetlinkConversation, _ empty: Total, _ source: IPv4Address?,
        _ cancellation: WorkingThread.Cancellation,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow, FlowName) -> Void
    ) throws(NetlinkConversation.Failure) -> Total {
        guard let source else {
            return try conversation.gather(FlowReply(empty, add), cancellation, tries: tries).total
        }
        // A kernel that does not know the filter tells of all, or refuses.
        let reply = FlowReply(empty) { total, flow, name in
            if flow.original.source == source { add(&total, flow, name) }
        }
        do throws(NetlinkConversation.Failure) {
            let request = FlowReply<Total>.request(from: source)
            return try conversation.ask(request, reply, cancellation, tries: tries).total
        } catch {
            guard case .refused(let refusal) = error,
                [EINVAL, EOPNOTSUPP, ERANGE].contains(refusal.number)
            else { throw error }
            return try conversation.gather(reply, cancellation, tries: tries).total
        }
    }

    /// Finds the flows, then deletes each by what the kernel knows it by.
    public func end(
        from source: IPv4Address?, _ isChosen: @escaping @Sendable (ConntrackFlow) -> Bool
    ) async -> Reading<Int> {
        await change(from: source) { flow, name in isChosen(flow) ? name.deletion : nil }
    }

    /// Finds the flows, then marks each by what the kernel knows it by.
    public func mark(
        _ choose: @escaping @Sendable (ConntrackFlow) -> PacketMark?
    ) async -> Reading<Int> {
        let marked = await change(from: nil) { flow, name in choose(flow).map(name.marking) }
        // What follows no flows has none to mark.
        return marked.failure == Self.lack ? .value(0) : marked
    }

    /// Sends the message that is made of each flow, and none for one it is `nil` of.
    private func change(
        from source: IPv4Address?,
        _ message: @escaping @Sendable (ConntrackFlow, FlowName) -> [UInt8]?
    ) async -> Reading<Int> {
        await converse { conversation, cancellation throws(NetlinkConversation.Failure) in
            let messages = try Self.tell(&conversation, [[UInt8]](), source, cancellation) {
                messages, flow, name in
                if let message = message(flow, name) { messages.append(message) }
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
