import NATModel
import NATParse

/// Reads how full the table of flows is, and what did not fit.
struct ConntrackReader: PartReader {
    let files: any HostFiles
    let part = SnapshotPart.conntrack

    func read(into snapshot: inout Snapshot) async {
        let path = "/proc/sys/net/netfilter/nf_conntrack_count"
        guard let count = number("count") else {
            snapshot.conntrack = .failed(
                ReadFailure(path, "the kernel follows no flows", fix: "modprobe nf_conntrack"))
            return
        }
        snapshot.conntrack = .value(
            ConntrackCounters(
                count: count, limit: number("max"),
                lost: files.reading(ConntrackStatFile.path, ConntrackStatFile.parse).value,
                countsTraffic: number("acct").map { $0 != 0 }))
    }

    private func number(_ name: String) -> UInt64? {
        files.reading("/proc/sys/net/netfilter/nf_conntrack_\(name)", ParameterFile.number).value
    }
}
