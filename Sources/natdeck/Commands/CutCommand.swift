import ArgumentParser
import NATHost
import NATModel
import NATPlan

struct CutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cut", abstract: "End a source's connections, so that they start anew.",
        discussion: """
            Examples:
              natdeck cut 172.31.26.176 --old
              natdeck cut 10.0.3.0/24 --dry-run
            """)

    @Argument(help: "A host (172.31.26.176) or a prefix (10.0.3.0/24).")
    var source: String

    @Flag(help: "Only those that still leave by another interface than the source is sent by now.")
    var old = false

    @OptionGroup var options: ChangeOptions

    func validate() throws {
        if options.keepWithin != nil {
            throw ValidationError("--keep-within: what has ended cannot be taken back")
        }
    }

    func run() async throws {
        let prefix: IPv4Prefix
        do throws(PlanRefusal) { prefix = try .source(source) } catch { throw refusal(error) }
        try await ChangeFlow(box: .system(), options: options)
            .run(.cut(old ? .old([prefix]) : .all([prefix])))
    }
}
