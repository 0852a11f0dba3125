import NATDoctor
import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

@Suite struct CloudCheckTests {
    private static let hosts = CloudSetup.Subnet(
        id: "subnet-2", network: FakeBox.source("172.31.26.0/24"), table: "rtb-2",
        way: CloudRouteTarget(.gateway, "igw-1"))

    /// The scenario as AWS has it before anybody has told it about the box.
    private static let setup = CloudSetup(
        interfaces: ["eni-0", "eni-1"].map {
            CloudSetup.Interface(
                id: $0, checksSourceAndDestination: true, groups: ["sg-1"], subnet: "subnet-1",
                addresses: $0 == "eni-0"
                    ? [.init(FakeBox.source("203.0.113.7").network, isElastic: true)] : [])
        },
        groups: [
            CloudSetup.SecurityGroup(
                id: "sg-1", name: "nat", admits: [], others: ["tcp 22 from 0.0.0.0/0"])
        ],
        subnets: [
            CloudSetup.Subnet(
                id: "subnet-1", network: FakeBox.source("172.31.8.0/24"), table: "rtb-1",
                way: CloudRouteTarget(.gateway, "igw-1")),
            hosts,
        ], region: "eu-west-3")

    private func snapshot(
        _ setup: Reading<CloudSetup?>, _ change: (inout CloudSetup) -> Void = { _ in }
    ) async -> Snapshot {
        var box = FakeBox.scenario
        box.files[SavedAssignment.path] = "172.31.26.176 eth1\n"
        for index in (box.cloud ?? []).indices {
            box.cloud?[index].aws = AWSInterface(
                id: "eni-\(index)", subnet: "subnet-1", vpc: "vpc-1", region: "eu-west-3")
        }
        var snapshot = await FakeHost(box).snapshot()
        snapshot.cloudSetup = setup.map { setup in
            guard var setup else { return nil }
            change(&setup)
            return setup
        }
        return snapshot
    }

    private func find(_ id: String, _ snapshot: Snapshot) throws -> Check {
        try #require(snapshot.checks.first { $0.id == id }, "\(snapshot.checks.map(\.id))")
    }

    @Test func `each part says what it is about, and plans what mends it`() async throws {
        let snapshot = await snapshot(.value(Self.setup))
        let wanted: [(id: String, findings: [String], commands: [String])] = [
            (
                "cloud-source-dest-check",
                ["it is on for eth0 (eni-0)", "it is on for eth1 (eni-1)"],
                ["eni-0", "eni-1"].map {
                    "aws ec2 modify-network-interface-attribute --network-interface-id \($0)"
                        + " --no-source-dest-check --region eu-west-3"
                }
            ),
            (
                "cloud-security-groups",
                [
                    "eth0 (eni-0) does not let in 172.31.26.0/24 of subnet-2, but tcp 22 from"
                        + " 0.0.0.0/0"
                ],
                [
                    "aws ec2 authorize-security-group-ingress --group-id sg-1 --protocol -1"
                        + " --cidr 172.31.26.0/24 --region eu-west-3"
                ]
            ),
            (
                "cloud-routes",
                ["the default route of subnet-2 (172.31.26.0/24, rtb-2) leads to igw-1"],
                [
                    "aws ec2 replace-route --route-table-id rtb-2 --destination-cidr-block"
                        + " 0.0.0.0/0 --network-interface-id eni-0 --region eu-west-3"
                ]
            ),
        ]
        for (id, findings, commands) in wanted {
            let check = try find(id, snapshot)
            #expect(check.status == .error && check.findings == findings)
            let plan = try Planner.plan(try #require(check.intent), on: snapshot)
            #expect(plan.steps.map(\.action.description) == commands)
            #expect(plan.steps.allSatisfy { $0.inverse != nil })
        }
        #expect(
            try find("cloud-elastic-addresses", snapshot).findings == [
                "eth1 (eni-1) has no public address"
            ])
        let steps = try Planner.plan(.setup(SetupOptions()), on: snapshot).steps
        let changes = steps.filter { if case .cloud = $0.action { true } else { false } }
        #expect(changes.count == 4)
    }

    @Test func `nothing is wrong where AWS does its half`() async throws {
        let snapshot = await snapshot(.value(Self.setup)) { setup in
            for place in setup.interfaces.indices {
                setup.interfaces[place].checksSourceAndDestination = false
            }
            setup.groups[0].admits = [FakeBox.source("172.31.0.0/16")]
            setup.subnets[1].way = CloudRouteTarget(.interface, "eni-1")
        }
        for id in ["cloud-source-dest-check", "cloud-security-groups", "cloud-routes"] {
            #expect(try find(id, snapshot).status == .ok)
        }
        #expect(
            try find("cloud-routes", snapshot).findings == [
                "172.31.26.0/24 sends to eth1 (eni-1)"
            ])
    }

    @Test func `the box's own route table is not pointed at the box`() async throws {
        let snapshot = await snapshot(.value(Self.setup)) { $0.subnets[1].table = "rtb-1" }
        let check = try find("cloud-routes", snapshot)
        #expect(check.status == .error && check.intent == nil)
        #expect(check.findings.first?.contains("the box's own subnet has the same table") == true)
    }

    @Test func `rules of groups add up, and ports of both protocols are enough`() async throws {
        let halves = ["172.31.26.0/25", "172.31.26.128/25"].map { FakeBox.source($0) }
        for fill in [
            { (group: inout CloudSetup.SecurityGroup) in group.admits = halves },
            { group in
                group.admits = [halves[0]]
                group.admitsTCP = [halves[1]]
                group.admitsUDP = [halves[1]]
            },
        ] {
            let good = await snapshot(.value(Self.setup)) { fill(&$0.groups[0]) }
            #expect(try find("cloud-security-groups", good).status == .ok)
            let half = await snapshot(.value(Self.setup)) { setup in
                fill(&setup.groups[0])
                setup.groups[0].admits.removeFirst()
            }
            #expect(try find("cloud-security-groups", half).status == .error)
        }
        let one = await snapshot(.value(Self.setup)) { $0.groups[0].admitsTCP = halves }
        #expect(try find("cloud-security-groups", one).status == .error)
    }

    @Test func `groups that let out little are told, with what they let out`() async throws {
        func check(_ sends: CloudSetup.SecurityGroup.Sending?) async throws -> Check {
            try find(
                "cloud-security-groups",
                await snapshot(.value(Self.setup)) { setup in
                    setup.groups[0].admits = [FakeBox.source("172.31.0.0/16")]
                    setup.groups[0].sends = sends
                })
        }
        var sends = CloudSetup.SecurityGroup.Sending()
        #expect(
            try await check(sends).findings.first
                == "eth0 (eni-0) lets out nothing")
        sends.others = ["tcp 443 to 0.0.0.0/0"]
        let narrow = try await check(sends)
        #expect(narrow.status == .warning && narrow.intent == nil)
        #expect(
            narrow.findings
                == ["eth0 (eni-0)", "eth1 (eni-1)"].map {
                    "\($0) lets out tcp 443 to 0.0.0.0/0, and nothing else of what hosts send"
                })
        sends.ofTCP = [.all]
        sends.ofUDP = [.all]
        #expect(try await check(sends).status == .ok)
        #expect(try await check(nil).status == .ok)
    }

    @Test func `a default route to nowhere, or to another box, says so`() async throws {
        func finding(_ id: String, _ isBlackhole: Bool) async throws -> String? {
            let check = try find(
                "cloud-routes",
                await snapshot(.value(Self.setup)) { setup in
                    setup.subnets[1].way = CloudRouteTarget(.interface, id)
                    setup.subnets[1].isBlackhole = isBlackhole
                    setup.subnets[1].besides = ["pl-1 leads to vpce-1"]
                })
            return check.findings.first
        }
        let start = "the default route of subnet-2 (172.31.26.0/24, rtb-2) leads to"
        #expect(try await finding("eni-9", true) == "\(start) eni-9, which is gone (blackhole)")
        #expect(
            try await finding("eni-9", false)
                == "\(start) eni-9, an interface that is not of this box")
        #expect(
            try await finding("eni-1", false)
                == "172.31.26.0/24 sends to eth1 (eni-1); not by here comes what rtb-2 sends"
                + " elsewhere: pl-1 leads to vpce-1")
    }

    @Test func `members of a group and networks of a list are let in`() async throws {
        func check(
            _ named: [String: [String]], ids: [String] = ["sg-2", "pl-1"], why: ReadFailure? = nil
        ) async throws -> Check {
            try find(
                "cloud-security-groups",
                await snapshot(.value(Self.setup)) { setup in
                    setup.groups[0].admitsNamed = ids
                    setup.named = named.mapValues { $0.map(FakeBox.source) }
                    setup.whyNotNamed = why
                })
        }
        let member = try await check(["sg-2": ["172.31.26.176/32"], "pl-1": []])
        #expect(member.status == .ok, "\(member.findings)")
        #expect(member.findings[0].contains("let in the only known host of 172.31.26.0/24;"))
        let listed = try await check(["sg-2": [], "pl-1": ["172.31.0.0/16"]])
        #expect(listed.findings[0].contains("let in 172.31.26.0/24;"))
        let stranger = try await check(["sg-2": ["172.31.26.99/32"], "pl-1": []])
        #expect(stranger.status == .error)
        #expect(stranger.findings[0].contains("not let in 172.31.26.0/24 of subnet-2"))
        let why = ReadFailure("aws ec2 get-managed-prefix-list-entries", "not permitted")
        let unknown = try await check(["sg-2": []], why: why)
        #expect(unknown.status == .unknown)
        #expect(unknown.findings[0].contains("not permitted"))
    }

    @Test func `hosts that are no members are named`() async throws {
        var snapshot = await snapshot(.value(Self.setup)) { setup in
            setup.groups[0].admitsNamed = ["sg-2"]
            setup.named = ["sg-2": [FakeBox.source("172.31.26.176/32")]]
        }
        snapshot.saved = snapshot.saved.map { saved in
            (saved ?? [])
                + ["172.31.26.7", "172.31.26.9"].map {
                    SavedAssignment(source: FakeBox.source($0), egress: "eth1")
                }
        }
        let check = try find("cloud-security-groups", snapshot)
        #expect(check.status == .error)
        #expect(
            check.findings[0].contains("not let in 172.31.26.7, 172.31.26.9 of subnet-2"),
            "\(check.findings)")
    }

    @Test func `what was not asked is not checked, with the way through the console`() async throws
    {
        let failure = ReadFailure(
            "aws ec2 describe-network-interfaces", "aws is not installed", fix: "install it")
        let check = try find("cloud-not-checked", await snapshot(.failed(failure)))
        #expect(check.status == .unknown && check.findings.count == 3)
        #expect(check.findings.last?.hasPrefix("eth1: EC2 console, ") == true)
        for reading in [Reading<CloudSetup?>.value(nil), .failed(.unread)] {
            let checks = await snapshot(reading).checks
            #expect(!checks.contains { $0.id.hasPrefix("cloud-") })
        }
    }

    @Test(arguments: [
        "check eni-0123 on eu-west-3", "check eni-0123 off -",
        "way rtb-1 gateway-id=igw-1 network-interface-id=eni-1 -", "way rtb-1 none none -",
        "admit sg-1 10.0.0.0/8 -", "revoke sg-1 10.0.0.1 us-east-1",
    ])
    func `a change is written down and read again`(text: String) throws {
        let change = try #require(CloudChange(text))
        #expect(change.description == text)
        let step = Step("it is changed", .cloud(change), inverse: nil)
        #expect(Step(step.description) == step)
    }

    @Test(arguments: [
        "check --debug on -", "check eni-1 maybe -", "check eni;1 on -", "way rtb-1 igw-1 none -",
        "admit sg-1 everybody -", "drop sg-1 -", "check eni-1 on", "",
    ])
    func `what AWS never gives out is no change`(text: String) {
        #expect(CloudChange(text) == nil)
    }
}
