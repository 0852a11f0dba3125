import ArgumentParser
import NATHost
import NATModel
import NATPlan

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Let a source leave as the box's other rules say.",
        discussion: "Example: natdeck release 172.31.26.176")

    @Argument(help: "The host or prefix, as it was assigned.")
    var source: String

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let prefix: IPv4Prefix
        do throws(PlanRefusal) { prefix = try .source(source) } catch { throw refusal(error) }
        try await ChangeFlow(box: .system(), options: options).run(.release([prefix]))
    }
}
