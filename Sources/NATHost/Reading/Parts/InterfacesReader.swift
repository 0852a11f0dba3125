import NATModel
import NATParse

/// Reads the interfaces and their addresses from the kernel.
struct InterfacesReader: PartReader {
    let routing: any RoutingSource
    let files: any HostFiles
    let part = SnapshotPart.interfaces

    func read(into snapshot: inout Snapshot) async {
        snapshot.interfaces = await routing.interfaces().map { interfaces in
            interfaces.map { interface in
                var interface = interface
                if !interface.isLoopback { interface.speedBitsPerSecond = speed(of: interface) }
                return interface
            }
        }
    }

    /// The file of one that is down cannot be read, and -1 says that the driver does not know.
    private func speed(of interface: Interface) -> UInt64? {
        let path = "/sys/class/net/\(interface.name)/speed"
        guard let megabits = files.reading(path, ParameterFile.number).value,
            (1..<0xffff_ffff).contains(megabits)
        else { return nil }
        return megabits * 1_000_000
    }
}
