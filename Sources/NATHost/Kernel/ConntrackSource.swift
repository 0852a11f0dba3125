public import NATModel

/// The flows that the kernel follows.
public protocol ConntrackSource: Sendable {
    /// Goes through the flows of IPv4 once and gives what they add up to. No flow is kept.
    ///
    /// A task that is cancelled stops between two pieces, and fails.
    ///
    /// - Parameter source: only those that this address began; `nil` for all.
    func total<Total: Sendable>(
        _ empty: Total, from source: IPv4Address?,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total>

    /// Goes through the flows over TCP to this port once, whoever began them.
    func total<Total: Sendable>(
        _ empty: Total, toTCPPort port: UInt16,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total>

    /// Ends the flows that are chosen, and no others; one that ended by itself meanwhile counts.
    ///
    /// - Parameter source: only those that this address began; `nil` for whichever.
    /// - Returns: How many ended.
    func end(
        from source: IPv4Address?, _ isChosen: @escaping @Sendable (ConntrackFlow) -> Bool
    ) async -> Reading<Int>

    /// Gives each flow the bits of its mark that are chosen for it, and leaves it the others; one
    /// for which none are chosen is left alone.
    ///
    /// - Parameter host: the only one that has begun or answers what may be chosen; `nil` for
    ///   whichever.
    /// - Returns: How many were given any.
    func mark(
        of host: IPv4Address?, _ choose: @escaping @Sendable (ConntrackFlow) -> PacketMark?
    ) async -> Reading<Int>
}

extension ConntrackSource {
    /// Goes through all flows of IPv4.
    public func total<Total: Sendable>(
        _ empty: Total, _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total> {
        await total(empty, from: nil, add)
    }

    /// Goes through all flows, where nothing tells those apart.
    public func total<Total: Sendable>(
        _ empty: Total, toTCPPort port: UInt16,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total> {
        await total(empty) { total, flow in
            if flow.isOverTCP(to: port) { add(&total, flow) }
        }
    }

    /// The flows to the outside of each of these sources that somebody would miss.
    public func liveConnections(
        of sources: [IPv4Prefix]
    ) async -> Reading<[IPv4Prefix: LiveConnections]> {
        let set = SourceSet(sources)
        let none = Dictionary(sources.map { ($0, LiveConnections()) }) { first, _ in first }
        let host = FlowSelections(sources.map { FlowSelection($0) }).onlyHost
        return await total(none, from: host) { connections, flow in
            guard flow.isLive, flow.isSourceTranslated || flow.leadsOutside else { return }
            for source in set.holding(flow.original.source) {
                connections[source, default: LiveConnections()].add(flow)
            }
        }
    }

    /// Ends the flows that are meant, so that they start anew.
    public func endFlows(_ selections: [FlowSelection]) async -> Reading<Int> {
        let chosen = FlowSelections(selections)
        return await end(from: chosen.onlyHost) { chosen.contains($0) }
    }
}
