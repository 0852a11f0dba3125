public import NATModel

/// The flows that the kernel follows.
public protocol ConntrackSource: Sendable {
    /// Goes through all flows of IPv4 once and gives what they add up to. No flow is kept.
    ///
    /// A task that is cancelled stops between two pieces, and fails.
    func total<Total: Sendable>(
        _ empty: Total, _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total>

    /// Ends the flows that are chosen, and no others; one that ended by itself meanwhile counts.
    ///
    /// - Returns: How many ended.
    func end(
        _ isChosen: @escaping @Sendable (ConntrackFlow) -> Bool
    ) async -> Reading<Int>
}

extension ConntrackSource {
    /// How many translated flows each of these sources has that somebody would miss.
    public func liveConnections(of sources: [IPv4Prefix]) async -> Reading<[IPv4Prefix: Int]> {
        let set = SourceSet(sources)
        let none = Dictionary(sources.map { ($0, 0) }) { first, _ in first }
        return await total(none) { counts, flow in
            guard flow.isSourceTranslated, flow.isLive else { return }
            for source in set.holding(flow.original.source) { counts[source, default: 0] += 1 }
        }
    }

    /// Ends every translated flow of these sources, so that they start anew: `conntrack -D
    /// --src-nat` for each of them.
    public func endConnections(of sources: [IPv4Prefix]) async -> Reading<Int> {
        let set = SourceSet(sources)
        return await end { $0.isSourceTranslated && set.contains($0.original.source) }
    }
}
