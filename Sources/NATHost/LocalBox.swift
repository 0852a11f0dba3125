public import NATModel

/// The box natdeck runs on: what the dashboard and the subcommands share.
public struct LocalBox: Sendable {
    /// Reads the box.
    public let reader: SnapshotReader
    /// Changes the box.
    public let applier: Applier
    /// The assignments as they were kept.
    public var saved: SavedAssignments { applier.saved }
    private let runner: any CommandRunner

    /// The box of these seams.
    public init(
        runner: any CommandRunner, files: any HostFiles, metadata: any MetadataSource,
        programs: NATPrograms, executable: String = "/proc/self/exe"
    ) {
        self.runner = runner
        reader = SnapshotReader(
            runner: runner, files: files, metadata: metadata, programs: programs)
        applier = Applier(runner: runner, files: files, reader: reader, executable: executable)
    }

    /// The real box.
    public static func system() -> LocalBox {
        let runner = SystemRunner()
        return LocalBox(
            runner: runner, files: SystemFiles(), metadata: CachedMetadata(AWSMetadata()),
            programs: .system(runner), executable: SystemFiles.ownProgram)
    }

    /// How many flows of a source are translated now, and so would end when it moves; `nil` where
    /// it cannot be told.
    ///
    /// Source: `conntrack -L`. See conntrack(8).
    public func liveConnections(of source: IPv4Prefix) async -> Int? {
        let command = Command("conntrack", "-L", "-s", source.description, "--src-nat")
        guard
            let reply = try? await runner.run(command, input: nil, deadline: .seconds(2)),
            reply.status == 0
        else { return nil }
        // A closed TCP connection stays in the table for two minutes; nobody loses it.
        let text = String(decoding: reply.output, as: UTF8.self)
        return text.split(separator: "\n").count { line in
            !["TIME_WAIT", "CLOSE", "LAST_ACK"].contains { line.contains(" \($0) ") }
        }
    }
}
