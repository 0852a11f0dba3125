import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    static let isCloudThere = CloudUnderTest.tools != nil
    private static let tag = "ec2:tag:Name=ec2-b"

    private func rule(of source: String, _ box: BoxUnderTest) async throws -> Bool {
        try await box.lab.output(in: "nat", "ip", "rule").contains("from \(source) lookup 2000")
    }

    /// Gives EC2-B another address, as a machine that boots has it.
    private func boot(as address: String, _ box: BoxUnderTest) async throws {
        let link = try await box.lab.output(
            in: "ec2-b", "sh", "-c", "ip -o -4 route show default | sed 's/.* dev //; s/ .*//'"
        )
        .strippedOfControls
        try await box.ip("addr flush dev \(link)", in: "ec2-b")
        try await box.ip("addr add \(address)/16 dev \(link)", in: "ec2-b")
        try await box.ip("route add default via 172.31.8.207", in: "ec2-b")
    }

    @Test(.enabled(if: isCloudThere, "needs awscli and moto, which Tests/run installs"))
    func
        `an assignment follows its instance to another address, and nothing leaves by the wrong one`()
        async throws
    {
        try await CloudUnderTest.with { (cloud: CloudUnderTest) async throws in
            let box = cloud.box
            let assigned = try await cloud.run("assign", Self.tag, "eth1", "--yes")
            #expect(assigned.status == 0, "\(assigned.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            let file = try await box.lab.output(in: "nat", "cat", "/etc/natdeck/assignments")
            #expect(file.contains("\(Self.tag) eth1") && !file.contains(Self.hostB))
            #expect(try await cloud.run("status").output.contains("\(cloud.ids.worker) ec2-b"))
            let released = try await cloud.run("apply", "--yes")
            #expect(released.output.contains("already as"), "\(released)")

            try await GuardUnderTest.with(
                box, under: cloud.starter, options: "--refresh 2"
            ) { (keeper: GuardUnderTest) async throws in
                try await cloud.aws("terminate-instances", "--instance-ids", cloud.ids.worker)
                let worker = try await cloud.runInstance("ec2-b", "172.31.26.177")
                let began = ContinuousClock.now
                while try await !rule(of: "172.31.26.177", box) {
                    try #require(ContinuousClock.now - began < .seconds(60))
                    try await Task.sleep(for: .milliseconds(100))
                }
                print("following: the new address had its way after", ContinuousClock.now - began)
                // An instance takes longer to boot than that.
                try await boot(as: "172.31.26.177", box)
                for _ in 0..<20 { #expect(try await box.lab.seenAs("ec2-b") == Self.second) }
                for _ in 0..<50 where try await rule(of: Self.hostB, box) {
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(try await !rule(of: Self.hostB, box))
                let history = try await cloud.run("history", "--json").output
                #expect(history.contains("172.31.26.177 (\(worker) ec2-b) now"), "\(history)")

                // Nobody answers: what was known goes on, and that is said.
                cloud.stop()
                try await keeper.wait(forNews: "it goes on as 172.31.26.177", seconds: 40)
                #expect(try await rule(of: "172.31.26.177", box))
            }
            // So it does after a reboot: the rules are gone, and moto is too.
            try await box.lab.output(
                in: "nat", "sh", "-c", "ip rule flush protocol 201; rm -rf /run/natdeck/*")
            try await GuardUnderTest.with(box, under: cloud.starter, options: "--refresh 2") {
                (_: GuardUnderTest) async throws in
                #expect(try await box.lab.seenAs("ec2-b") == Self.second)
            }
            let doctor = try await cloud.run("doctor").output
            #expect(doctor.contains("names-untold") || doctor.contains("it goes on as 1 host"))
        }
    }

    @Test(.enabled(if: isCloudThere, "needs awscli and moto, which Tests/run installs"))
    func `an answer that cannot be meant removes no rule, and is told`() async throws {
        try await CloudUnderTest.with { (cloud: CloudUnderTest) async throws in
            let box = cloud.box
            for (name, reason) in [
                ("ec2:i-0123456789abcdef0", "it matches nothing"),
                ("ec2:tag:Name=nobody = süd", "it matches nothing"),
                ("ec2:tag:Name", "a name is ec2:i-NUMBER"), ("dns:no.such.invalid", "no server"),
            ] {
                let reply = try await cloud.run("assign", name, "eth1", "--yes")
                #expect(reply.status == 2)
                #expect(reply.error.contains(reason), "\(reply.error)")
            }
            let other = try await cloud.runInstance("a = b, süd", Self.hostA)
            let spaced = try await cloud.run("assign", "ec2:tag:Name=a = b, süd", "eth1", "--yes")
            #expect(spaced.status == 0, "\(spaced.error)")
            #expect(try await rule(of: Self.hostA, box))
            let byHost = try await cloud.run("assign", "dns:ec2-b", "eth1", "--yes")
            #expect(byHost.status == 0, "\(byHost.error)")
            #expect(try await box.lab.seenAs("ec2-b") == Self.second)

            for (body, words) in [
                ("echo 'You must specify a region.' >&2; exit 252", "it does not know the region"),
                ("echo '<html>oops</html>'", "not JSON"),
                ("echo 'old python' >&2; echo; echo '[]'", "it matches nothing"),
                (
                    "echo 'An error occurred (UnauthorizedOperation) when calling the"
                        + " DescribeInstances operation: no' >&2; exit 254",
                    "not permitted: ec2:DescribeInstances"
                ),
                (
                    "echo '[{\"i\":\"\(other)\",\"s\":\"running\",\"n\":[\"10.9.9.9\"],"
                        + "\"t\":[{\"Key\":\"Name\",\"Value\":\"a = b, süd\"}]}]'",
                    "this box in vpc-"
                ),
                ("printf '\\033[2J' > /dev/tty; exit 3", "/dev/tty"),
            ] {
                try await cloud.replaceAWS(body)
                let reply = try await cloud.run("apply", "--yes")
                #expect(reply.status == 0, "\(reply.error)")
                #expect(reply.error.contains(words), "\(body): \(reply.error)")
                #expect(reply.error.contains("it goes on as \(Self.hostA)"), "\(reply.error)")
                #expect(try await rule(of: Self.hostA, box))
            }
            try await cloud.restoreAWS()
            let few = try await cloud.run("apply", "--at-most", "0", "--yes")
            #expect(few.status == 64)

            let release = try await cloud.run("release", "ec2:tag:Name=a = b, süd", "--yes")
            #expect(release.status == 0, "\(release.error)")
            #expect(try await !rule(of: Self.hostA, box))
            let undo = try await cloud.run("undo", "--yes")
            #expect(undo.status == 0, "\(undo.error)")
            #expect(try await rule(of: Self.hostA, box))
            let file = try await box.lab.output(in: "nat", "cat", "/etc/natdeck/assignments")
            #expect(file.contains("\"ec2:tag:Name=a = b, süd\" eth1"), "\(file)")
        }
    }

    @Test(.enabled(if: isCloudThere, "needs awscli and moto, which Tests/run installs"))
    func `a cloud in trouble removes no rule, and what it said is told`() async throws {
        try await CloudUnderTest.with { (cloud: CloudUnderTest) async throws in
            try await cloud.meetTrouble()
            let assigned = try await cloud.run("assign", Self.tag, "eth1", "--yes")
            #expect(assigned.status == 0, "\(assigned.error)")
            for (kind, words) in [
                ("500", "InternalError"), ("throttled", "asked too often"), ("garbage", "aws"),
                ("slow", "no answer"),
            ] {
                try await cloud.trouble(kind)
                let reply = try await cloud.run("apply", "--yes")
                #expect(reply.status == 0, "\(kind): \(reply)")
                #expect(reply.error.contains(words), "\(kind): \(reply.error)")
                #expect(reply.error.contains("it goes on as \(Self.hostB)"), "\(reply.error)")
                #expect(!reply.error.contains("\u{1b}"))
                #expect(try await cloud.box.lab.seenAs("ec2-b") == Self.second)
            }
            // The answer is believed again as soon as there is one.
            try await cloud.trouble("")
            try await cloud.aws("terminate-instances", "--instance-ids", cloud.ids.worker)
            _ = try await cloud.runInstance("ec2-b", "172.31.26.177")
            let followed = try await cloud.run("apply", "--yes")
            #expect(followed.status == 0, "\(followed.error)")
            #expect(try await rule(of: "172.31.26.177", cloud.box))
        }
    }

    @Test(.enabled(if: isCloudThere, "needs awscli and moto, which Tests/run installs"))
    func `hundreds of instances of one tag need a word more`() async throws {
        try await CloudUnderTest.with { (cloud: CloudUnderTest) async throws in
            let subnet = try await cloud.aws(
                "create-subnet", "--vpc-id", cloud.ids.vpc, "--cidr-block", "172.31.128.0/17",
                "--query", "Subnet.SubnetId")
            try await cloud.aws(
                "run-instances", "--image-id", "ami-12c6146b", "--subnet-id", subnet, "--count",
                "600", "--tag-specifications",
                #"[{"ResourceType":"instance","Tags":[{"Key":"Fleet","Value":"all"}]}]"#, "--query",
                "length(Instances)")
            let refused = try await cloud.run("assign", "ec2:tag:Fleet=all", "eth1", "--yes")
            #expect(refused.status == 2)
            #expect(refused.error.contains("600"), "\(refused.error)")
            #expect(refused.error.contains("--at-most"), "\(refused.error)")
            let began = ContinuousClock.now
            let meant = try await cloud.run(
                "assign", "ec2:tag:Fleet=all", "eth1", "--yes", "--at-most", "600")
            print("following: 600 hosts of one tag took", ContinuousClock.now - began)
            #expect(meant.status == 0, "\(meant.error)")
            let rules = try await cloud.box.lab.output(in: "nat", "ip", "rule")
            #expect(rules.split(separator: "\n").count { $0.contains("lookup 20001") } >= 600)
            let released = try await cloud.run("release", "ec2:tag:Fleet=all", "--yes")
            #expect(released.status == 0, "\(released.error)")
        }
    }

    @Test(.enabled(if: isCloudThere, "needs awscli and moto, which Tests/run installs"))
    func `five thousand instances in pages are the hosts of their tag, each once`() async throws {
        try await CloudUnderTest.with { (cloud: CloudUnderTest) async throws in
            let words = ["assign", "ec2:tag:Fleet=all", "eth1", "--dry-run"]
            try await cloud.meetPages(5000, port: 5957, stranger: 4321)
            let mixed = try await cloud.run(words + ["--at-most", "6000"])
            #expect(mixed.status == 2 && mixed.error.contains("is in vpc-other"), "\(mixed.error)")
            try await cloud.meetPages(5000, port: 5958)
            let refused = try await cloud.run(words)
            #expect(refused.status == 2)
            #expect(refused.error.contains("it matches 5002 hosts"), "\(refused.error)")
            try await cloud.box.lab.output(in: "nat", "rm", cloud.pagesAsked)
            let plan = try await cloud.run(words + ["--at-most", "6000", "--json"])
            #expect(plan.status == 0, "\(plan.error)")
            let steps = plan.output.split(separator: "{\"summary\"")
            var sources: Set<String> = []
            for step in steps {
                guard let place = step.firstRange(of: "ip rule add "),
                    let from = step[place.upperBound...].firstRange(of: " from 172.31.")
                else { continue }
                let rest = step[from.upperBound...].prefix { $0 == "." || $0.isNumber }
                #expect(sources.insert("172.31.\(rest)").inserted, "twice: \(rest)")
            }
            #expect(sources.count == 5002)
            // The last has two interfaces, and the second is stopped and may come back.
            for last in ["128.1", "147.135", "147.136", "147.137"] {
                #expect(sources.contains("172.31.\(last)"), "\(last)")
            }
            let asked = try await cloud.box.lab.output(in: "nat", "cat", cloud.pagesAsked)
            let pages = asked.split(separator: "\n")
            #expect(pages.count == 5 && pages.last?.contains("'4000'") == true, "\(asked)")
            #expect(pages.allSatisfy { $0.contains("tag:Fleet") }, "\(asked)")
        }
    }
}
