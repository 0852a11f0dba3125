public import NATModel
import NATParse
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

/// Reads the box. Every part is read at the same time as the others and can fail alone.
public struct SnapshotReader: Sendable {
    private let runner: any CommandRunner
    private let journal: Journal
    let saved: SavedAssignments
    private let files: any HostFiles
    private let metadata: any MetadataSource
    let routing: any RoutingSource
    let conntrack: any ConntrackSource
    private let gate: GateKeeper
    private let programs: NATPrograms

    /// A reader of the box that these see.
    public init(
        runner: any CommandRunner, files: any HostFiles, metadata: any MetadataSource,
        routing: any RoutingSource, conntrack: any ConntrackSource = KernelConntrack(),
        gate: any GateTable, programs: NATPrograms
    ) {
        self.runner = runner
        self.files = files
        journal = Journal(files: files)
        saved = SavedAssignments(files: files)
        self.metadata = metadata
        self.routing = routing
        self.conntrack = conntrack
        self.gate = GateKeeper(table: gate, files: files)
        self.programs = programs
    }

    /// The box as it is now.
    public func snapshot() async -> Snapshot {
        await snapshot(Set(SnapshotPart.allCases), over: nil)
    }

    /// The box with these parts read now and the others as they were in `earlier`, or unread.
    public func snapshot(_ parts: Set<SnapshotPart>, over earlier: Snapshot?) async -> Snapshot {
        var result = earlier ?? .unread(hostName: Self.hostName)
        result.takenAtMilliseconds = Self.nowMilliseconds
        await withTaskGroup(of: (@Sendable (inout Snapshot) -> Void).self) { group in
            if parts.contains(.interfaces) || parts.contains(.cloud) {
                let asksCloud = parts.contains(.cloud)
                let readsSysctls = parts.contains(.sysctls)
                let known = result.cloud
                group.addTask {
                    let interfaces = await routing.interfaces()
                    let sysctls = readsSysctls ? self.sysctls(interfaces.value ?? []) : nil
                    let cloud = asksCloud ? await self.cloud(interfaces) : known
                    return {
                        $0.interfaces = interfaces
                        $0.cloud = cloud
                        if let sysctls { $0.sysctls = sysctls }
                    }
                }
            }
            if parts.contains(.forward) {
                group.addTask {
                    let forward = await filters.forward()
                    return { $0.forward = forward }
                }
            }
            if !parts.isDisjoint(with: [.rules, .tables, .environment]) {
                group.addTask { await withoutPrograms(parts) }
            }
            if parts.contains(.flows) {
                group.addTask {
                    let flows = await conntrack.total([:]) {
                        (hosts: inout [IPv4Address: HostFlows], flow) in hosts.add(flow)
                    }
                    return { $0.flows = flows }
                }
            }
            // In this task, which has begun already: it can take longest by far.
            if parts.contains(.nat) { result.nat = await filters.nat() }
            for await change in group { change(&result) }
        }
        // After the programs, for these are the figures that age fastest.
        if parts.contains(.counters) {
            result.counters = read(InterfaceCountersFile.path, InterfaceCountersFile.parse)
        }
        if parts.contains(.neighbours) {
            result.neighbours = read(NeighbourFile.path, NeighbourFile.parse)
        }
        if parts.contains(.sshPeers) {
            result.sshPeers = await SSHPeers(files: files, conntrack: conntrack).read()
        }
        if parts.contains(.sysctls) {
            // Those of interfaces that are read now came with them.
            if !parts.contains(.interfaces) {
                result.sysctls = sysctls(result.interfaces.value ?? [])
            }
            result.sysctlFile = sysctlFile()
        }
        // After the rules, for a change that is under way writes these last.
        if parts.contains(.pending) {
            result.pending = PendingReader(files: files, journal: journal).pending()
        }
        if parts.contains(.saved) {
            result.saved = saved.reading()
            result.gate = await gate.reading()
        }
        let ofL3Devices = (result.interfaces.value ?? []).compactMap(\.vrfTable)
        let takenOver = ((result.saved.value ?? nil) ?? []).flatMap { $0.insteadOf ?? [] }
        let rules = result.rules.value.map { $0 + takenOver }
        result.tables = result.tables.map { Self.inUse($0, by: rules, ofL3Devices) }
        return result
    }

    /// Reads what takes a while but no program.
    private func withoutPrograms(
        _ parts: Set<SnapshotPart>
    ) async -> @Sendable (inout Snapshot) -> Void {
        let rules = parts.contains(.rules) ? await routing.rules() : nil
        let tables = parts.contains(.tables) ? await routing.tables() : nil
        var environment: Environment?
        if parts.contains(.environment) {
            environment = EnvironmentReader(files: files).environment()
        }
        return { [environment] snapshot in
            if let rules { snapshot.rules = rules }
            if let tables { snapshot.tables = tables }
            if let environment { snapshot.environment = environment }
        }
    }

    /// The tables a rule looks up or would if it came back, those of VRFs, and those natdeck made.
    private static func inUse(
        _ tables: [FIBTable], by rules: [RoutingPolicyRule]?, _ tablesOfL3Devices: [Int]
    ) -> [FIBTable] {
        guard let rules else { return tables }
        let looked = Set(rules.compactMap(\.table) + tablesOfL3Devices)
        return tables.filter { looked.contains($0.id) || $0.routes.contains(where: \.isOwned) }
    }

    private var filters: FilterReader {
        FilterReader(runner: runner, files: files, programs: programs)
    }

    private func read<Value>(
        _ command: Command, _ parse: ([UInt8]) throws(ParseError) -> Value
    ) async -> Reading<Value> {
        do throws(CommandFailure) {
            let reply = try await runner.run(command)
            guard reply.status == 0 else {
                return .failed(ReadFailure(command.description, reply.complaint))
            }
            return Self.parsed(reply.output, command.description, parse)
        } catch {
            return .failed(error.readFailure)
        }
    }

    private func read<Value>(
        _ path: String, _ parse: ([UInt8]) throws(ParseError) -> Value
    ) -> Reading<Value> {
        do throws(ReadFailure) {
            guard let contents = try files.read(path) else {
                return .failed(ReadFailure(path, "no such file"))
            }
            return Self.parsed(contents, path, parse)
        } catch {
            return .failed(error)
        }
    }

    private static func parsed<Value>(
        _ bytes: [UInt8], _ object: String, _ parse: ([UInt8]) throws(ParseError) -> Value
    ) -> Reading<Value> {
        do throws(ParseError) {
            return .value(try parse(bytes))
        } catch {
            return .failed(ReadFailure(object, error.description))
        }
    }

    private func cloud(_ interfaces: Reading<[Interface]>) async -> Reading<[CloudInterface]> {
        // Also those that are down: their public addresses are still theirs.
        let macs = (interfaces.value ?? []).filter { !$0.isLoopback }.compactMap(\.mac)
        guard !macs.isEmpty else { return .value([]) }
        do throws(ReadFailure) {
            return .value(try await metadata.interfaces(macs: macs))
        } catch {
            return .failed(error)
        }
    }

    private func sysctls(_ interfaces: [Interface]) -> Reading<[String: Int]> {
        var names = ["net.ipv4.ip_forward", "net.netfilter.nf_conntrack_acct"]
        for scope in ["all", "default"] + interfaces.map(\.name) {
            names += ["send_redirects", "rp_filter"].map { "net.ipv4.conf.\(scope).\($0)" }
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

    private func sysctlFile() -> Reading<String?> {
        do throws(ReadFailure) {
            let contents = try files.read(SysctlFile.path)
            return .value(contents.map { String(decoding: $0, as: UTF8.self) })
        } catch {
            return .failed(error)
        }
    }

    static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .strippedOfControls
    }

    private static var nowMilliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}

extension CommandReply {
    /// What a command that failed said of it, in one line.
    var complaint: String {
        error.isEmpty ? "exit status \(status)" : "exit status \(status): \(error)"
    }
}
