import NATHost
import NATModel
import NATTesting
import Testing

@Suite struct HostNameTests {
    /// Answers as `getent hosts` does, and hangs for one address.
    private struct Resolver: CommandRunner {
        func run(
            _ command: Command, input: String?, deadline: Duration
        ) async throws(CommandFailure) -> CommandReply {
            guard command.arguments.starts(with: ["getent", "hosts"]) else {
                throw .missing(command)
            }
            switch command.arguments.last {
            case "172.31.26.175":
                return CommandReply(output: Array("172.31.26.175   ec2-a ec2-a.internal\n".utf8))
            case "172.31.26.176":
                return CommandReply(output: Array("172.31.26.176 ec2\u{1b}[2J-b\n".utf8))
            case "172.31.26.177": throw .tooSlow(command, deadline: deadline)
            // What getent says of an address without a name.
            default: return CommandReply(status: 2)
            }
        }
    }

    @Test func `names are the first that the box's resolver tells, and nothing else is made up`()
        async
    {
        let fake = FakeHost(.scenario)
        let box = LocalBox(
            runner: Resolver(), files: fake, metadata: fake, routing: fake, gate: fake,
            programs: NATPrograms { [] })
        let addresses = (175...178).map { IPv4Address(rawValue: 0xac1f_1a00 + UInt32($0)) }
        let names = await box.names(of: addresses)
        #expect(names == [addresses[0]: "ec2-a", addresses[1]: "ec2[2J-b"])
    }

    @Test func `without getent there are no names`() async {
        let fake = FakeHost(.scenario)
        fake.uninstall("getent")
        #expect(await fake.local.names(of: [IPv4Address(rawValue: 1)]).isEmpty)
    }
}
