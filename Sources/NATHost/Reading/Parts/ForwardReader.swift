import NATModel

/// Reads every table with chains that forwarded packets pass, of iptables and of nftables.
struct ForwardReader: PartReader {
    let filters: FilterReader
    let part = SnapshotPart.forward

    func read(into snapshot: inout Snapshot) async { snapshot.forward = await filters.forward() }
}
