import NATModel

/// Reads every table with chains that forwarded packets pass, of iptables and of nftables, and whose
/// bits of marks are taken.
struct ForwardReader: PartReader {
    let filters: FilterReader
    let part = SnapshotPart.forward

    func read(into snapshot: inout Snapshot) async {
        snapshot.forward = await filters.forward()
        snapshot.markBits = await filters.markBits()
    }
}
