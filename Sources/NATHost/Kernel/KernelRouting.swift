public import NATModel
import NATParse

/// The kernel of a network namespace, asked by netlink. See rtnetlink(7).
///
/// A program such as ip(8) would tell the same in a hundred times the time.
public struct KernelRouting: RoutingSource {
    let sockets: any NetlinkOpener
    private static let thread = WorkingThread("routing")

    /// The kernel that these sockets speak with.
    public init(_ sockets: any NetlinkOpener = KernelSockets()) { self.sockets = sockets }

    /// What `ip -4 addr show` asks for.
    public func interfaces() async -> Reading<[Interface]> {
        await read("ip addr show") {
            conversation throws(NetlinkConversation.Failure) in
            let interfaces = try conversation.gather(LinkReply()).interfaces
            let addresses = try conversation.gather(AddressReply()).addresses
            return interfaces.map { interface in
                var interface = interface
                interface.addresses = addresses[interface.index] ?? []
                return interface
            }
        }
    }

    /// What `ip rule show` asks for.
    public func rules() async -> Reading<[RoutingPolicyRule]> {
        await read("ip rule show") {
            conversation throws(NetlinkConversation.Failure) in
            try conversation.gather(RuleReply()).rules
        }
    }

    /// What `ip route show table all` asks for.
    public func tables() async -> Reading<[FIBTable]> {
        await read("ip route show table all") {
            conversation throws(NetlinkConversation.Failure) in
            let links = try conversation.gather(LinkReply()).interfaces
            let names = Dictionary(links.map { ($0.index, $0.name) }) { $1 }
            var routes = try conversation.gather(RouteReply { names[$0] })
            if routes.needsNexthops {
                routes.resolve(try conversation.gather(NexthopReply { names[$0] }))
            }
            return routes.tables
        }
    }

    /// What `tc -s qdisc show` asks for, and of each htb `tc class show`.
    public func queues() async -> Reading<[Int: InterfaceQueue]> {
        await read("tc -s qdisc show") {
            conversation throws(NetlinkConversation.Failure) in
            var reply = try conversation.gather(QueueReply())
            for (interface, queue) in reply.queues where queue.kind == "htb" {
                let classes = try conversation.ask(
                    QueueClassReply.request(interface: interface), QueueClassReply())
                reply.take(classes, of: interface)
            }
            return reply.queues
        }
    }

    /// What `ethtool -S` asks for.
    public func exceededAllowances(of interfaces: [String]) async -> [String: [String: UInt64]] {
        guard !interfaces.isEmpty else { return [:] }
        return await Self.thread.run { _ in DriverCounters.exceededAllowances(of: interfaces) }
    }

    /// What `ip route get` asks for, one question after the other over one socket.
    public func ways(of questions: [RouteQuestion]) async -> [Reading<RouteAnswer>] {
        await Self.thread.run { _ in
            do throws(NetlinkConversation.Failure) {
                var asker = NetlinkAsker(try NetlinkConversation(.route, sockets))
                return questions.map { asker.way(of: $0) }
            } catch {
                return questions.map { .failed(ReadFailure("\($0.command)", error.reason)) }
            }
        }
    }

    /// A failure names the command that asks the same by hand.
    private func read<Value: Sendable>(
        _ command: String,
        _ body:
            @escaping @Sendable (
                inout NetlinkConversation
            ) throws(NetlinkConversation.Failure) -> Value
    ) async -> Reading<Value> {
        await Self.thread.run { _ in
            do throws(NetlinkConversation.Failure) {
                var conversation = try NetlinkConversation(.route, sockets)
                return .value(try body(&conversation))
            } catch {
                return .failed(ReadFailure(command, error.reason))
            }
        }
    }
}

/// Asks for ways over one socket.
private struct NetlinkAsker: ~Copyable {
    private var conversation: NetlinkConversation
    private var names = LinkNames()

    init(_ conversation: consuming NetlinkConversation) { self.conversation = conversation }

    mutating func way(of question: RouteQuestion) -> Reading<RouteAnswer> {
        let object = question.command.description
        do throws(NetlinkConversation.Failure) {
            var input: Int?
            if let name = question.input {
                input = try names.index(of: name, &conversation)
                guard input != nil else {
                    return .failed(ReadFailure(object, "Cannot find device \"\(name)\""))
                }
            }
            let reply = try conversation.ask(
                WayReply.request(question, input: input), WayReply())
            guard var way = reply.way else { return .failed(ReadFailure(object, "no answer")) }
            if let index = reply.interface {
                way.interface = try names.name(of: index, &conversation)
            }
            return .value(way)
        } catch {
            return .failed(ReadFailure(object, error.reason))
        }
    }
}
