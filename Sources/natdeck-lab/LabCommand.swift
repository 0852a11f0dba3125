import ArgumentParser
import NATLab
import NATModel

/// `natdeck lab`: the scenario in network namespaces.
struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Build the scenario in network namespaces on this machine.",
        discussion: "Example: natdeck lab up && natdeck lab exec nat natdeck; natdeck lab down",
        subcommands: [Up.self, Down.self, Exec.self, Serve.self])

    struct Name: ParsableArguments {
        @Option(help: "The lab's name; labs of different names stand side by side.")
        var prefix = "natdeck-lab"
    }

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "up", abstract: "Build the lab, or find that it stands already.",
            discussion: "Example: natdeck lab up --prefix mine --nics 4 --hosts 40")

        @OptionGroup var name: Name
        @OptionGroup var shape: Shape
        @Flag(help: "Leave forwarding off and MASQUERADE out, as on a box nobody has touched.")
        var bare = false
        @Flag(help: "Let iptables-legacy hold the MASQUERADE rules.")
        var legacy = false
        @Option(help: "The cloud whose metadata server there is: aws, azure or google.")
        var cloud = Cloud.aws
        @Flag(help: "Leave the metadata server out.")
        var noMetadata = false

        func run() async throws {
            var topology = shape.topology.named(name.prefix)
            topology.isPrepared = !bare
            topology.cloud = cloud
            topology.hasMetadata = !noMetadata
            if legacy { topology.backend = .legacy }
            let lab = try await Lab.up(topology)
            print(LabDescription(topology: topology, stood: lab.wasStanding).text)
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "down", abstract: "End every process of the lab and remove it.",
            discussion: "Example: natdeck lab down --prefix mine")

        @OptionGroup var name: Name

        func run() async throws {
            let removed = try await Lab.down(prefix: name.prefix)
            print(removed ? "\(name.prefix) is down" : "\(name.prefix) was not up")
        }
    }

    struct Exec: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "exec", abstract: "Run a program inside one machine of the lab.",
            discussion: "Example: natdeck lab exec ec2-b -- curl -s http://198.51.100.10/")

        @OptionGroup var name: Name
        @Argument(help: "nat, router, internet, or a host such as ec2-a.")
        var host: String
        @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
        var command: [String]

        func validate() throws {
            if command.allSatisfy({ $0 == "--" }) { throw ValidationError("which program?") }
        }

        func run() async throws {
            if let complaint = LabAccess.complaint { throw complaint }
            guard let lab = try Lab.standing(prefix: name.prefix) else {
                throw LabError(
                    "lab \(name.prefix)", "it is not up",
                    fix: name.prefix == "natdeck-lab"
                        ? "natdeck lab up" : "natdeck lab up --prefix \(name.prefix)")
            }
            var words = Array(command.first == "--" ? command.dropFirst() : command[...])
            // The one that lies beside this, wherever another may be installed.
            if words.first == "natdeck" { words[0] = try LabExecutable.natdeck() }
            throw try lab.replaceProcess(in: host, by: Command(words))
        }
    }

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve", abstract: "Do a background process's work.", shouldDisplay: false)

        @OptionGroup var name: Name
        @Argument var server: LabServer
        @Option var machine = "nat"
        @Option var index = 0
        @Option var watch: Int32?

        func run() async throws {
            try await server.run(
                prefix: name.prefix, machine: machine, index: index, watched: watch)
        }
    }
}

extension LabServer: ExpressibleByArgument {}
extension Cloud: ExpressibleByArgument {}
