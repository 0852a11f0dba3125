import ArgumentParser
import NATHost
import NATModel
import NATPlan

struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Prepare the box once: kernel parameters, MASQUERADE, a table for each egress.",
        discussion: "Example: natdeck setup --source 172.31.0.0/16")

    @Option(help: "A network to masquerade, where the cloud does not tell it; repeat for more.")
    var source: [String] = []

    @Flag(help: "Take back everything natdeck put on this box.")
    var remove = false

    @OptionGroup var options: ChangeOptions

    func validate() throws {
        if remove, !source.isEmpty {
            throw ValidationError("--source says nothing to --remove: leave it out")
        }
    }

    func run() async throws {
        var sources: [IPv4Prefix] = []
        for text in source {
            do throws(PlanRefusal) { sources.append(try .source(text)) } catch {
                throw refusal(error)
            }
        }
        let intent = remove ? Intent.removeAll : .setup(SetupOptions(sources: sources))
        try await ChangeFlow(box: .system(), options: options).run(intent)
    }
}
