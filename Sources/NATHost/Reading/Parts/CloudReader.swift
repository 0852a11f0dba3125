import NATModel

/// Asks the cloud about the interfaces of the box.
struct CloudReader: PartReader {
    let metadata: any MetadataSource
    let routing: any RoutingSource
    let part = SnapshotPart.cloud

    func read(into snapshot: inout Snapshot) async {
        var interfaces = snapshot.interfaces
        if interfaces.failure == .unread { interfaces = await routing.interfaces() }
        // Also those that are down: their public addresses are still theirs.
        let macs = (interfaces.value ?? []).filter { !$0.isLoopback }.compactMap(\.mac)
        guard !macs.isEmpty else {
            snapshot.cloud = .value([])
            return
        }
        do throws(ReadFailure) {
            snapshot.cloud = .value(try await metadata.interfaces(macs: macs))
        } catch {
            snapshot.cloud = .failed(error)
        }
    }
}
