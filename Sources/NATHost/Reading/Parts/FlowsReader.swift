import NATModel

/// Reads what the flows of each source add up to.
struct FlowsReader: PartReader {
    let conntrack: any ConntrackSource
    let part = SnapshotPart.flows

    func read(into snapshot: inout Snapshot) async {
        snapshot.flows = await conntrack.total([:]) {
            (hosts: inout [IPv4Address: HostFlows], flow) in hosts.add(flow)
        }
    }
}
