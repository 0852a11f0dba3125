import ArgumentParser
import NATHost
import NATModel

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "One snapshot of the box.",
        discussion: "Example: natdeck status --json | jq '.assignments'")

    @Flag(help: "Print JSON, with null for what is unknown.")
    var json = false

    func run() async throws {
        guard json else { return await Self.printText() }
        let snapshot = await Self.snapshot()
        StandardStream.output.write(StatusJSON(snapshot: snapshot).bytes)
    }

    /// The snapshot for people, where there is no terminal to draw on.
    static func printText() async {
        let snapshot = await Self.snapshot()
        StandardStream.output.write(StatusText(snapshot: snapshot).text)
    }
    /// All but who is logged in, which is not printed: the kernel walks its whole table of sockets
    /// for that, and takes longer than for all the rest.
    private static func snapshot() async -> Snapshot {
        let parts = Set(SnapshotPart.allCases).subtracting([.sshPeers])
        return await LocalBox.system().reader.snapshot(parts, over: nil)
    }
}
