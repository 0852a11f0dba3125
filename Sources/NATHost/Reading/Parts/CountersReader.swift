import NATModel
import NATParse

/// Reads what went through each interface.
struct CountersReader: PartReader {
    let files: any HostFiles
    let part = SnapshotPart.counters

    func read(into snapshot: inout Snapshot) async {
        snapshot.counters = files.reading(InterfaceCountersFile.path, InterfaceCountersFile.parse)
    }
}
