/// Flows of some sources, one by one: of very many the first of them, and how many there are.
public struct FlowSample: Hashable, Sendable {
    /// The flows, as the kernel told them.
    public var flows: [ConntrackFlow] = []
    /// How many there are in all.
    public var count = 0
    /// How long it took to read them, in milliseconds.
    public var tookMilliseconds: Int64 = 0

    /// The most flows that are kept: no person reads more, and a host may have 100,000.
    public static let most = 5000

    /// None.
    public init() {}

    /// Adds a flow.
    public mutating func add(_ flow: ConntrackFlow) {
        count += 1
        if flows.count < Self.most { flows.append(flow) }
    }
}
