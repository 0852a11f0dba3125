import ArgumentParser
import NATHost
import NATModel
import NATPlan

struct AssignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Make a source leave by a public IP, or by an interface.",
        discussion: """
            A source with a name is followed: natdeck apply and the guard ask what it stands for, \
            and its hosts keep their way when their addresses change.

            Examples:
              natdeck assign 172.31.26.176 203.0.113.196
              natdeck assign 10.0.3.0/24 eth1
            """)

    @Argument(
        help: """
            A host (172.31.26.176), a prefix (10.0.3.0/24), or a name: ec2:i-0123456789abcdef0, \
            ec2:tag:KEY=VALUE, dns:NAME.
            """)
    var source: String

    @Argument(
        help: """
            A public IP, or the address of the box behind it; several with commas between them, and \
            each host sticks to one. Or an interface, for the address that the box's NAT gives there.
            """)
    var egress: String

    @Option(help: "The interface's gateway, where the box does not know it.")
    var via: String?

    @Flag(help: "Point the rule at a table that exists for the interface.")
    var adoptTables = false

    @OptionGroup var following: FollowingOptions

    @Flag(help: "End the source's connections; else they stay on the egress they began with.")
    var cut = false

    @OptionGroup var metadata: MetadataOptions

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let name = try FollowedSource.name(source)
        let how = AssignOptions(
            adoptsTables: adoptTables, gateway: try gateway(), cuts: cut)
        let box = metadata.box
        let egress = try await named(box)
        let flow = ChangeFlow(box: box, options: options)
        if let prefix = name.prefix {
            return try await flow.run(.assign([prefix], egress: egress, options: how))
        }
        let followed = FollowedSource(box: box, name: name)
        let hosts = try await followed.hosts(
            mostHosts: following.atMost, isKept: !options.dryRun)
        try await flow.run(
            .arrange(hosts.map { Arrangement($0, egress: egress, name: name) }, options: how))
    }

    /// What the word for the egress names on this box.
    private func named(_ box: LocalBox) async throws -> Egress {
        let word = EgressWord(egress)
        guard word.needsBox else { return word.plain }
        let snapshot = await box.reader.snapshot([.interfaces, .tables, .cloud], over: nil)
        do throws(PlanRefusal) {
            return try word.egress(on: BoxFacts(snapshot, derivesAssignments: false))
        } catch {
            throw refusal(error)
        }
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
