import NATModel

/// Reads every table that translates, of iptables and of nftables.
struct NATReader: PartReader {
    let filters: FilterReader
    let gate: any GateTable
    let part = SnapshotPart.nat

    func read(into snapshot: inout Snapshot) async {
        let before = await gate.generation()
        snapshot.nat = await filters.nat()
        let after = await gate.generation()
        snapshot.natGeneration = before == after && !holdsLegacy ? after : nil
    }

    /// Whether NAT is still as a snapshot has it, so that it need not be listed again.
    func stands(_ snapshot: Snapshot) async -> Bool {
        guard let generation = snapshot.natGeneration, !holdsLegacy else { return false }
        return await gate.isAlone(since: generation)
    }

    /// Whether x_tables may hold any of it, which has no number for its state.
    private var holdsLegacy: Bool { filters.legacyTable("nat").value != false }
}
