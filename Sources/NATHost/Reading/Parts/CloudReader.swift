import NATModel
import NATParse

/// Asks the cloud about the interfaces of the box, and reads what the operator says of them.
struct CloudReader: PartReader {
    let metadata: any MetadataSource
    let files: any HostFiles
    let routing: any RoutingSource
    let part = SnapshotPart.cloud

    func read(into snapshot: inout Snapshot) async {
        snapshot.publicAddressFile = publicAddressFile()
        snapshot.probed = probed()
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

    /// No file says as much as an empty one.
    private func probed() -> Reading<[ProbedAddress]> {
        do throws(ReadFailure) {
            guard try files.size(ProbedAddress.path) != nil else { return .value([]) }
            return files.reading(ProbedAddress.path, ProbedFile.parse)
        } catch {
            return .failed(error)
        }
    }

    private func publicAddressFile() -> Reading<[ToldPublicAddress]?> {
        do throws(ReadFailure) {
            guard let contents = try files.read(ToldPublicAddress.path) else { return .value(nil) }
            return .value(try PublicAddressesFile.parse(contents))
        } catch {
            return .failed(error)
        }
    }
}
