import ArgumentParser
import NATHost
import NATModel
import NATPlan

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Let a source leave as the box's other rules say.",
        discussion: "Example: natdeck release 172.31.26.176")

    @Argument(help: "The host, prefix or name, as it was assigned.")
    var source: String

    @Flag(help: "End the source's connections; else they stay on the egress they began with.")
    var cut = false

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let name = try FollowedSource.name(source)
        let box = LocalBox.system()
        let flow = ChangeFlow(box: box, options: options)
        if let prefix = name.prefix {
            return try await flow.run(.release([prefix], cuts: cut ? true : nil))
        }
        let followed = FollowedSource(box: box, name: name)
        let hosts = try await followed.keptHosts()
        guard !hosts.isEmpty else { return try followed.forget(options) }
        try await flow.run(
            .arrange(
                hosts.map { Arrangement($0, egress: nil, name: name) },
                options: AssignOptions(cuts: cut)))
    }
}
