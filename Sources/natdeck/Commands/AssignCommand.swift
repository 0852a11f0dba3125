import ArgumentParser
import NATHost
import NATModel
import NATPlan

struct AssignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Make a source leave by an interface.",
        discussion: "Example: natdeck assign 172.31.26.176 eth1")

    @Argument(help: "A host (172.31.26.176) or a prefix (10.0.3.0/24).")
    var source: String

    @Argument(help: "The interface it is to leave by.")
    var nic: String

    @Option(help: "The interface's gateway, where the box does not know it.")
    var via: String?

    @Flag(help: "Point the rule at a table that exists for the interface.")
    var adoptTables = false

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let prefix: IPv4Prefix
        do throws(PlanRefusal) { prefix = try .source(source) } catch { throw refusal(error) }
        let intent = Intent.assign(
            [prefix], egress: nic,
            options: AssignOptions(adoptsTables: adoptTables, gateway: try gateway()))
        try await ChangeFlow(box: .system(), options: options).run(intent)
    }

    private func gateway() throws -> IPv4Address? {
        guard let via else { return nil }
        guard let address = IPv4Address(via) else {
            throw refusal(
                PlanRefusal(via.strippedOfControls, "not an IPv4 address", fix: "--via 172.31.0.1"))
        }
        return address
    }
}
