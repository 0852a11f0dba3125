import NATModel
import NATPlan
import Synchronization
import Testing

@testable import NATHost

/// Answers one program, and remembers how it was called.
private final class CannedRunner: CommandRunner {
    private let reply: CommandReply?
    private let seen = Mutex<[Command]>([])

    /// `nil` for a program that is not installed.
    init(_ reply: CommandReply?) { self.reply = reply }

    var commands: [Command] { seen.withLock { $0 } }

    func run(
        _ command: Command, input: String?, deadline: Duration
    ) async throws(CommandFailure) -> CommandReply {
        seen.withLock { $0.append(command) }
        guard let reply else { throw .missing(command) }
        return reply
    }
}

@Suite struct NameResolverTests {
    private static let mac = "02:00:00:00:00:02"
    private let cloud = [
        CloudInterface(
            mac: mac,
            aws: AWSInterface(id: "eni-1", subnet: "subnet-1", vpc: "vpc-1", region: "eu-west-3"))
    ]
    private static let instances = """
        [{"i":"i-00000001","s":"running","v":"vpc-1","t":[{"Key":"Name","Value":"batch süd"}],
        "a":"172.31.26.176","n":["172.31.26.176","172.31.26.180"]},
        {"i":"i-00000002","s":"stopped","v":"vpc-1","t":null,"a":"172.31.26.177","n":[]},
        {"i":"i-00000003","s":"pending","v":"vpc-1","t":[{"Key":"r","Value":"x"}],"a":null,"n":null},
        {"i":"i-00000004","s":"running","v":"vpc-2","t":[{"Key":"r","Value":"y"}],"n":["10.0.0.1"]}]
        """

    private func ask(
        _ names: [SourceName], _ reply: CommandReply?
    ) async -> ([SourceName: NameAnswer], [Command]) {
        let runner = CannedRunner(reply)
        let answers = await NameResolver(runner: runner, cloud: cloud).answers(to: names)
        return (answers, runner.commands)
    }

    @Test func `one call answers all names of the cloud`() async {
        let names: [SourceName] = [
            .tag(key: "Name", value: "batch süd"), .instance("i-00000002"), .instance("i-00000003"),
            .tag(key: "r", value: "y"), .instance("i-00000009"),
        ]
        let (answers, commands) = await ask(
            names, CommandReply(output: Array(Self.instances.utf8), error: "warning: old python"))
        #expect(commands.count == 1)
        #expect(
            commands.first?.description.contains("aws ec2 describe-instances --filters") == true)
        #expect(commands.first?.description.contains(" --region eu-west-3 ") == true)
        func host(_ text: String, _ last: Int, _ label: String? = nil, stopped: Bool = false)
            -> NameAnswer.Host
        {
            NameAnswer.Host(
                IPv4Address(text) ?? .init(rawValue: 0), instance: "i-0000000\(last)", label: label,
                isStopped: stopped)
        }
        #expect(
            names.map { answers[$0] } == [
                .hosts([
                    host("172.31.26.176", 1, "batch süd"), host("172.31.26.180", 1, "batch süd"),
                ]),
                .hosts([host("172.31.26.177", 2, stopped: true)]),
                .failed("i-00000003 has no address (pending)"),
                .failed("i-00000004 is in vpc-2, and this box in vpc-1"), .hosts([]),
            ])
    }

    @Test func `no more is asked for than one filter can say, and tags are no patterns`() async {
        let tag = SourceName.tag(key: "Name", value: "a*b \"c\" \\d")
        let (_, commands) = await ask([tag], CommandReply(output: Array("[]".utf8)))
        let words = commands.first?.arguments ?? []
        #expect(
            words.contains {
                $0.hasSuffix(#",{"Name":"tag:Name","Values":["a\\*b \"c\" \\\\d"]}]"#)
            },
            "\(words)")
        let numbers: [SourceName] = [.instance("i-00000001"), .instance("i-00000002")]
        let more = await ask(numbers, CommandReply(output: Array("[]".utf8))).1.first
        #expect(
            more?.arguments.contains {
                $0.hasSuffix(#"{"Name":"instance-id","Values":["i-00000001","i-00000002"]}]"#)
            } == true)
    }

    @Test func `a tag is that tag and none that looks like it`() async {
        let reply = #"""
            [{"i":"i-00000001","s":"running","v":"vpc-1","t":[{"Key":"Name","Value":"  lead"}],
            "n":["172.31.26.1"]},
            {"i":"i-00000002","s":"running","v":"vpc-1","t":[{"Key":"Name","Value":"lead"}],
            "n":["172.31.26.2"]},
            {"i":"i-00000003","s":"running","v":"vpc-1","t":[{"Key":"Name","Value":"\u00e9"}],
            "n":["172.31.26.3"]},
            {"i":"i-00000004","s":"running","v":"vpc-1","t":[{"Key":"Name","Value":"e\u0301"}],
            "n":["172.31.26.4"]},
            {"i":"i-00000005","s":"running","v":"vpc-1","t":[{"Key":"Name","Value":"a\tb\u001b[2J"}],
            "n":["172.31.26.5"]}]
            """#
        for (value, last) in [
            ("  lead", 1), ("lead", 2), ("\u{e9}", 3), ("e\u{301}", 4), ("a\tb\u{1b}[2J", 5),
        ] {
            let name = SourceName.tag(key: "Name", value: value)
            let (answers, commands) = await ask(
                [name, .instance("i-00000009")], CommandReply(output: Array(reply.utf8)))
            guard case .hosts(let hosts) = answers[name] else {
                Issue.record("\(value)")
                continue
            }
            #expect(hosts.map(\.address.description) == ["172.31.26.\(last)"])
            #expect(hosts.first?.label?.contains("\u{1b}") == false)
            #expect(commands.first?.arguments.contains { $0.contains("\t") } == false)
        }
        let (_, commands) = await ask(
            [.tag(key: "Name", value: "a\tb*\u{301}")], CommandReply(output: Array("[]".utf8)))
        #expect(
            commands.first?.arguments.contains {
                $0.contains(#""Values":["a\u0009b\\*\#u{301}"]"#)
            } == true, "\(commands)")
    }

    @Test(arguments: [
        (
            "An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation:"
                + " You are not authorized to perform this operation.",
            "aws ec2 describe-instances: not permitted: ec2:DescribeInstances; allow the IAM action"
                + " ec2:DescribeInstances to this box's role; the README has the policy"
        ),
        (
            "An error occurred (RequestLimitExceeded) when calling the DescribeInstances operation"
                + " (reached max retries: 4): Request limit exceeded.",
            "aws ec2 describe-instances: the cloud is asked too often (RequestLimitExceeded)"
        ),
        (
            "An error occurred (ExpiredToken) when calling the DescribeInstances operation: expired",
            "aws ec2 describe-instances: its credentials are refused (ExpiredToken); give the box a"
                + " role, or new credentials; and look at its clock"
        ),
        (
            "You must specify a region. You can also configure your region by running …",
            "aws ec2 describe-instances: it does not know the region; let the metadata service tell"
                + " it, or: aws configure set region REGION"
        ),
        (
            "Unable to locate credentials. You can configure credentials by running …",
            "aws ec2 describe-instances: it has no credentials; attach a role with the README's"
                + " policy"
        ),
        ("", "aws ec2 describe-instances: exit status 254"),
    ])
    func `what aws complains of is told with what mends it`(error: String, reason: String) async {
        let name = SourceName.instance("i-00000001")
        let (answers, _) = await ask([name], CommandReply(status: 254, error: error))
        #expect(answers[name] == .failed(reason))
    }

    @Test func `garbage, and a program that is not there, are no answers`() async throws {
        let name = SourceName.instance("i-00000001")
        for (reply, words) in [
            (CommandReply(output: Array("<html>".utf8)), "not JSON"),
            (CommandReply(output: Array("{}".utf8)), "no list"),
            (
                CommandReply(output: Array("[{\"i\":\"i-1\",\"s\":7}]".utf8)),
                "another kind of value than is told there: «s»"
            ),
            (CommandReply(output: Array("[{\"i\":\"i-1\"}]".utf8)), "it is missing: «s»"),
            (
                CommandReply(output: Array("[{\"i\":\"i-1\",\"s\":\"x\",\"n\":[\"::1\"]}]".utf8)),
                "an address that is none: «::1»"
            ),
            (nil, "aws is not installed"),
        ] {
            guard case .failed(let reason) = await ask([name], reply).0[name] else {
                Issue.record("it was believed")
                continue
            }
            #expect(reason.contains(words), "\(reason)")
        }
    }

    @Test func `the DNS tells addresses once each, or that it tells none`() async {
        let name = SourceName.dns("worker-2.example")
        let reply = "172.31.26.176 STREAM worker-2\n172.31.26.176 DGRAM \n172.31.26.177 RAW \n"
        let (answers, commands) = await ask([name], CommandReply(output: Array(reply.utf8)))
        #expect(commands.map(\.description) == ["getent ahostsv4 worker-2.example"])
        #expect(
            answers[name]
                == .hosts(
                    ["172.31.26.176", "172.31.26.177"].compactMap { IPv4Address($0) }.map {
                        NameAnswer.Host($0)
                    }))
        #expect(
            await ask([name], CommandReply(status: 2)).0[name]
                == .failed("no server tells an address of it"))
    }

    @Test func `all instances of the box's own VPC are listed in one call`() async throws {
        let runner = CannedRunner(CommandReply(output: Array(Self.instances.utf8), error: ""))
        let listed = await NameResolver(runner: runner, cloud: cloud).instances()
        let instances = try #require(listed.value)
        #expect(instances.map(\.number) == (1...4).map { "i-0000000\($0)" })
        #expect(instances.map(\.label) == ["batch süd", nil, nil, nil])
        #expect(instances[0].subnet == nil && instances[0].addresses.count == 2)
        #expect(runner.commands.count == 1)
        let words = runner.commands[0].arguments
        #expect(words.contains { $0.contains(#"{"Name":"vpc-id","Values":["vpc-1"]}"#) })
        #expect(words.contains { $0.contains("b:SubnetId") })
        #expect(runner.commands[0].isReading)
    }

    @Test func `where no aws is installed that is said with what installs it`() async {
        let listed = await NameResolver(runner: CannedRunner(nil), cloud: cloud).instances()
        #expect(listed.failure?.reason.contains("not installed") == true, "\(listed)")
    }
}
