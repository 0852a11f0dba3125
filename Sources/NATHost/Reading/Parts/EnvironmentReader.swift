import NATModel
import NATParse

/// Reads what else is on the box, from files alone. Each part can fail by itself.
struct EnvironmentReader: PartReader {
    let files: any HostFiles

    let part = SnapshotPart.environment

    func read(into snapshot: inout Snapshot) async { snapshot.environment = environment() }

    private func environment() -> Environment {
        var environment = Environment(
            conntrack: reading { () throws(ReadFailure) in try conntrack() },
            savedParameters: reading { () throws(ReadFailure) in try savedParameters() },
            networkd: reading { () throws(ReadFailure) in try networkd() },
            policyRouter: reading { () throws(ReadFailure) in try policyRouter() },
            savedRules: reading { () throws(ReadFailure) in try savedRules() },
            service: reading { () throws(ReadFailure) in try service() })
        environment.networkdDropIn = reading { () throws(ReadFailure) in
            try text(Networkd.dropInPath)
        }
        environment.ipv6 = reading { () throws(ReadFailure) in try ipv6() }
        environment.cloud = reading { () throws(ReadFailure) in
            try CloudEvidence(files: files).cloud()
        }
        environment.tableNames = reading { () throws(ReadFailure) in try tableNames() }
        return environment
    }

    private func reading<Value>(_ body: () throws(ReadFailure) -> Value) -> Reading<Value> {
        do throws(ReadFailure) { return .value(try body()) } catch { return .failed(error) }
    }

    private func text(_ path: String) throws(ReadFailure) -> String? {
        try files.read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    private func exists(_ path: String) throws(ReadFailure) -> Bool {
        let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        let name = path.dropFirst(folder.count + 1)
        // A link is there whatever it leads to, as units are enabled by links.
        return try files.list(String(folder))?.contains(String(name)) ?? false
    }

    private func ipv6() throws(ReadFailure) -> IPv6Forwarding? {
        guard let forwarding = try number("/proc/sys/net/ipv6/conf/all/forwarding") else {
            return nil
        }
        return IPv6Forwarding(
            isForwarding: forwarding != 0,
            hasDefaultRoute: IPv6RouteFile.hasDefaultRoute(try text(IPv6RouteFile.path) ?? ""))
    }

    /// Source: iproute2, which reads the file and then the drop-ins; /usr has them where /etc lacks.
    private func tableNames() throws(ReadFailure) -> [Int: String] {
        var names: [Int: String] = [:]
        for folder in ["/usr/share/iproute2", "/usr/lib/iproute2", "/etc/iproute2"] {
            let dropIns = (try files.list(folder + "/rt_tables.d") ?? []).sorted()
                .filter { $0.hasSuffix(".conf") }.map { "\(folder)/rt_tables.d/\($0)" }
            for path in [folder + "/rt_tables"] + dropIns {
                names.merge(TableNames.parse(try text(path) ?? "")) { _, new in new }
            }
        }
        return names
    }

    private func conntrack() throws(ReadFailure) -> ConntrackTable? {
        let folder = "/proc/sys/net/netfilter/nf_conntrack_"
        guard let count = try number(folder + "count"), let maximum = try number(folder + "max")
        else { return nil }
        return ConntrackTable(count: count, maximum: maximum)
    }

    private func number(_ path: String) throws(ReadFailure) -> Int? {
        guard let text = try text(path)?.strippedOfControls else { return nil }
        guard let number = Int(text) else { throw ReadFailure(path, "«\(text)» is no number") }
        return number
    }

    private func savedParameters() throws(ReadFailure) -> SavedParameters {
        var entries: [SavedParameters.Entry] = []
        for path in try paths(in: SysctlConfiguration.directories) {
            entries += SysctlConfiguration.entries(of: try text(path) ?? "", path: path)
        }
        // systemd reads the file of old only where a link in sysctl.d leads to it.
        let main = SysctlConfiguration.mainPath
        let isReadByAll = try !exists("/usr/lib/systemd/systemd-sysctl")
        if isReadByAll, let contents = try text(main) {
            entries += SysctlConfiguration.entries(of: contents, path: main)
        }
        return SavedParameters(entries: entries)
    }

    /// The `.conf` files of these directories in the order of their names; of two with the same
    /// name the one in the earlier directory.
    private func paths(in directories: [String]) throws(ReadFailure) -> [String] {
        var found: [String: String] = [:]
        for directory in directories {
            for name in try files.list(directory) ?? []
            where name.hasSuffix(".conf") && found[name] == nil {
                found[name] = "\(directory)/\(name)"
            }
        }
        return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    }

    private func networkd() throws(ReadFailure) -> Networkd? {
        // networkd writes it as soon as it runs, and it stays until the next boot.
        guard try exists("/run/systemd/netif/state") else { return nil }
        var result = Networkd()
        let directories = NetworkdConfiguration.directories
        var main: String?
        for directory in directories {
            let path = directory + "/networkd.conf"
            if try exists(path) {
                main = path
                break
            }
        }
        let dropIns = try paths(in: directories.map { $0 + "/networkd.conf.d" })
        for path in [main].compactMap({ $0 }) + dropIns {
            let file = NetworkdConfiguration(try text(path) ?? "")
            if let value = file.managesForeignRules {
                result.rules = Networkd.Setting(manages: value, path: path)
            }
            if let value = file.managesForeignRoutes {
                result.routes = Networkd.Setting(manages: value, path: path)
            }
        }
        return result
    }

    private func policyRouter() throws(ReadFailure) -> PolicyRouter? {
        let known = [
            ("ec2-net-utils", "/etc/sysconfig/network-scripts/ec2net-functions"),
            ("amazon-ec2-net-utils", "/usr/lib/systemd/system/policy-routes@.service"),
        ]
        for (name, path) in known where try exists(path) {
            return PolicyRouter(name: name, path: path)
        }
        return nil
    }

    private func service() throws(ReadFailure) -> GuardService {
        guard try exists(Environment.servicePath) else { return .absent }
        guard try exists(Environment.serviceLink) else { return .disabled }
        return .enabled(isRunning: try files.isLocked(Guard.lockPath))
    }

    private func savedRules() throws(ReadFailure) -> [SavedRules] {
        let wants = "/etc/systemd/system/multi-user.target.wants/"
        let known = [
            (
                "netfilter-persistent", "/etc/iptables/rules.v4",
                [wants + "netfilter-persistent.service"]
            ),
            (
                "iptables", "/etc/sysconfig/iptables",
                [
                    wants + "iptables.service",
                    "/etc/systemd/system/basic.target.wants/iptables.service",
                    // Amazon Linux 1 starts its services by the links of a runlevel.
                    "/etc/rc.d/rc3.d/S08iptables",
                ]
            ),
        ]
        var found: [SavedRules] = []
        for (service, path, links) in known {
            var isEnabled = false
            for link in links where try exists(link) { isEnabled = true }
            let saved = try text(path)
            guard isEnabled || saved != nil else { continue }
            found.append(
                SavedRules(
                    service: service, path: path, isEnabled: isEnabled, exists: saved != nil,
                    ownedCount: Self.ownedCount(saved ?? "")))
        }
        return found
    }

    /// Source: iptables-save(8), which writes a comment in one word without quotes.
    private static func ownedCount(_ saved: String) -> Int {
        saved.split(separator: "\n").count { line in
            let words = line.split(separator: " ")
            guard let comment = words.firstIndex(of: "--comment"), words.contains("MASQUERADE"),
                words.indices.contains(comment + 1)
            else { return false }
            return words[comment + 1] == Ownership.comment
                || words[comment + 1] == "\"\(Ownership.comment)\""
        }
    }
}
