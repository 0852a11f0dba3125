public import NATModel

/// The box natdeck runs on: what the dashboard and the subcommands share.
public struct LocalBox: Sendable {
    /// Reads the box.
    public let reader: SnapshotReader
    /// Changes the box.
    public let applier: Applier
    /// Puts back what was lost, also while somebody's change awaits its keep.
    let guardian: Applier
    /// Asks what names stand for.
    public var follower: Follower { Follower(runner: runner, files: applier.files, reader: reader) }
    /// The assignments as they were kept.
    public var saved: SavedAssignments { applier.saved }
    let runner: any CommandRunner
    let files: any HostFiles
    let routing: any RoutingSource & RoutingChanger
    /// The flows the kernel follows.
    public let conntrack: any ConntrackSource

    /// The box of these seams.
    ///
    /// - Parameters:
    ///   - sessions: what tells TCP connections; `nil` for the kernel's files.
    ///   - isRepeated: whether its flows are read again and again, as a dashboard does.
    public init(
        runner: any CommandRunner, files: any HostFiles, metadata: any MetadataSource,
        routing: any RoutingSource & RoutingChanger,
        conntrack: any ConntrackSource = KernelConntrack(), gate: any GateTable,
        programs: NATPrograms, sessions: (any TCPSource)? = nil,
        executable: String = "/proc/self/exe", log: CommandLog? = nil, isRepeated: Bool = true
    ) {
        self.conntrack = conntrack
        self.runner = runner
        self.files = files
        self.routing = routing
        let changer =
            log.map { LoggedChanger(of: routing, in: $0) as any RoutingChanger } ?? routing
        reader = SnapshotReader(
            runner: runner, files: files, metadata: metadata, routing: routing,
            conntrack: conntrack, gate: gate, programs: programs, sessions: sessions,
            isRepeated: isRepeated)
        applier = Applier(
            runner: runner, files: files, changer: changer, reader: reader,
            executable: executable)
        guardian = Applier(
            runner: runner, files: files, changer: changer, reader: reader,
            executable: executable, of: .guardian)
    }

    /// The real box, for a subcommand, which looks once.
    ///
    /// - Parameter asksCloud: whether the cloud's metadata service is asked, where there is one.
    public static func system(asksCloud: Bool = true) -> LocalBox {
        system(asksCloud, log: nil) { $0 }
    }

    /// The real box, with a log of every program that is run on it.
    public static func logged(asksCloud: Bool = true) -> (box: LocalBox, log: CommandLog) {
        let log = CommandLog(of: SystemRunner())
        return (system(asksCloud, log: log) { _ in log }, log)
    }

    private static func system(
        _ asksCloud: Bool, log: CommandLog?, by runner: (SystemRunner) -> any CommandRunner
    ) -> LocalBox {
        let system = SystemRunner()
        let cloud = CachedMetadata(CloudMetadata(files: SystemFiles()))
        let box = LocalBox(
            runner: runner(system), files: SystemFiles(),
            metadata: asksCloud ? cloud : NoMetadata(),
            routing: KernelRouting(), gate: KernelGate(), programs: .system(system),
            sessions: KernelTCP(), executable: SystemFiles.ownProgram, log: log,
            isRepeated: log != nil)
        box.saved.stay()
        return box
    }

    /// The translated flows of each source, which a plan that moves it tells of; `nil` where they
    /// cannot be told.
    public func liveConnections(
        of sources: [IPv4Prefix]
    ) async -> [IPv4Prefix: LiveConnections]? {
        await conntrack.liveConnections(of: sources).value
    }

    /// The names of these addresses, looked up side by side; one that has none is absent.
    ///
    /// A child asks, as the box is set up to: a resolver that does not answer then blocks no thread
    /// of ours, and ends at its deadline.
    ///
    /// Source: `getent hosts`, so /etc/hosts before DNS on most boxes. See getent(1).
    public func names(of addresses: [IPv4Address]) async -> [IPv4Address: String] {
        await withTaskGroup(of: (IPv4Address, String?).self) { group in
            for address in addresses {
                group.addTask { (address, await name(of: address)) }
            }
            var names: [IPv4Address: String] = [:]
            for await (address, name) in group { names[address] = name }
            return names
        }
    }

    /// The first IPv4 address of a host of this name, asked as names are; `nil` where nobody knows it.
    ///
    /// Source: `getent ahostsv4`. See getent(1).
    public func address(of name: String) async -> IPv4Address? {
        let command = Command("getent", "ahostsv4", name)
        guard
            let reply = try? await runner.run(command, input: nil, deadline: .seconds(5)),
            reply.status == 0
        else { return nil }
        let line = String(decoding: reply.output, as: UTF8.self).prefix { $0 != "\n" }
        return line.split { $0 == " " || $0 == "\t" }.first.flatMap { IPv4Address($0) }
    }

    private func name(of address: IPv4Address) async -> String? {
        let command = Command("getent", "hosts", address.description)
        guard
            let reply = try? await runner.run(command, input: nil, deadline: .seconds(2)),
            reply.status == 0
        else { return nil }
        // The address, the name, and perhaps others it has.
        let line = String(decoding: reply.output, as: UTF8.self).prefix { $0 != "\n" }
        let words = line.split { $0 == " " || $0 == "\t" }.map { String($0).strippedOfControls }
        return words.count > 1 && !words[1].isEmpty ? words[1] : nil
    }
}
