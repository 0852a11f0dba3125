@testable import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

private let journalPath = "/run/natdeck/journal"
private let progressPath = "/run/natdeck/progress"

/// natdeck is killed before each change of each kind of plan, and somebody else goes on.
@Suite struct KilledTests {
    /// What each kind of plan leaves when it is killed before its change with this number.
    private func left(
        _ body: (Case, Plan, FakeHost, Int) async throws -> Void
    ) async throws {
        for item in await Case.all() {
            let whole = FakeHost(item.box)
            let plan = try await whole.plan(item.intent)
            #expect(await whole.local.applier.apply(plan) == .done)
            #expect(whole.changes >= plan.steps.count - 1)
            for number in 0..<whole.changes {
                let fake = FakeHost(item.box)
                fake.kill(at: number)
                #expect(await fake.local.applier.apply(plan) == .done)
                try await body(item, plan, try #require(fake.killed), number)
            }
        }
    }

    @Test func `recover takes it back, and the box is as it was`() async throws {
        try await left { item, _, killed, number in
            let settlement = await killed.local.applier.recover(finishes: false)
            #expect(settlement.outcome == .done, "\(item.name) at \(number)")
            #expect(killed.box.ordered == item.box.ordered, "\(item.name) at \(number)")
            #expect(killed.notes(journalPath) == nil)
            #expect(killed.notes(progressPath) == nil)
            #expect(killed.unknown == [])
        }
    }

    @Test func `recover finishes it`() async throws {
        try await left { item, plan, killed, number in
            let whole = FakeHost(item.box)
            #expect(await whole.local.applier.apply(plan) == .done)
            let settlement = await killed.local.applier.recover(finishes: true)
            #expect(settlement.outcome == .done, "\(item.name) at \(number)")
            #expect(killed.box.ordered == whole.box.ordered, "\(item.name) at \(number)")
        }
    }

    /// The safest reading: any of its steps may stand.
    @Test(arguments: [nil, "", "nonsense", "natdeck-progress 2 x untold applying 0 0"])
    func `without a word of how far it came all of it is taken back`(
        progress: String?
    ) async throws {
        try await left { item, plan, killed, number in
            killed.setNotes(progressPath, progress)
            let record = try #require(try killed.local.applier.journal.read())
            #expect(record.phase == .applying(steps: plan.steps.indices))
            #expect(await killed.local.applier.recover(finishes: false).outcome == .done)
            #expect(killed.box.ordered == item.box.ordered, "\(item.name) at \(number)")
        }
    }

    @Test func `the progress of another change is not believed`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        _ = await fake.local.applier.apply(plan, keepWithinSeconds: 60)
        let text = try #require(fake.notes(journalPath))
        let record = try #require(try fake.local.applier.journal.read())
        fake.setNotes(
            journalPath, text.replacing("\"\(record.id)\"", with: "\"\(record.id)0\""))
        #expect(
            try fake.local.applier.journal.read()?.phase == .applying(steps: plan.steps.indices))
    }

    @Test func `a step that natdeck never makes makes the journal corrupt`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        _ = await fake.local.applier.apply(plan, keepWithinSeconds: 60)
        let before = fake.box
        let text = try #require(fake.notes(journalPath))
        for forged in ["set kernel.core_pattern 1", "write /etc/passwd x", "run id"] {
            fake.setNotes(journalPath, text.replacing("\\t~", with: "\\t\(forged)"))
            guard case .refused(let refusal) = await fake.local.applier.revert().outcome else {
                Issue.record("«\(forged)» was believed")
                continue
            }
            #expect(refusal.reason.contains("corrupt"))
            #expect(fake.box == before)
        }
    }

    @Test func `a long journal is decoded once by whoever looks again and again`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        let local = fake.local
        _ = await local.applier.apply(plan, keepWithinSeconds: 60)
        let reader = fake.local.reader
        let first = await reader.snapshot([.pending], over: nil).pending.value ?? nil
        #expect(first?.title == plan.title)
        // Of the same length, so that only somebody who decodes it again sees it.
        let text = try #require(fake.notes(journalPath))
        fake.setNotes(journalPath, String(text.map { $0 == "{" ? "[" : $0 }))
        let again = await reader.snapshot([.pending], over: nil).pending.value ?? nil
        #expect(again?.id == first?.id)
        fake.setNotes(journalPath, nil)
        fake.setNotes("/etc/natdeck/pending", nil)
        #expect(await reader.snapshot([.pending], over: nil).pending == .value(nil))
    }
}
