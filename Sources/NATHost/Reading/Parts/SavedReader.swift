import NATModel

/// Reads the assignments as they were kept, what the names in them stand for, and the gate that
/// follows them.
struct SavedReader: PartReader {
    let saved: SavedAssignments
    let gate: GateKeeper
    let part = SnapshotPart.saved

    private static let thread = WorkingThread("gate file")

    /// Decodes the files as they are, so that they need not be decoded again when it is their turn.
    func decode() async {
        if saved.isKnown { return }
        async let gate: Void = Self.thread.run { _ in self.gate.decode() }
        // On this thread, which runs: a new one may wait behind whatever the kernel is asked.
        _ = saved.reading()
        await gate
    }

    func read(into snapshot: inout Snapshot) async {
        (snapshot.saved, snapshot.names) = saved.reading()
        snapshot.gate = await gate.reading()
    }
}
