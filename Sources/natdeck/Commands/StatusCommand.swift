import ArgumentParser
import NATHost
import NATModel

#if canImport(Glibc)
    import Glibc
#endif

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "One snapshot of the box.",
        discussion: """
            Examples:
              natdeck status --json | jq '.assignments'
              natdeck status --record box.jsonl
            """)

    @Flag(help: "Print JSON, with null for what is unknown.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Add the snapshot to a file, for natdeck --script; it holds the box's addresses.",
            valueName: "file"),
        completion: .file())
    var record: String?

    @OptionGroup var metadata: MetadataOptions

    func run() async throws {
        if let record {
            let snapshot = await metadata.box.reader.snapshot(
                SnapshotPart.routine, over: nil)
            do throws(ReadFailure) { return try Recording.add(snapshot, to: record) } catch {
                complain(error.description)
                throw ExitStatus.failed.code
            }
        }
        await json ? Self.printJSON(metadata.box) : Self.printText(metadata.box)
    }

    /// The snapshot for programs; ends this one.
    static func printJSON(_ box: LocalBox = .system()) async {
        await StatusJSON(snapshot: await snapshot(of: box)).write(to: .output)
        // All is said. To end the threads one by one and give ten thousand rules back would take
        // longer than to print them.
        _exit(StandardStream.tookAll() ? 0 : ExitStatus.failed.rawValue)
    }

    /// The snapshot for people, where there is no terminal to draw on.
    static func printText(_ box: LocalBox) async {
        let snapshot = await Self.snapshot(of: box)
        StandardStream.output.write(StatusText(snapshot: snapshot).text)
    }

    /// All but who is logged in, which is not printed: the kernel walks its whole table of sockets
    /// for that, and takes longer than for all the rest.
    private static func snapshot(of box: LocalBox) async -> Snapshot {
        let parts = SnapshotPart.routine.subtracting([.sshPeers])
        return await box.reader.snapshot(parts, over: nil)
    }
}
