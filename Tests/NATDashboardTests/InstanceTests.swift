import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// Instances of the cloud: their names on the screen, the list they are picked from, and names that
/// are typed.
@Suite struct InstanceTests {
    private static let host = SampleBox.prefix("172.31.26.176")
    private static let name = SourceName.instance("i-0000000b")

    /// A dashboard on a box in AWS; names are shown where that is wanted.
    static func driver(
        showsNames: Bool = false, _ columns: Int = 120, _ rows: Int = 40
    ) -> Driver {
        var driver = Driver(columns, rows)
        driver.state = DashboardState(
            size: driver.state.size, settings: Driver.settings, makePlan: Planner.plan)
        driver.state.showsNames = showsNames
        driver.effects = []
        driver.read(snapshot(seconds: 3))
        return driver
    }

    private static func snapshot(seconds: UInt64) -> Snapshot {
        var snapshot = SampleBox.snapshot(seconds: seconds)
        snapshot.cloud = snapshot.cloud.map { interfaces in
            interfaces.map { interface in
                var interface = interface
                interface.aws = AWSInterface(id: "eni-1", vpc: "vpc-1", region: "eu-west-3")
                return interface
            }
        }
        return snapshot
    }

    static let instances = [
        CloudInstance(
            number: "i-0000000c", addresses: [SampleBox.address("172.31.26.180")],
            state: "stopped", vpc: "vpc-1", subnet: "subnet-1"),
        CloudInstance(
            number: "i-0000000b", addresses: [SampleBox.address("172.31.26.176")],
            state: "running", vpc: "vpc-1", subnet: "subnet-1",
            tags: ["Name": "worker\u{1b}[2J-2", "role": "batch"]),
        CloudInstance(
            number: "i-0000000a", addresses: [SampleBox.address("172.31.40.9")],
            state: "running", vpc: "vpc-1", subnet: "subnet-2", tags: ["Name": "api"]),
    ]

    private static func isListing(_ effect: Effect) -> Bool {
        if case .listInstances = effect { true } else { false }
    }

    private static func listed(_ driver: Driver) -> Int {
        driver.effects.count(where: isListing)
    }

    @Test func `Name tags fill the column of names, before what the DNS says`() {
        var driver = Self.driver(showsNames: true, 160, 40)
        #expect(Self.listed(driver) == 1)
        driver.read(Self.snapshot(seconds: 4))
        #expect(Self.listed(driver) == 1)
        driver.send(.namesFound([Self.host.network: "ip-172-31-26-176"], of: [Self.host.network]))
        #expect(driver.screen.contains("ip-172-31-26-176"))
        driver.send(.instancesListed(.value(Self.instances)))
        let row = driver.screen.split(separator: "\n").first { $0.contains("172.31.26.176 ") } ?? ""
        #expect(row.contains("worker[2J-2"), "\(row)")
        #expect(!driver.screen.contains("ip-172-31-26-176"))
        // A name can be typed where an address can.
        #expect(driver.state.names.address(of: "Worker[2J-2") == Self.host.network)
        // They are asked for again now and then, and at once by Ctrl-R.
        driver.read(Self.snapshot(seconds: 5), after: 599_000)
        #expect(Self.listed(driver) == 2)
        driver.send(.instancesListed(.failed(ReadFailure("aws", "no answer in 60 s"))))
        #expect(driver.screen.contains("worker[2J-2"))
        driver.press(.control("r"))
        #expect(Self.listed(driver) == 3)
    }

    @Test func `where the box is in no AWS, or names are not shown, nobody is asked`() {
        #expect(Self.listed(Self.driver()) == 0)
        var driver = Driver(160, 40)
        driver.press(.character("N"))
        driver.read(SampleBox.snapshot(seconds: 3))
        #expect(Self.listed(driver) == 0)
        driver.press(.character("i"))
        #expect(driver.screen.contains("this box is in no AWS"))
    }

    @Test func `an aws that is not there is asked once, and what it takes is said in the list`() {
        var driver = Self.driver(showsNames: true)
        driver.send(
            .instancesListed(
                .failed(ReadFailure("aws", "it is not installed", fix: "apt-get install awscli"))))
        driver.read(Self.snapshot(seconds: 4), after: 3_600_000)
        #expect(Self.listed(driver) == 1)
        driver.press(.character("i"))
        #expect(Self.listed(driver) == 2)
        driver.send(
            .instancesListed(
                .failed(ReadFailure("aws", "it is not installed", fix: "apt-get install awscli"))))
        #expect(driver.screen.contains("Mend it: apt-get install awscli"))
    }

    @Test func `an instance is picked from the list, and kept by its number`() {
        var driver = Self.driver()
        driver.press(.character("i"))
        #expect(Self.listed(driver) == 1)
        #expect(driver.screen.contains("asking aws…"))
        driver.send(.instancesListed(.value(Self.instances)))
        let lines = driver.screen.split(separator: "\n").filter { $0.contains("i-0000000") }
        #expect(lines.count == 3)
        #expect(lines[0].contains("api") && lines[1].contains("worker[2J-2"))
        for part in ["i-0000000b", "running", "172.31.26.176", "subnet-1", "eth1 ●"] {
            #expect(lines[1].contains(part), "\(lines[1])")
        }
        driver.type("worker")
        #expect(driver.screen.contains("Assign which instance? 1 of 3"))
        driver.press(.enter)
        #expect(driver.effects.last == .follow(Self.name))
        #expect(driver.screen.contains("asking what ec2:i-0000000b stands for"))
        driver.send(.nameFollowed(Self.name, .success([Self.host])))
        #expect(driver.screen.contains("172.31.26.176 now, and followed when that changes"))
        driver.press(.character("1"))
        guard case .confirming(let dialog) = driver.state.mode,
            case .arrange(let arrangements, _) = dialog.plan.intent
        else {
            Issue.record("\(driver.screen)")
            return
        }
        #expect(arrangements == [Arrangement(Self.host, egress: "eth0", name: Self.name)])
    }

    @Test func `a tag can be typed, and what is wrong with it is said`() {
        var driver = Self.driver()
        driver.press(.character("A"))
        driver.type("ec2:tag:Name=my host")
        driver.press(.enter)
        let tag = SourceName.tag(key: "Name", value: "my host")
        #expect(driver.effects.last == .follow(tag))
        // An answer to another question is none.
        driver.send(.nameFollowed(Self.name, .success([Self.host])))
        #expect(driver.screen.contains("asking what"))
        driver.send(
            .nameFollowed(tag, .failure(PlanRefusal("ec2:tag:Name=my host", "it matches nothing"))))
        #expect(driver.screen.contains("it matches nothing"))
        driver.press(.control("u"))
        driver.type("ec2:nonsense")
        driver.press(.enter)
        #expect(driver.screen.contains("no such name"))
        #expect(driver.effects.last == .follow(tag))
        driver.press(.function(2))
        #expect(driver.screen.contains("Assign which instance?"))
        driver.press(.escape)
        #expect(driver.state.mode == .browsing)
    }

    @Test func `read-only opens no list`() {
        var driver = Driver(readOnlyReason: "--readonly")
        driver.press(.character("i"))
        #expect(driver.state.mode == .browsing)
    }

    @Test(arguments: GoldenScreens.sizes)
    func `a list of a thousand is walked through at every size`(size: Size) {
        var driver = Self.driver(size.columns, size.rows)
        driver.press(.character("i"))
        driver.send(
            .instancesListed(
                .value(
                    (0..<1000).map { number in
                        CloudInstance(
                            number: "i-\(10_000_000 + number)",
                            addresses: [IPv4Address(rawValue: 0xac1f_0000 + UInt32(number))],
                            state: "running", tags: ["Name": "w\(number)"])
                    })))
        for key in [Key.down, .pageDown, .end, .up, .home, .pageUp] {
            driver.press(key)
            #expect(driver.screen.contains("▸ w"), "\(key)")
        }
        driver.press(.end)
        #expect(driver.screen.contains("▸ w999"))
        driver.send(.instancesListed(.value([])))
        #expect(driver.screen.contains("the VPC of this box has no"))
        driver.press(.enter, .escape)
        #expect(driver.state.mode == .browsing)
    }
}
