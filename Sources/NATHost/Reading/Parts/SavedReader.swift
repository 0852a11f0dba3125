import NATModel

/// Reads the assignments as they were kept, what the names in them stand for, and the gate that follows them.
struct SavedReader: PartReader {
    let saved: SavedAssignments
    let gate: GateKeeper
    let part = SnapshotPart.saved

    /// Decodes the files as they are, so that they need not be decoded again when it is their turn.
    func decode() {
        _ = saved.reading()
        gate.decode()
    }

    func read(into snapshot: inout Snapshot) async {
        (snapshot.saved, snapshot.names) = saved.reading()
        snapshot.gate = await gate.reading()
    }
}
