import NATDoctor
import NATHost
import NATModel
import NATTesting
import Synchronization
import Testing

@Suite struct SnapshotReaderTests {
    @Test func `reads every part`() async {
        let fake = FakeHost(.scenario)
        let snapshot = await fake.snapshot()
        #expect(!snapshot.checks.contains { $0.status == .unknown || $0.status == .error })
        #expect(snapshot.interfaces.value?.map(\.name) == ["lo", "eth0", "eth1"])
        #expect(snapshot.rules.value == fake.box.rules)
        #expect(snapshot.tables.value?.map(\.id) == [254, 255, 10001])
        #expect(snapshot.nat.value?.first?.chain("POSTROUTING")?.rules.count == 2)
        #expect(snapshot.sysctl("net.ipv4.conf.eth1.send_redirects") == 0)
        #expect(snapshot.counters.value?["eth0"]?.txDropped == 8)
        #expect(snapshot.cloud.value?.count == 2)
        #expect(fake.unknown == [])
        #expect(fake.log == [])
    }

    @Test func `a part that hangs fails alone, with the command`() async {
        let (words, part) = ("iptables-nft", "nat")
        let fake = FakeHost(.scenario)
        fake.hang(words)
        let clock = ContinuousClock()
        let start = clock.now
        let snapshot = await fake.snapshot()
        #expect(clock.now - start < .seconds(20))
        let unread = snapshot.problems.filter { $0.id.hasPrefix("unreadable-") }
        #expect(unread.map(\.id) == ["unreadable-\(part)"])
        #expect(unread.first?.message.hasPrefix(words) == true)
        #expect(unread.first?.message.hasSuffix("no answer in 5 s") == true)
    }

    @Test(arguments: [
        ("ip rule show", "rules"), ("ip route show table all", "tables"),
        ("ip addr show", "interfaces"),
    ])
    func `what the kernel refuses to tell fails alone`(object: String, part: String) async {
        let fake = FakeHost(.scenario)
        fake.box.unreadable.insert(object)
        let unread = await fake.snapshot().problems.filter { $0.id.hasPrefix("unreadable-") }
        #expect(unread.map(\.id) == ["unreadable-\(part)"])
        #expect(unread.first?.message == "\(object): No buffer space available")
    }

    @Test func `where no interface is told the box's own addresses are still no hosts`() async {
        let fake = FakeHost(.scenario)
        let whole = await fake.snapshot()
        fake.box.unreadable.insert("ip addr show")
        let snapshot = await fake.snapshot()
        #expect(snapshot.interfaces.value == nil)
        #expect(snapshot.rules.value == whole.rules.value)
        #expect(
            Set(snapshot.ownAddresses).union([IPv4Address(rawValue: 0x7f00_0001)])
                == Set(whole.ownAddresses))
        #expect(
            BoxFacts(snapshot).assignments.map(\.source)
                == BoxFacts(whole).assignments.map(\.source))
    }

    @Test func `a table nobody looks up and nobody of ours made is left out`() async {
        var box = FakeBox.scenario
        box.tables[77] = [Route(destination: .all, interface: "eth0")]
        box.tables[20001] = [
            Route(destination: .all, type: "unreachable", metric: .max, protocolNumber: 201)
        ]
        let snapshot = await FakeHost(box).snapshot()
        #expect(snapshot.tables.value?.map(\.id) == [254, 255, 10001, 20001])
    }

    @Test func `does not list a legacy table that is not there`() async {
        var box = FakeBox.scenario
        box.nat[.legacy] = FakeBox.emptyChains
        let fake = FakeHost(box)
        fake.hang("iptables-legacy")
        #expect(await fake.snapshot().nat.value?.map(\.backend) == [.nfTables])
    }

    @Test func `lists both backends where both hold rules`() async {
        var box = FakeBox.scenario
        box.addNAT(NATRule(target: "MASQUERADE", output: "eth0"), in: .legacy)
        let snapshot = await FakeHost(box).snapshot()
        #expect(snapshot.nat.value?.map(\.backend) == [.nfTables, .legacy])
        #expect(snapshot.problems.contains { $0.id == "two-nat-backends" })
    }

    @Test func `rules go to the legacy backend where that is the default`() async {
        let fake = FakeHost(.scenario)
        let reader = SnapshotReader(
            runner: fake, files: fake, metadata: fake, routing: fake, gate: fake,
            programs: NATPrograms {
                [(.legacy, "iptables-legacy"), (.nfTables, "iptables-nft")]
            })
        let snapshot = await reader.snapshot()
        #expect(snapshot.nat.value?.map(\.program) == ["iptables-legacy", "iptables-nft"])
    }

    @Test func `a legacy table that may not be looked for is not taken for none`() async {
        let path = "/proc/net/ip_tables_names"
        var box = FakeBox.scenario
        box.nat[.legacy] = FakeBox.emptyChains
        box.unreadable = [path]
        #expect(
            await FakeHost(box).snapshot().nat.failure
                == ReadFailure(path, "Permission denied", fix: "run it as root"))
    }

    @Test func `an interface that is down keeps its public address`() async {
        var box = FakeBox.scenario
        box.interfaces[2].state = .down
        let snapshot = await FakeHost(box).snapshot()
        #expect(
            snapshot.interface("eth1").flatMap { snapshot.publicAddresses(of: $0) }?
                .map(\.address.description) == ["203.0.113.8"])
    }

    @Test func `reads what nftables translates beside iptables`() async {
        var box = FakeBox.scenario
        let table = NATRuleSet(
            backend: .nfTables, program: NATRuleSet.nft, table: "mynat", chains: [])
        box.nftTables = [table]
        #expect(await FakeHost(box).snapshot().nat.value?.last == table)
        box.forward = [table]
        #expect(await FakeHost(box).snapshot().forward.value == [table])
    }

    @Test func `half of the rules is not shown as all of them`() async {
        var box = FakeBox.scenario
        box.addNAT(NATRule(target: "MASQUERADE", output: "eth0"), in: .legacy)
        let fake = FakeHost(box)
        fake.hang("iptables-legacy")
        #expect(await fake.snapshot().nat.value == nil)
    }

    @Test func `reads some parts over an earlier snapshot`() async {
        let fake = FakeHost(.scenario)
        let earlier = await fake.snapshot()
        fake.box.addRule(RoutingPolicyRule(priority: 9, action: .lookup(table: 254)))
        fake.box.sysctls["net.ipv4.ip_forward"] = 0
        let later = await fake.local.reader.snapshot([.rules], over: earlier)
        #expect(later.rules.value?.count == earlier.rules.value.map { $0.count + 1 })
        #expect(later.sysctls == earlier.sysctls)
        #expect(later.interfaces == earlier.interfaces)
    }

    @Test(arguments: SnapshotPart.allCases)
    func `each part is read alone, and fills nothing but its own fields`(
        part: SnapshotPart
    ) async {
        let fake = FakeHost(.scenario)
        let whole = await fake.snapshot()
        var unread = Snapshot.unread(hostName: whole.hostName)
        unread.adopt(Set(SnapshotPart.allCases).subtracting([part]), from: whole)
        var rest = await fake.local.reader.snapshot([part], over: unread)
        #expect(rest.failure(of: part) != .unread)
        rest.adopt(Set(SnapshotPart.allCases), from: whole)
        #expect(rest == whole)
    }

    @Test func `without a cloud the rest is read`() async {
        var box = FakeBox.scenario
        box.cloud = nil
        let snapshot = await FakeHost(box).snapshot()
        #expect(snapshot.problems.contains { $0.id == "public-address-unknown" })
    }

    @Test func `reads the parameters of an interface with a dot`() async {
        var box = FakeBox.scenario
        box.addInterface("eth0.100", "10.9.0.2/24")
        box.sysctls["net.ipv4.conf.eth0.100.rp_filter"] = 1
        #expect(await FakeHost(box).snapshot().sysctl("net.ipv4.conf.eth0.100.rp_filter") == 1)
    }
}
