import NATModel
import NATPlan

/// Reads the kernel parameters that matter to a NAT box, natdeck's own file of them, and the kernel's
/// version.
struct SysctlsReader: PartReader {
    let files: any HostFiles
    let part = SnapshotPart.sysctls

    func read(into snapshot: inout Snapshot) async {
        snapshot.sysctls = values(of: snapshot.interfaces.value ?? [])
        // Who cannot tell it is taken for an early one.
        let release = try? files.read("/proc/sys/kernel/osrelease")
        snapshot.kernel = release.flatMap {
            KernelVersion(release: String(decoding: $0, as: UTF8.self).strippedOfControls)
        }
        do throws(ReadFailure) {
            let contents = try files.read(SysctlFile.path)
            snapshot.sysctlFile = .value(contents.map { String(decoding: $0, as: UTF8.self) })
        } catch {
            snapshot.sysctlFile = .failed(error)
        }
    }

    private func values(of interfaces: [Interface]) -> Reading<[String: Int]> {
        var names = ["net.ipv4.ip_forward", "net.netfilter.nf_conntrack_acct"]
        for scope in ["all", "default"] + interfaces.map(\.name) {
            names += ["forwarding", "send_redirects", "rp_filter", "src_valid_mark"].map {
                "net.ipv4.conf.\(scope).\($0)"
            }
        }
        var values: [String: Int] = [:]
        for name in names {
            do throws(ReadFailure) {
                // A name may hold a dot (`eth0.100`); only the file system knows which dot.
                let bytes = try files.read(Self.path(ofParameter: name)) ?? []
                let text = String(decoding: bytes, as: UTF8.self).strippedOfControls
                if let value = Int(text) { values[name] = value }
            } catch {
                return .failed(error)
            }
        }
        return .value(values)
    }

    /// `net.ipv4.conf.eth0.100.rp_filter` is `/proc/sys/net/ipv4/conf/eth0.100/rp_filter`.
    static func path(ofParameter name: String) -> String {
        let conf = "net.ipv4.conf."
        if name.hasPrefix(conf), let last = name.lastIndex(of: ".") {
            let scope = name.dropFirst(conf.count).prefix(upTo: last)
            return "/proc/sys/net/ipv4/conf/\(scope)/\(name[name.index(after: last)...])"
        }
        return "/proc/sys/" + name.split(separator: ".").joined(separator: "/")
    }
}
