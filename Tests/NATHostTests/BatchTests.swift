@testable import NATHost
import NATModel
import NATParse
import NATPlan
import NATTesting
import Synchronization
import Testing

/// Many steps of one kind, which are taken in rows.
@Suite struct BatchTests {
    private static let sources = (0..<600).map {
        IPv4Prefix(IPv4Address(rawValue: 0xac1f_4000 + UInt32($0)))
    }
    private let assign = Intent.assign(sources, egress: "eth1", options: AssignOptions())

    /// Every source has a MASQUERADE of its own.
    private var uncovered: FakeBox {
        Case.with(FakeBox.scenario.withoutMarks) { $0.nat = [.nfTables: FakeBox.emptyChains] }
    }

    @Test func `steps of one kind come together, and no row is long`() async throws {
        let plan = try await FakeHost(uncovered).plan(assign)
        let rows = StepBatch.rows(of: plan.steps.map(\.action))
        #expect(rows.flatMap(Array.init) == Array(plan.steps.indices))
        for row in rows {
            #expect(Set(plan.steps[row].map { StepBatch($0.action) }).count == 1)
            if row.count > 1 { #expect(StepBatch(plan.steps[row.lowerBound].action) != nil) }
        }
        // 600 rules of nat, the tables and the hosts' rules, the connections.
        let counts = rows.map(\.count)
        #expect(counts.first == 600)
        #expect(counts.last == 600)
        #expect(counts.dropFirst().dropLast().allSatisfy { $0 <= 256 })
        #expect(counts.count == 5)
    }

    @Test(arguments: [FakeHost.Fault.refused, .hungBefore, .hungAfter, .diedAfter])
    func `a row that stops half-way is taken back`(fault: FakeHost.Fault) async throws {
        let box = uncovered
        for number in [0, 1, 300, 599, 600, 601, 603, 858, 859, 1000, 1202] {
            let fake = FakeHost(box)
            let plan = try await fake.plan(assign)
            fake.fail(at: number, fault)
            guard case .rolledBack(let failure) = await fake.local.applier.apply(plan) else {
                Issue.record("change \(number) was not taken back")
                continue
            }
            // Of one transaction nobody knows which line it was.
            let step = number < 600 ? 0 : number
            #expect(failure.object == "\(plan.steps[step].action)")
            #expect(fake.box.ordered == box.ordered, "change \(number)")
            #expect(fake.unknown == [])
        }
    }

    @Test func `killed in the middle of a row, all is taken back`() async throws {
        let box = uncovered
        for number in [0, 300, 600, 700, 1100, 1202] {
            let fake = FakeHost(box)
            let plan = try await fake.plan(assign)
            fake.kill(at: number)
            #expect(await fake.local.applier.apply(plan) == .done)
            let killed = try #require(fake.killed)
            #expect(await killed.local.applier.recover(finishes: false).outcome == .done)
            #expect(killed.box.ordered == box.ordered, "change \(number)")
        }
    }

    @Test func `tells how many steps are taken`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(assign)
        let told = Mutex<[Int]>([])
        let outcome = await fake.local.applier.apply(plan) { count in
            told.withLock { $0.append(count) }
        }
        #expect(outcome == .done)
        let counts = told.withLock { $0 }
        #expect(counts == counts.sorted())
        #expect(counts.count > 3)
        #expect(counts.last == plan.steps.count)
    }

    @Test func `a task that is told to stop takes back what was done`() async throws {
        let box = uncovered
        for number in [0, 300, 605, 900, 1202] {
            let fake = FakeHost(box)
            let plan = try await fake.plan(assign)
            let task = Mutex<Task<Outcome, Never>?>(nil)
            fake.before(number) { _ in task.withLock { $0?.cancel() } }
            let started = Task {
                while task.withLock({ $0 == nil }) { await Task.yield() }
                return await fake.local.applier.apply(plan)
            }
            task.withLock { $0 = started }
            guard case .rolledBack(let failure) = await started.value else {
                Issue.record("it went on after change \(number)")
                continue
            }
            #expect(failure.reason == "it was told to stop")
            #expect(fake.box.ordered == box.ordered, "change \(number)")
            #expect(fake.notes("/run/natdeck/journal") == nil)
        }
    }

    @Test func `taking back that is told to stop can be gone on with`() async throws {
        let fake = FakeHost(uncovered)
        let plan = try await fake.plan(assign)
        fake.kill(at: 1202)
        _ = await fake.local.applier.apply(plan)
        let killed = try #require(fake.killed)
        let task = Mutex<Task<Settlement, Never>?>(nil)
        killed.before(400) { _ in task.withLock { $0?.cancel() } }
        let started = Task {
            while task.withLock({ $0 == nil }) { await Task.yield() }
            return await killed.local.applier.recover(finishes: false)
        }
        task.withLock { $0 = started }
        guard case .leftovers(let failure, _) = await started.value.outcome else {
            Issue.record("it went on")
            return
        }
        #expect(failure.reason == "told to stop: natdeck recover takes back the rest")
        #expect(killed.box != uncovered)
        #expect(await killed.local.applier.recover(finishes: false).outcome == .done)
        #expect(killed.box.ordered == uncovered.ordered)
    }

    @Test func `an iptables that knows no wait is asked without`() async throws {
        let fake = FakeHost(uncovered)
        fake.removeWaitOfIPTables()
        for sources in [[Self.sources[0]], Self.sources] {
            let plan = try await fake.plan(
                .assign(sources, egress: "eth1", options: AssignOptions()))
            #expect(await fake.local.applier.apply(plan) == .done)
        }
        let release = try await fake.plan(.release(Self.sources))
        #expect(await fake.local.applier.apply(release) == .done)
        #expect(fake.box.ordered == uncovered.ordered)
    }

    @Test func `an iptables without restore takes one rule after the other`() async throws {
        let fake = FakeHost(uncovered)
        fake.uninstall("iptables-nft-restore")
        let plan = try await fake.plan(assign)
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.box.nat[.nfTables]?.last?.rules.count == 600)
    }

    @Test func `the journal remembers which step could not be taken back`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        // The rule fails, and so does the inverse of the step before the last that was taken.
        let rule = try #require(plan.steps.lastIndex { "\($0.action)".hasPrefix("ip rule add") })
        fake.fail(at: rule)
        fake.fail(at: rule + 2)
        guard case .leftovers(_, let leftovers) = await fake.local.applier.apply(plan) else {
            Issue.record("nothing is left over")
            return
        }
        let failed = rule - 2
        #expect(leftovers.map(\.summary) == [plan.steps[failed].summary])
        #expect(try fake.local.applier.journal.read()?.phase == .takingBack(step: failed + 1))
        #expect(await fake.local.applier.recover(finishes: false).outcome == .done)
        #expect(fake.box == .scenario)
    }

    @Test func `what the interface took along when it went is no leftover`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        let rule = try #require(plan.steps.lastIndex { "\($0.action)".hasPrefix("ip rule add") })
        fake.before(rule) { box in
            box.flap("eth1")
            box.interfaces.removeAll { $0.name == "eth1" }
        }
        fake.fail(at: rule)
        guard case .rolledBack = await fake.local.applier.apply(plan) else {
            Issue.record("something is left over")
            return
        }
        #expect(!fake.box.rules.contains { $0.isOwned })
        #expect(fake.box.tables[20001] == nil)
    }

    @Test func `a change whose NAT somebody takes away meanwhile is not verified`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        fake.before(plan.steps.count - 2) { $0.nat = [.nfTables: FakeBox.emptyChains] }
        guard case .rolledBack(let failure) = await fake.local.applier.apply(plan) else {
            Issue.record("it was held for verified")
            return
        }
        #expect(failure.reason == "no rule translates what 172.31.26.176 sends by eth1")
    }

    @Test func `NAT is listed again only where anybody may have changed it since`() async throws {
        func listings(of box: FakeBox, isAlone: Bool) async throws -> Int {
            let fake = FakeHost(box)
            let count = Mutex(0)
            let local = LocalBox(
                runner: fake, files: fake, metadata: fake, routing: fake, conntrack: fake,
                gate: StillGate(fake: fake, isAlone: isAlone),
                programs: NATPrograms(
                    installed: { [(.nfTables, "iptables-nft")] },
                    nftables: { part in
                        if part.isNAT { count.withLock { $0 += 1 } }
                        return .value([])
                    }))
            let plan = try await fake.plan(Case.assign("eth1"))
            #expect(await local.applier.apply(plan) == .done)
            return count.withLock { $0 }
        }
        #expect(try await listings(of: .scenario, isAlone: true) == 1)
        #expect(try await listings(of: .scenario, isAlone: false) == 2)
        // A table of x_tables has no state that could be asked for.
        var legacy = FakeBox.scenario
        legacy.nat[.legacy] = legacy.nat[.nfTables]
        #expect(try await listings(of: legacy, isAlone: true) == 2)
    }
}

/// The kernel of a fake host that says whether anybody else has changed nf_tables.
private struct StillGate: GateTable {
    let fake: FakeHost
    let isAlone: Bool

    func set(
        _ gate: Gate?, over present: Gate?
    ) async throws(RoutingChangeReport.Failure) -> GateState? {
        try await fake.set(gate, over: present)
    }

    func state(noted: GateState?) async -> Reading<GateState?> { await fake.state(noted: noted) }
    func removeEmptyNAT() async { await fake.removeEmptyNAT() }
    func generation() async -> UInt32? { 7 }
    func isAlone(since generation: UInt32) async -> Bool { generation == 7 && isAlone }
}
