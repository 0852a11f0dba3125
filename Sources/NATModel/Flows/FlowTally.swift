/// Adds flows up, one after the other, as the kernel tells them.
public struct FlowTally: Sendable {
    private var hosts: [IPv4Address: HostFlows] = [:]
    private var ports = PortTable()
    private var flows = 0
    private var translated = 0
    private var markBits: UInt32 = 0
    /// What the next reading is to be compared with.
    public private(set) var memory: FlowMemory

    /// Nothing yet; `memory` is that of the reading before.
    public init(after memory: FlowMemory = FlowMemory()) {
        self.memory = memory
        self.memory.begin()
    }

    /// Adds a flow.
    public mutating func add(_ flow: ConntrackFlow) {
        flows += 1
        if flow.isSourceTranslated { translated += 1 }
        if flow.isLive { markBits |= flow.mark }
        ports.add(flow)
        let news = memory.note(flow)
        guard flow.isOfHost else { return }
        let hasBefore = memory.hasBefore
        hosts[flow.original.source, default: HostFlows()].add(flow, hasBefore ? news : nil)
    }

    /// What they add up to.
    public var totals: FlowTotals {
        FlowTotals(
            hosts: hosts, ports: ports.busiest, flows: flows, translated: translated,
            markBits: markBits)
    }
}

extension HostFlows {
    /// Adds a flow; `news` is what is new of it since the reading before.
    fileprivate mutating func add(_ flow: ConntrackFlow, _ news: FlowMemory.News?) {
        if let traffic = flow.traffic {
            var sum = carried ?? Carried()
            sum.add(traffic)
            carried = sum
        }
        if let news {
            begun = (begun ?? 0) + (news.isNew ? 1 : 0)
            if flow.traffic != nil {
                var sum = carriedSince ?? Carried()
                sum.sentBytes &+= news.sentBytes
                sum.receivedBytes &+= news.receivedBytes
                carriedSince = sum
            }
        }
        let isBegun = news?.isNew == true
        if flow.isLive { flows += 1 }
        let hasEnded = !flow.isLive && flow.hasReplied
        guard flow.isToOutside, flow.isLive || isBegun || hasEnded else { return }
        var seen = self.seen[flow.reply.destination] ?? Seen()
        if isBegun { seen.begun += 1 }
        if hasEnded { seen.ended = (seen.ended ?? 0) + 1 }
        if flow.isLive {
            seen.flows += 1
            if flow.hasReplied { seen.replied += 1 }
        }
        self.seen[flow.reply.destination] = seen
    }
}
