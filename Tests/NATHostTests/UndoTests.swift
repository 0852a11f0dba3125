import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// The way back leads back, and what cannot be written down is told.
@Suite struct UndoTests {
    private let host = FakeBox.source("172.31.26.176")
    private let other = FakeBox.source("172.31.26.175")
    private let file = SavedAssignment.path

    /// The box with a rule of the operator's own that sends the host out by eth1.
    private var boxWithRule: FakeBox {
        var box = FakeBox.scenario.withoutMarks
        box.rules.append(
            RoutingPolicyRule(priority: 32765, source: host, action: .lookup(table: 10001)))
        box.rules.sort { $0.priority < $1.priority }
        return box
    }

    private func assign(
        _ source: IPv4Prefix, _ egress: Egress, _ fake: FakeHost,
        _ options: AssignOptions = AssignOptions()
    ) async throws {
        let plan = try await fake.plan(.assign([source], egress: egress, options: options))
        #expect(!plan.isEmpty)
        #expect(await fake.local.applier.apply(plan) == .done)
    }

    private func undo(_ fake: FakeHost) async throws -> Plan {
        let (entry, intent) = try fake.local.applier.history.undo()
        let plan = try await fake.plan(intent)
        #expect(await fake.local.applier.apply(plan, undoing: entry.id) == .done)
        return plan
    }

    private func expectNothingStands(_ fake: FakeHost) {
        #expect(throws: PlanRefusal.self) { try fake.local.applier.history.undo() }
    }

    @Test(arguments: ["eth0", "eth1"])
    func `a take-over is undone: the operator's own rule is back`(egress: Egress) async throws {
        let fake = FakeHost(boxWithRule)
        try await assign(host, egress, fake)
        #expect(fake.notes(file)?.contains("# instead of: pref 32765 lookup 10001") == true)
        #expect(try await undo(fake).title == "\(host) will leave by eth1 again")
        #expect(fake.box == boxWithRule)
        #expect(fake.notes(file)?.contains("\(host)") == false)
        expectNothingStands(fake)
    }

    @Test func `a table that was adopted is the one that undo leads back to`() async throws {
        let fake = FakeHost(FakeBox.scenario.withoutMarks)
        try await assign(host, "eth1", fake, AssignOptions(adoptsTables: true))
        let adopted = fake.box
        #expect(adopted.rules.contains { $0.source == host && $0.table == 10001 })
        try await assign(host, "eth0", fake)
        _ = try await undo(fake)
        #expect(fake.box == adopted)
        #expect(fake.notes(file)?.contains("eth1") == true)
        _ = try await undo(fake)
        #expect(fake.box == FakeBox.scenario.withoutMarks)
        expectNothingStands(fake)
    }

    @Test func `where no connection lives, an undo leaves nothing`() async throws {
        let fake = FakeHost(.scenario)
        try await assign(host, "eth1", fake)
        _ = try await undo(fake)
        #expect(fake.box == .scenario)
        expectNothingStands(fake)
    }

    @Test func `where no connection lives, a release leaves nothing`() async throws {
        let fake = FakeHost(.scenario)
        try await assign(host, "eth1", fake)
        try await assign(other, "eth1", fake)
        for source in [host, other] {
            #expect(fake.box.rules.contains { $0.isMark })
            let plan = try await fake.plan(.release([source]))
            #expect(await fake.local.applier.apply(plan) == .done)
        }
        #expect(fake.box == .scenario)
    }

    @Test(arguments: [true, false])
    func `nothing is left either of a host that had an address of its own`(
        undoes: Bool
    ) async throws {
        let fake = FakeHost(.scenario)
        let egress = Egress("eth1", addresses: [try #require(IPv4Address("172.31.8.208"))])
        let plan = try await fake.plan(
            .arrange([Arrangement(host, egress: egress)], options: AssignOptions()))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.box.gate?.map?[host] != nil)
        if undoes {
            _ = try await undo(fake)
        } else {
            let release = try await fake.plan(.release([host]))
            #expect(await fake.local.applier.apply(release) == .done)
        }
        #expect(fake.box == .scenario)
    }

    @Test func `what connections go by stays after an undo`() async throws {
        var box = FakeBox.scenario
        box.flows = [host]
        let fake = FakeHost(box)
        try await assign(host, "eth1", fake)
        let plan = try await undo(fake)
        #expect(ConnectionFates(plan).fate(of: host) == .stay)
        #expect(fake.box.rules.contains { $0.mark?.value == 0x100_0000 && $0.table == 20001 })
        #expect(fake.box.tables[20001]?.contains { $0.interface == "eth1" } == true)
        #expect(fake.box.gate?.marks?.sources == [])
        #expect(!fake.box.rules.contains { $0.source == host })
        let removal = try await fake.plan(.removeAll)
        #expect(await fake.local.applier.apply(removal) == .done)
        #expect(fake.box == box)
    }

    @Test func `an undone release remembers connections again`() async throws {
        let fake = FakeHost(.scenario)
        try await assign(host, "eth1", fake)
        let assigned = fake.box
        #expect(assigned.gate?.marks?.sources == [host])
        let plan = try await fake.plan(.release([host]))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.box == .scenario)
        _ = try await undo(fake)
        #expect(fake.box.gate == assigned.gate)
        #expect(fake.box.rules == assigned.rules)
        #expect(fake.box.tables == assigned.tables)
    }

    @Test func `an undo is no surer than what it brings back`() async throws {
        var box = FakeBox.scenario
        box.addRule(
            RoutingPolicyRule(
                priority: 100, action: .lookup(table: 10001),
                selectors: RuleSelectors { $0.ipProtocol = 6 }))
        let fake = FakeHost(box)
        let assigned = try await fake.plan(
            .assign([host], egress: "eth0", options: AssignOptions()))
        #expect(!assigned.doubts.isEmpty)
        #expect(await fake.local.applier.apply(assigned) == .done)
        let plan = try await fake.plan(.release([host]))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(try await undo(fake).doubts == assigned.doubts)
    }

    @Test func `what others need by now stays, and the host goes back`() async throws {
        let fake = FakeHost(.scenario)
        try await assign(host, "eth1", fake)
        // The guard's changes are nobody's to undo, but they use what was made.
        let plan = try await fake.plan(
            .assign([other], egress: "eth1", options: AssignOptions()))
        #expect(await fake.local.applier.apply(plan, by: "guard") == .done)
        _ = try await undo(fake)
        let facts = BoxFacts(await fake.snapshot())
        #expect(facts.decision(for: other).interface == "eth1")
        #expect(facts.decision(for: host).interface == "eth0")
        // What the guard put back is not undone.
        expectNothingStands(fake)
    }

    @Test func `an undo with nothing left to do is written down, and the next goes on`()
        async throws
    {
        let fake = FakeHost(FakeBox.scenario.withoutMarks)
        try await assign(other, "eth1", fake)
        let first = fake.box
        try await assign(host, "eth1", fake)
        // Somebody has done it by hand.
        fake.box = first
        #expect(try await undo(fake).isEmpty)
        #expect(fake.notes(file)?.contains("\(host)") == false)
        _ = try await undo(fake)
        #expect(fake.box == FakeBox.scenario.withoutMarks)
        expectNothingStands(fake)
    }

    @Test func `release brings back the rule that was taken over`() async throws {
        let fake = FakeHost(boxWithRule)
        try await assign(host, "eth0", fake)
        // Also after a move, and where natdeck is not the process that took it over.
        let plan = try await fake.plan(.release([host]))
        #expect(plan.title == "\(host) will leave by eth1 again")
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.box == boxWithRule)
        #expect(fake.notes(file)?.contains("instead of") == false)
    }

    @Test func `release brings it back also where no other rule looks up its table`() async throws {
        var box = boxWithRule
        box.rules.removeAll { $0.table == 10001 && $0.source != host }
        for removes in [false, true] {
            let fake = FakeHost(box)
            try await assign(host, "eth0", fake)
            let plan = try await fake.plan(removes ? .removeAll : .release([host]))
            #expect(await fake.local.applier.apply(plan) == .done)
            #expect(fake.box == box)
        }
    }

    @Test func `removal brings it back, and does not do so twice`() async throws {
        let fake = FakeHost(boxWithRule)
        try await assign(host, "eth0", fake)
        let removal = try await fake.plan(.removeAll)
        #expect(await fake.local.applier.apply(removal) == .done)
        #expect(fake.box == boxWithRule)
        #expect(fake.notes(file)?.contains("instead of") == false)
        #expect(fake.notes(file)?.contains("\(host)") == true)
    }

    @Test func `a rule that somebody has made meanwhile is the one that counts`() async throws {
        let fake = FakeHost(boxWithRule)
        try await assign(host, "eth0", fake)
        fake.box.rules.append(
            RoutingPolicyRule(priority: 32000, source: host, action: .lookup(table: 254)))
        fake.box.rules.sort { $0.priority < $1.priority }
        let plan = try await fake.plan(.release([host]))
        #expect(plan.foreignRules.added.isEmpty)
    }

    @Test func `a change whose end could not be told to the history is not begun`() async throws {
        let fake = FakeHost(.scenario)
        fake.fill(History.path)
        let plan = try await fake.plan(
            .assign([host], egress: "eth1", options: AssignOptions()))
        guard case .refused(let refusal) = await fake.local.applier.apply(plan) else {
            Issue.record("it was begun")
            return
        }
        #expect(refusal.object == History.path)
        #expect(refusal.reason.contains("nothing was applied"))
        #expect(fake.box == .scenario)
        // The guard mends all the same, and what it could not write down is no failure.
        #expect(await fake.local.applier.apply(plan, by: "guard").isDone)
    }

    @Test func `a history that has become full meanwhile is told`() async throws {
        for keeps in [true, false] {
            let fake = FakeHost(.scenario)
            let plan = try await fake.plan(
                .assign([host], egress: "eth1", options: AssignOptions()))
            _ = await fake.local.applier.apply(plan, keepWithinSeconds: 60)
            fake.fill(History.path)
            let settlement =
                keeps ? await fake.local.applier.keep() : await fake.local.applier.revert()
            guard case .notSaved(let failure) = settlement.outcome else {
                Issue.record("\(settlement)")
                continue
            }
            #expect(failure.object == History.path)
            #expect(failure.reason.contains("this change is not in the history"))
            #expect(await fake.snapshot().pending == .value(nil))
        }
    }

    @Test func `a long history begins anew, and undo finds what is before it`() async throws {
        let fake = FakeHost(.scenario)
        try await assign(host, "eth1", fake)
        let line = try #require(fake.notes(History.path))
        let filler = String(repeating: "\n", count: 8 << 20)
        fake.setNotes(History.path, line + filler)
        let plan = try await fake.plan(
            .assign([other], egress: "eth1", options: AssignOptions()))
        #expect(await fake.local.applier.apply(plan, by: "guard") == .done)
        #expect(fake.notes(History.path + ".1") == line + filler)
        #expect(fake.notes(History.path)?.split(separator: "\n").count == 1)
        #expect(try fake.local.applier.history.undo().entry.plan.sources == [host])
    }
}
