import NATModel

/// Reads every table that translates, of iptables and of nftables.
struct NATReader: PartReader {
    let filters: FilterReader
    let part = SnapshotPart.nat

    func read(into snapshot: inout Snapshot) async { snapshot.nat = await filters.nat() }
}
