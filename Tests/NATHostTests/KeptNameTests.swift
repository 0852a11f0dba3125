import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// Hosts that leave as wanted already are kept by the name they were assigned by.
@Suite struct KeptNameTests {
    private let host = FakeBox.source("172.31.26.176")
    private let other = FakeBox.source("172.31.26.175")
    private let name = SourceName.tag(key: "Name", value: "a = b, süd")
    private let file = SavedAssignment.path

    /// The box whose hosts leave by eth1, with these lines in the file.
    private func box(_ lines: String?, hosts: String = "176") async throws -> FakeHost {
        let before = FakeHost(.scenario)
        let intent = Intent.assign([host, other], egress: "eth1", options: AssignOptions())
        let plan = try await before.plan(intent)
        #expect(await before.local.applier.apply(plan) == .done)
        // Without its file and its history.
        let fake = FakeHost(before.box)
        if let lines { try fake.write(lines, to: file) }
        let list = hosts.split(separator: " ").map { "{\"address\":\"172.31.26.\($0)\"}" }
        try fake.write(
            "[{\"name\":\"\(name)\",\"hosts\":[\(list.joined(separator: ","))],"
                + "\"former\":[],\"answeredAtSeconds\":1}]",
            to: FollowedName.path)
        return fake
    }

    private func intent(_ egress: Egress?, _ hosts: IPv4Prefix...) -> Intent {
        .arrange(
            hosts.map { Arrangement($0, egress: egress, name: name) }, options: AssignOptions())
    }

    private func undo(_ fake: FakeHost) async throws {
        let (entry, intent) = try fake.local.applier.history.undo()
        let plan = try await fake.plan(intent)
        #expect(await fake.local.applier.apply(plan, undoing: entry.id) == .done)
    }

    @Test(arguments: [nil, "172.31.26.176 eth1  # mine\n", "10.9.0.0/16 eth0\n"])
    func `a host that is there already is kept by its name, and undo brings back its line`(
        lines: String?
    ) async throws {
        let fake = try await box(lines)
        let before = fake.box
        let plan = try await fake.plan(intent("eth1", host))
        #expect(plan.steps.count == 1)
        #expect(
            plan.title == "ec2:tag:Name=a = b, süd is kept by that name: its hosts are followed")
        let words = plan.steps.first?.action.description ?? ""
        #expect(words.contains("+ ec2:tag:Name=a = b, süd eth1"), "\(words)")
        #expect(words.contains("- 172.31.26.176 eth1") == (lines?.hasPrefix("172") == true))
        #expect(plan.verifications.contains(.leaves(host, by: "eth1")))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.box == before)
        let text = fake.notes(file) ?? ""
        #expect(text.contains("\"ec2:tag:Name=a = b, süd\" eth1"), "\(text)")
        #expect(!text.contains("172.31.26.176 "))
        let saved = try #require(await fake.snapshot().saved.value ?? nil)
        #expect(saved.contains { $0.source == host && $0.name == name })
        #expect(try await fake.plan(intent("eth1", host)).isEmpty)
        try await undo(fake)
        let back = fake.notes(file) ?? ""
        #expect(!back.contains("ec2:"))
        #expect(back.contains("172.31.26.176") == (lines?.hasPrefix("172") == true))
        #expect(fake.box == before)
    }

    /// The operator's own rule for the host.
    private var foreign: RoutingPolicyRule {
        RoutingPolicyRule(priority: 32765, source: host, action: .lookup(table: 10001))
    }

    private func names(_ fake: FakeHost) throws {
        try fake.write(
            "[{\"name\":\"\(name)\",\"hosts\":[{\"address\":\"172.31.26.176\"}],\"former\":[]}]",
            to: FollowedName.path)
    }

    @Test func `a rule of the operator's that a name takes over comes back with its release`()
        async throws
    {
        var box = FakeBox.scenario.withoutMarks
        box.addRule(foreign)
        let fake = FakeHost(box)
        try names(fake)
        #expect(
            await fake.local.applier.apply(try await fake.plan(intent("eth0", host))) == .done)
        #expect(!fake.box.rules.contains(foreign))
        let line = "\"\(name)\" eth0   # instead of: from \(host) pref 32765 lookup 10001\n"
        #expect(fake.notes(file)?.hasSuffix(line) == true, "\(fake.notes(file) ?? "")")
        #expect(await fake.local.applier.apply(try await fake.plan(intent(nil, host))) == .done)
        #expect(fake.box.rules.contains(foreign))
        #expect(fake.notes(file)?.contains("instead of") == false)
    }

    @Test func `what a host's own line remembers goes on with the name, and comes back`()
        async throws
    {
        var box = FakeBox.scenario.withoutMarks
        box.addRule(foreign)
        let fake = FakeHost(box)
        let assigned = Intent.assign([host], egress: "eth0", options: AssignOptions())
        #expect(await fake.local.applier.apply(try await fake.plan(assigned)) == .done)
        let before = fake.notes(file)
        try names(fake)
        #expect(
            await fake.local.applier.apply(try await fake.plan(intent("eth0", host))) == .done)
        #expect(fake.notes(file)?.contains("# instead of: from \(host) pref 32765") == true)
        try await undo(fake)
        #expect(fake.notes(file) == before)
        #expect(
            await fake.local.applier.apply(try await fake.plan(intent("eth0", host))) == .done)
        #expect(await fake.local.applier.apply(try await fake.plan(.release([host]))) == .done)
        #expect(fake.box.rules.contains(foreign))
    }

    @Test func `such a step is read as it was written, whatever the name holds`() throws {
        for change in [
            KeptChange([
                .init(name, from: nil, to: "eth1"), .init(.prefix(host), from: "eth1", to: nil),
            ]),
            KeptChange([.init(.tag(key: "k\t\\=", value: " two  blanks "), from: "eth0", to: nil)]),
        ] {
            let step = Step("kept", .keep(change), inverse: .keep(change))
            #expect(Step(step.description) == step, "\(step.description)")
        }
        for text in ["", "eth1 eth0", "/x eth0 dns:a", "eth1 eth0 nowhere"] {
            #expect(KeptChange(text) == nil, "\(text)")
        }
    }

    @Test func `an address that is released takes its name along, where it is the only one`()
        async throws
    {
        let line = "\"\(name)\" eth1\n"
        let fake = try await box(line)
        let plan = try await fake.plan(.release([host]))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.notes(file)?.contains("ec2:") == false)
        let steered = fake.box.rules.compactMap(\.source)
        #expect(!steered.contains(host) && steered.contains(other))
        try await undo(fake)
        #expect(fake.notes(file) == line)
    }

    @Test func `one of several hosts of a name is not released, and all of them are`() async throws
    {
        let fake = try await box("\"\(name)\" eth1\n", hosts: "175 176")
        let refusal = await #expect(throws: PlanRefusal.self) {
            try await fake.plan(.release([host]))
        }
        #expect(refusal?.object == "\(host)")
        #expect(
            refusal?.reason == "it is kept as ec2:tag:Name=a = b, süd, and so is \(other)")
        #expect(refusal?.fix?.hasPrefix("natdeck release 'ec2:tag:Name=a = b, süd' ") == true)
        let plan = try await fake.plan(.release([host, other]))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.notes(file)?.contains("ec2:") == false)
    }

    @Test func `a name that is kept and steers nobody is forgotten by a plan too`() async throws {
        let fake = FakeHost(.scenario)
        try fake.write("\"\(name)\" eth1\n", to: file)
        try fake.write(
            "[{\"name\":\"\(name)\",\"hosts\":[{\"address\":\"172.31.26.176\"}],\"former\":[]}]",
            to: FollowedName.path)
        let plan = try await fake.plan(intent(nil, host))
        #expect(plan.steps.count == 1)
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.notes(file)?.contains("ec2:") == false)
        try await undo(fake)
        #expect(fake.notes(file)?.contains("ec2:tag:Name=a = b, süd\" eth1") == true)
    }
}
