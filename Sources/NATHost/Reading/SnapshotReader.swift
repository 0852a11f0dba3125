public import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// Reads the box. Every part can fail alone, and one that hangs holds up none but those it is read
/// in a row with.
public struct SnapshotReader: Sendable {
    let routing: any RoutingSource
    let conntrack: any ConntrackSource
    let saved: SavedAssignments
    /// What brings the gate into the kernel that is read here.
    let gate: GateKeeper
    private let metadata: any MetadataSource
    /// Rows that are read side by side, each from the left to the right: what comes later in a row
    /// sees what was read before it.
    private let rows: [[any PartReader]]
    /// It can take longest by far.
    private let nat: NATReader
    /// What is read when the rows have been, one after the other.
    private let last: [any PartReader]
    /// The last of all. Its files may have ten thousand lines.
    private let kept: SavedReader

    /// A reader of the box that these see.
    ///
    /// - Parameters:
    ///   - sessions: what tells TCP connections; `nil` for the kernel's files.
    ///   - isRepeated: whether flows are read again and again, so that one reading tells what is new
    ///     since the one before.
    public init(
        runner: any CommandRunner, files: any HostFiles, metadata: any MetadataSource,
        routing: any RoutingSource, conntrack: any ConntrackSource = KernelConntrack(),
        gate: any GateTable, programs: NATPrograms, sessions: (any TCPSource)? = nil,
        isRepeated: Bool = true
    ) {
        self.routing = routing
        self.conntrack = conntrack
        self.metadata = metadata
        saved = SavedAssignments(files: files)
        self.gate = GateKeeper(table: gate, files: files)
        let filters = FilterReader(runner: runner, files: files, programs: programs)
        nat = NATReader(filters: filters, gate: gate)
        rows = [
            [
                InterfacesReader(routing: routing, files: files), SysctlsReader(files: files),
                CloudReader(metadata: metadata, files: files, routing: routing),
                CloudSetupReader(runner: runner),
            ],
            // No program stands behind these, so that one task will do.
            [
                RulesReader(routing: routing), TablesReader(routing: routing),
                EnvironmentReader(files: files),
            ],
            [ForwardReader(filters: filters)],
            [FlowsReader(conntrack: conntrack, isRepeated: isRepeated)],
            [
                SSHPeersReader(
                    files: files, conntrack: conntrack, tcp: sessions ?? TCPFiles(files: files))
            ],
        ]
        last = [
            // After the programs, for these are the figures that age fastest.
            CountersReader(files: files, routing: routing), ConntrackReader(files: files),
            NeighboursReader(files: files),
            // After the rules, for a change that is under way writes these last.
            PendingReader(files: files),
        ]
        kept = SavedReader(saved: saved, gate: self.gate)
    }

    /// Has the cloud asked anew by the next reading, also where it was asked a moment ago.
    public func forgetCloud() async { await metadata.forget() }

    /// The box as it is now.
    public func snapshot() async -> Snapshot {
        await snapshot(SnapshotPart.routine, over: nil)
    }

    /// The box with these parts read now and the others as they were in `earlier`, or unread.
    public func snapshot(_ parts: Set<SnapshotPart>, over earlier: Snapshot?) async -> Snapshot {
        var result = earlier ?? .unread(hostName: Self.hostName)
        result.takenAtMilliseconds = Self.nowMilliseconds
        let known = result
        await withTaskGroup(of: (parts: Set<SnapshotPart>, seen: Snapshot).self) { group in
            // First, for nothing takes longer.
            if parts.contains(kept.part) {
                group.addTask {
                    await kept.decode()
                    return ([], known)
                }
            }
            for row in rows {
                let wanted = row.filter { parts.contains($0.part) }
                if wanted.isEmpty { continue }
                group.addTask {
                    var seen = known
                    for reader in wanted { await reader.read(into: &seen) }
                    return (Set(wanted.map(\.part)), seen)
                }
            }
            // In this task, which has begun already.
            if parts.contains(nat.part) { await nat.read(into: &result) }
            for await (parts, seen) in group { result.adopt(parts, from: seen) }
        }
        for reader in last + [kept] where parts.contains(reader.part) {
            await reader.read(into: &result)
        }
        if !parts.isDisjoint(with: [.rules, .tables]) { result.forgetUnusedTables() }
        result.findKeptInterfaces()
        return result
    }

    /// The box with these parts read now, and the others unread. NAT is taken from an earlier snapshot
    /// where nothing has changed it since.
    func snapshot(_ parts: Set<SnapshotPart>, sparingNATOf earlier: Snapshot?) async -> Snapshot {
        guard parts.contains(nat.part), let earlier, await nat.stands(earlier) else {
            return await snapshot(parts, over: nil)
        }
        var known = Snapshot.unread(hostName: earlier.hostName)
        known.nat = earlier.nat
        return await snapshot(parts.subtracting([nat.part]), over: known)
    }

    static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .strippedOfControls
    }

    static var nowMilliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
