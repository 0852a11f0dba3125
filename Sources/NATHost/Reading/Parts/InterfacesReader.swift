import NATModel

/// Reads the interfaces and their addresses from the kernel.
struct InterfacesReader: PartReader {
    let routing: any RoutingSource
    let part = SnapshotPart.interfaces

    func read(into snapshot: inout Snapshot) async {
        snapshot.interfaces = await routing.interfaces()
    }
}
