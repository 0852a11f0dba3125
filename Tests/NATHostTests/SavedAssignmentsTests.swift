import FoundationEssentials
import NATHost
import NATModel
import NATParse
import NATPlan
import NATTesting
import Testing

private let first = FakeBox.source("172.31.26.175")
private let second = FakeBox.source("172.31.26.176")

@Suite struct SavedAssignmentsTests {
    private func text(_ host: FakeHost) throws -> String? {
        try host.read(SavedAssignment.path).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `keeps what was assigned and forgets what was released`() async throws {
        let host = FakeHost(.scenario)
        let saved = host.local.saved
        #expect(try saved.load() == nil)
        try saved.record(Plan(intent: .release([first]), title: ""))
        #expect(try text(host) == nil)
        try saved.record(
            Plan(
                intent: .assign([first, second], egress: "eth1", options: AssignOptions()),
                title: ""))
        try saved.record(
            Plan(
                intent: .arrange(
                    [Arrangement(first, egress: "eth0"), Arrangement(second, egress: nil)],
                    options: AssignOptions()), title: ""))
        #expect(
            try text(host) == """
                # source           egress   note
                172.31.26.175      eth0

                """)
        #expect(await host.snapshot().saved == .value([.init(source: first, egress: "eth0")]))
    }

    @Test func `a host that is kept by a name is kept by its address no more`() async throws {
        let host = FakeHost(.scenario)
        let name = SourceName.tag(key: "Name", value: "batch job")
        try host.write(
            "172.31.26.176 eth0 # mine\n172.31.26.175 eth0\n", to: SavedAssignment.path)
        func record(_ egress: Egress?) throws {
            try host.local.saved.record(
                Plan(
                    intent: .arrange(
                        [Arrangement(second, egress: egress, name: name)], options: AssignOptions()),
                    title: ""))
        }
        try record("eth1")
        #expect(
            try text(host) == "172.31.26.175 eth0\n\"ec2:tag:Name=batch job\" eth1\n")
        try record(nil)
        #expect(try text(host) == "172.31.26.175 eth0\n")
    }

    @Test func `an arrangement is written down with its name`() throws {
        for arrangement in [
            Arrangement(second, egress: "eth1", name: .tag(key: "a=b", value: "c d")),
            Arrangement(second, egress: nil, name: .dns("worker")),
            Arrangement(second, egress: nil),
            Arrangement(second, egress: "eth1"),
        ] {
            let written = try JSONEncoder().encode([arrangement])
            #expect(try JSONDecoder().decode([Arrangement].self, from: written) == [arrangement])
        }
    }

    @Test func `leaves a malformed file as it is`() async throws {
        let host = FakeHost(.scenario)
        try host.write("nonsense\n", to: SavedAssignment.path)
        let intent = Intent.assign([first], egress: "eth1", options: AssignOptions())
        #expect(throws: SavedAssignments.Failure.self) {
            try host.local.saved.record(Plan(intent: intent, title: ""))
        }
        #expect(try text(host) == "nonsense\n")
        let failure = await host.snapshot().saved.failure
        #expect(failure?.object == "/etc/natdeck/assignments:1")
    }

    @Test func `applying the file twice changes nothing the second time`() async throws {
        let host = FakeHost(.scenario)
        let before = try await host.plan(
            .assign([first], egress: "eth1", options: AssignOptions()))
        #expect(await host.local.applier.apply(before) == .done)
        try host.write(
            "172.31.26.176 eth1\n172.31.27.0/24 eth0\n", to: SavedAssignment.path)
        for turn in 0..<2 {
            let snapshot = await host.snapshot()
            #expect(BoxFacts(snapshot).drift.count == (turn == 0 ? 3 : 0))
            let intent = Intent.arrange(try #require(snapshot.saved.value ?? nil), on: snapshot)
            let plan = try await host.plan(intent)
            #expect(plan.isEmpty == (turn == 1))
            #expect(await host.local.applier.apply(plan) == .done)
        }
        #expect(
            BoxFacts(await host.snapshot()).assignments.filter(\.isOwned).map(\.source) == [
                second, FakeBox.source("172.31.27.0/24"),
            ])
    }

    @Test func `tells what it saves, and saves foreign assignments when asked`() throws {
        func present(_ source: IPv4Prefix, _ egress: String?, owned: Bool) -> Assignment {
            Assignment(
                source: source, egress: egress, table: 1, priority: 1, isOwned: owned,
                isMasqueraded: nil)
        }
        let now = [present(first, "eth1", owned: true), present(second, "eth0", owned: false)]
        var file = try AssignmentsFile.parse(Array("# mine\n10.0.0.1 eth0\n".utf8))
        var copy = file
        #expect(
            file.save(now, withForeign: false, prunes: true) == [
                "+ 172.31.26.175 eth1", "- 10.0.0.1 eth0",
            ])
        #expect(copy.save(now, withForeign: true, prunes: true).contains("+ 172.31.26.176 eth0"))
        #expect(file.save(now, withForeign: false, prunes: true) == [])
        // The link is down: where it led to is not known, and stays as it was kept.
        #expect(
            file.save([present(first, nil, owned: true)], withForeign: false, prunes: true) == [])
        #expect(file.text == "# mine\n172.31.26.175      eth1\n")
    }
}
