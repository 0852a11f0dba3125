import NATModel

/// Reads the FIB tables from the kernel: all of them, for which are in use hangs on other parts.
struct TablesReader: PartReader {
    let routing: any RoutingSource
    let part = SnapshotPart.tables

    func read(into snapshot: inout Snapshot) async { snapshot.tables = await routing.tables() }
}

extension Snapshot {
    /// Leaves out the tables of no concern: what stays is a table that a rule looks up or would if
    /// it came back, that of a VRF, and one that natdeck made or might make.
    mutating func forgetUnusedTables() {
        guard let rules = rules.value else { return }
        let takenOver = ((saved.value ?? nil) ?? []).lazy.flatMap { $0.insteadOf ?? [] }
        let looked = Set(rules.lazy.compactMap(\.table))
            .union(takenOver.compactMap(\.table))
            .union((interfaces.value ?? []).compactMap(\.vrfTable))
        tables = tables.map {
            $0.filter {
                // One that somebody else has under a number of ours is not to be used.
                looked.contains($0.id) || $0.id >= Ownership.firstTable
                    || $0.routes.contains(where: \.isOwned)
            }
        }
    }
}
