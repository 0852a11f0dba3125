import NATModel
import NATParse

/// Reads what went through each interface, what its queue dropped, and what the cloud held up.
struct CountersReader: PartReader {
    let files: any HostFiles
    let routing: any RoutingSource
    let part = SnapshotPart.counters

    func read(into snapshot: inout Snapshot) async {
        let reading = files.reading(InterfaceCountersFile.path, InterfaceCountersFile.parse)
        guard case .value(var counters) = reading else {
            snapshot.counters = reading
            return
        }
        let interfaces = (snapshot.interfaces.value ?? []).filter { !$0.isLoopback }
        let queues = await routing.queues().value ?? [:]
        for interface in interfaces { counters[interface.name]?.queue = queues[interface.index] }
        // A driver alone knows of allowances: an interface that the kernel made has none.
        let names = interfaces.filter { $0.kind == nil }.map(\.name)
        for (name, exceeded) in await routing.exceededAllowances(of: names) {
            counters[name]?.exceededAllowances = exceeded
        }
        snapshot.counters = .value(counters)
    }
}
