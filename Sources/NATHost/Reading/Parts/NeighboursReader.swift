import NATModel
import NATParse

/// Reads which hosts are on the links.
struct NeighboursReader: PartReader {
    let files: any HostFiles
    let part = SnapshotPart.neighbours

    func read(into snapshot: inout Snapshot) async {
        snapshot.neighbours = files.reading(NeighbourFile.path, NeighbourFile.parse)
    }
}
