import NATModel
import Synchronization

/// Reads what the flows of each source add up to, and remembers them until the next reading.
final class FlowsReader: PartReader {
    private let conntrack: any ConntrackSource
    let part = SnapshotPart.flows
    private let last = Mutex<Last?>(nil)
    /// Whether there is to be another reading, which this one is remembered for.
    private let isRepeated: Bool

    /// What the reading before left.
    private struct Last {
        var memory: FlowMemory
        var began: ContinuousClock.Instant
    }

    init(conntrack: any ConntrackSource, isRepeated: Bool) {
        self.conntrack = conntrack
        self.isRepeated = isRepeated
    }

    /// What is new is told of a reading that follows another one. Somebody who reads once in
    /// between, for a plan, does not end such a row.
    func read(into snapshot: inout Snapshot) async {
        let before = last.withLock { $0 }
        let follows = snapshot.flows.value != nil
        let began = ContinuousClock.now
        let memory = follows ? before?.memory : nil
        let empty = isRepeated ? FlowTally(after: memory ?? FlowMemory()) : FlowTally(after: nil)
        let reading = await conntrack.total(empty) { $0.add($1) }
        guard case .value(let tally) = reading else {
            snapshot.flows = reading.map(\.totals)
            return
        }
        if follows || before == nil, let memory = tally.memory {
            last.withLock { $0 = Last(memory: memory, began: began) }
        }
        var totals = tally.totals
        if follows { totals.spanMilliseconds = before.map { (began - $0.began).milliseconds } }
        await name(&totals.ports)
        totals.tookMilliseconds = (ContinuousClock.now - began).milliseconds
        totals.readAtMilliseconds = SnapshotReader.nowMilliseconds
        snapshot.flows = .value(totals)
    }

    /// A destination of which so large a share of the ports is taken is asked about once more: by
    /// whom.
    private static let busy = 0.8
    /// How many hosts are told of it.
    private static let told = 5

    private func name(_ ports: inout [PortUse]) async {
        let busy = ports.filter { $0.share >= Self.busy }
        guard !busy.isEmpty else { return }
        let none = [[IPv4Address: Int]](repeating: [:], count: busy.count)
        let counts = await conntrack.total(none) { counts, flow in
            for place in busy.indices where busy[place].isTaken(by: flow) {
                counts[place][flow.original.source, default: 0] += 1
            }
        }
        for (use, hosts) in zip(busy, counts.value ?? []) {
            guard let place = ports.firstIndex(of: use) else { continue }
            ports[place].hosts =
                hosts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.told)
                .map { PortUse.HostShare(host: $0.key, used: $0.value) }
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
