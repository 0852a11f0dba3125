internal import NATModel

/// What a host's flows do per second.
struct HostRates: Hashable, Sendable {
    /// Flows that somebody would miss; `nil` where conntrack cannot be read.
    var flows: Int?
    /// Flows begun per second; `nil` before two readings.
    var begun: Double?
    /// Bytes it gets per second; `nil` before two readings, or where the kernel does not count them.
    var received: Double?
    /// Bytes it sends per second.
    var sent: Double?

    /// Both directions together; `nil` where neither is known.
    var traffic: Double? { received.map { $0 + (sent ?? 0) } ?? sent }
}

/// The flows of all hosts, as rates and graphs, from reading to reading.
struct FlowRates: Sendable {
    /// The last reading that succeeded; `nil` before one did.
    private(set) var totals: FlowTotals?
    /// When that was, in milliseconds of the monotonic clock.
    private(set) var readAtMilliseconds: Int64 = 0
    /// Flows and new flows by the own address they leave with.
    private(set) var byAddress: [IPv4Address: HostFlows.Seen] = [:]
    private var graphs: [IPv4Address: Graphs] = [:]

    /// A host's traffic over time.
    private struct Graphs {
        var minute = HostGraph()
        var history = HostHistory()
    }

    /// Takes a reading.
    mutating func take(_ totals: FlowTotals, atMilliseconds now: Int64) {
        self.totals = totals
        readAtMilliseconds = now
        byAddress = [:]
        let span = totals.spanMilliseconds ?? 0
        for (host, flows) in totals.hosts {
            for (address, seen) in flows.seen where address != host {
                byAddress[address, default: HostFlows.Seen()].flows += seen.flows
                byAddress[address, default: HostFlows.Seen()].begun += seen.begun
            }
            guard let carried = flows.carriedSince,
                let received = totals.perSecond(carried.receivedBytes),
                let sent = totals.perSecond(carried.sentBytes)
            else { continue }
            graphs[host, default: Graphs()].minute.add(
                received + sent, over: span, atMilliseconds: now)
            graphs[host]?.history.add(
                received: received, sent: sent, over: span, atMilliseconds: now)
        }
        // A host whose flows are all forgotten has nothing left to draw.
        if graphs.count > 2 * totals.hosts.count + 100 {
            graphs = graphs.filter { totals.hosts[$0.key] != nil }
        }
    }

    /// What the flows of a source do; nothing is known of a network.
    func rates(of source: IPv4Prefix) -> HostRates {
        guard source.length == 32, let totals else { return HostRates() }
        guard let flows = totals.hosts[source.network] else { return HostRates(flows: 0) }
        return HostRates(
            flows: flows.flows, begun: totals.perSecond(flows.begun),
            received: totals.perSecond(flows.carriedSince?.receivedBytes),
            sent: totals.perSecond(flows.carriedSince?.sentBytes))
    }

    /// The last minute of a host; `nil` where nothing was measured.
    func graph(of source: IPv4Prefix) -> HostGraph? {
        source.length == 32 ? graphs[source.network]?.minute : nil
    }

    /// The last five minutes of a host; `nil` where nothing was measured.
    func history(of source: IPv4Prefix) -> HostHistory? {
        source.length == 32 ? graphs[source.network]?.history : nil
    }
}
