import NATModel
import NATParse

/// Asks the kernel for the filters of tc, as tc(8) does.
enum KernelTrafficFilters {
    private static let thread = WorkingThread("tc")

    /// Those that may lose packets, as tables of a filter.
    static func read(
        _ sockets: any NetlinkOpener = KernelSockets()
    ) async -> Reading<[NATRuleSet]> {
        await thread.run { _ in
            do throws(NetlinkConversation.Failure) {
                return .value(try tables(sockets))
            } catch {
                return .failed(ReadFailure("tc filter show", error.reason))
            }
        }
    }

    private static func tables(
        _ sockets: any NetlinkOpener
    ) throws(NetlinkConversation.Failure) -> [NATRuleSet] {
        var conversation = try NetlinkConversation(.route, sockets)
        let places = try conversation.gather(FilterPlaceReply()).interfaces
        if places.isEmpty { return [] }
        let names = Dictionary(
            try conversation.gather(LinkReply()).interfaces.map { ($0.index, $0.name) },
            uniquingKeysWith: { first, _ in first })
        var tables: [NATRuleSet] = []
        for interface in places {
            guard let name = names[interface] else { continue }
            for side in TrafficFilterReply.Side.allCases {
                let reply: TrafficFilterReply
                do throws(NetlinkConversation.Failure) {
                    reply = try conversation.ask(
                        TrafficFilterReply.request(interface: interface, side),
                        TrafficFilterReply(naming: names))
                } catch {
                    // The interface has gone, or has no such side.
                    if case .refused = error { continue }
                    throw error
                }
                if let table = reply.table(of: name, side) { tables.append(table) }
            }
        }
        return tables
    }
}
