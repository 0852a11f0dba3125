import NATModel

/// Reads the assignments as they were kept, what the names in them stand for, and the gate that follows them.
struct SavedReader: PartReader {
    let saved: SavedAssignments
    let gate: GateKeeper
    let part = SnapshotPart.saved

    func read(into snapshot: inout Snapshot) async {
        (snapshot.saved, snapshot.names) = saved.reading()
        snapshot.gate = await gate.reading()
    }
}
