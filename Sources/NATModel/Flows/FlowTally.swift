/// Adds flows up, one after the other, as the kernel tells them.
public struct FlowTally: Sendable {
    private var hosts = HostTable()
    private var ports = PortTable()
    private var flows = 0
    private var translated = 0
    private var markBits: UInt32 = 0
    /// What the next reading is to be compared with; `nil` where there is to be none.
    public private(set) var memory: FlowMemory?

    /// Nothing yet; `memory` is that of the reading before, and `nil` where nothing is to be
    /// remembered: whoever looks once need not pay for it.
    public init(after memory: FlowMemory? = FlowMemory()) {
        self.memory = memory
        self.memory?.begin()
    }

    /// Adds a flow.
    public mutating func add(_ flow: ConntrackFlow) {
        flows += 1
        if flow.isSourceTranslated { translated += 1 }
        if flow.isLive { markBits |= flow.mark }
        ports.add(flow)
        let news = memory?.note(flow)
        guard flow.isOfHost else { return }
        let hasBefore = memory?.hasBefore == true
        hosts.change(flow.original.source) { $0.add(flow, hasBefore ? news : nil) }
    }

    /// What they add up to.
    public var totals: FlowTotals {
        FlowTotals(
            hosts: Dictionary(
                hosts.sums.map { ($0.host, $0.flows) }, uniquingKeysWith: { first, _ in first }),
            ports: ports.busiest, flows: flows, translated: translated,
            markBits: markBits)
    }
}
