@testable import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// What becomes of a change that was begun, wherever it was cut short.
@Suite struct PendingTests {
    private let host = FakeBox.source("172.31.26.176")
    private let journal = "/run/natdeck/journal"
    private let file = SavedAssignment.path

    private var assign: Intent { .assign([host], egress: "eth1", options: AssignOptions()) }

    /// A box with a change that awaits its keep.
    private func waiting(seconds: Int = 60) async throws -> FakeHost {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(assign)
        #expect(
            await fake.local.applier.apply(plan, keepWithinSeconds: seconds)
                == .awaitsKeep(seconds: seconds))
        return fake
    }

    /// The journal as a natdeck that was killed in the middle of `keep` leaves it.
    private func cutKeep(_ fake: FakeHost) throws {
        let journal = fake.local.applier.journal
        var record = try #require(try journal.read())
        record.phase = .keeping(by: "operator")
        try journal.advance(record)
    }

    @Test func `a keep that was cut short is kept to the end, whoever comes next`() async throws {
        let enders: [@Sendable (FakeHost) async -> Settlement?] = [
            { await $0.local.applier.keep() },
            { await $0.local.applier.recover(finishes: false) },
            { await $0.local.applier.recover(finishes: true) },
            {
                $0.loseWatches()
                return await $0.local.applier.settleOverdue(by: "guard")
            },
        ]
        for (number, end) in enders.enumerated() {
            for isWritten in [false, true] {
                let fake = try await waiting()
                let after = fake.box
                try cutKeep(fake)
                if isWritten { fake.setNotes(file, "\(host) eth1\n") }
                let settlement = try #require(await end(fake))
                #expect(settlement.outcome == .done, "\(number)")
                #expect(settlement.ending == .kept, "\(number)")
                #expect(fake.box == after, "\(number)")
                #expect(fake.notes(journal) == nil)
                #expect(fake.notes(file)?.contains("\(host)") == true)
                let history = try fake.local.applier.history.contents()
                #expect(history.entries.map(\.outcome) == [.kept])
            }
        }
    }

    @Test func `a change that was not shown is not touched`() async throws {
        let fake = try await waiting()
        let before = fake.notes(journal)
        for settlement in [
            await fake.local.applier.keep("another"), await fake.local.applier.revert("another"),
            await fake.local.applier.recover("another", finishes: true),
        ] {
            guard case .refused(let refusal) = settlement.outcome else {
                Issue.record("\(settlement)")
                continue
            }
            #expect(refusal.reason.contains("another change"))
        }
        #expect(fake.notes(journal) == before)
    }

    @Test func `a change in its time and under its watch is not unfinished`() async throws {
        let fake = try await waiting()
        guard case .refused = await fake.local.applier.recover(finishes: false).outcome else {
            Issue.record("it was taken back")
            return
        }
        fake.loseWatches()
        let settlement = await fake.local.applier.recover(finishes: false)
        #expect(settlement.outcome == .done)
        #expect(fake.box == .scenario)
    }

    @Test func `a watch that ends while the steps are taken takes the change along`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(assign)
        fake.loseWatches(at: 2)
        guard
            case .rolledBack(let failure) = await fake.local.applier.apply(
                plan, keepWithinSeconds: 5)
        else {
            Issue.record("it stands without a watch")
            return
        }
        #expect(failure.reason == "the watch over the change is gone")
        #expect(fake.box == .scenario)
    }

    @Test func `a full disk at the keep is told, and the change stands`() async throws {
        let fake = try await waiting()
        let after = fake.box
        fake.fill(file)
        let settlement = await fake.local.applier.keep()
        guard case .notSaved(let failure) = settlement.outcome else {
            Issue.record("\(settlement)")
            return
        }
        #expect(failure.object == file)
        #expect(fake.box == after)
        #expect(fake.notes(journal) == nil)
    }

    @Test func `a change that waits is told with who began it, as a person is called`() async throws
    {
        let fake = try await waiting()
        let pending = try #require(await fake.snapshot().pending.value ?? nil)
        let person = try #require(pending.person)
        #expect(!person.isEmpty && !person.contains("process"))
        #expect(pending.author.hasPrefix("\(person) (process "))
        #expect(pending.deed == "\(host) → eth1")
        #expect(pending.sources == [host])
    }

    @Test func `a time of another boot is over`() async throws {
        let fake = try await waiting()
        fake.loseWatches()
        #expect(await fake.local.applier.settleOverdue(by: "guard") == nil)
        let text = try #require(fake.notes(journal))
        fake.setNotes(
            journal,
            text.replacing("\"id\"", with: "\"boot\" : \"another\",\n  \"id\"", maxReplacements: 1))
        let pending = try #require(await fake.snapshot().pending.value ?? nil)
        #expect(pending.state == .unfinished(canFinish: true))
    }

    @Test func `what is half taken back cannot be finished`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(assign)
        fake.fail(at: 2)
        fake.fail(at: 3)
        guard case .leftovers = await fake.local.applier.apply(plan) else {
            Issue.record("nothing is left over")
            return
        }
        let pending = try #require(await fake.snapshot().pending.value ?? nil)
        #expect(pending.state == .unfinished(canFinish: false))
        guard case .refused = await fake.local.applier.recover(finishes: true).outcome else {
            Issue.record("it was finished")
            return
        }
        #expect(await fake.local.applier.recover(finishes: false).outcome == .done)
        #expect(fake.box == .scenario)
    }

    @Test func `a change whose journal is gone is taken back all the same`() async throws {
        let fake = try await waiting()
        #expect(fake.notes("/etc/natdeck/pending") != nil)
        fake.loseWatches()
        fake.setNotes(journal, nil)
        let pending = try #require(await fake.snapshot().pending.value ?? nil)
        #expect(pending.state == .unfinished(canFinish: false))
        let settlement = try #require(await fake.local.applier.settleOverdue(by: "guard"))
        #expect(settlement.outcome == .done)
        #expect(fake.box == .scenario)
        #expect(fake.notes("/etc/natdeck/pending") == nil)
        #expect(await fake.snapshot().pending == .value(nil))
    }

    @Test func `after a reboot what a change wrote is taken back, and the history says why`()
        async throws
    {
        let boot = "/proc/sys/kernel/random/boot_id"
        let sysctls = "/etc/sysctl.d/90-natdeck.conf"
        var bare = FakeBox.scenario
        bare.files[sysctls] = nil
        bare.files[boot] = "first\n"
        bare.sysctls["net.ipv4.ip_forward"] = 0
        let fake = FakeHost(bare)
        let network = FakeBox.source("172.31.0.0/16")
        let plan = try await fake.plan(.setup(SetupOptions(sources: [network])))
        #expect(
            await fake.local.applier.apply(plan, keepWithinSeconds: 60)
                == .awaitsKeep(seconds: 60))
        // The next boot: the kernel begins anew, and sets what the file says.
        fake.loseWatches()
        fake.setNotes(journal, nil)
        var next = bare
        next.files[sysctls] = fake.box.files[sysctls]
        #expect(next.files[sysctls] != nil)
        next.files[boot] = "second\n"
        next.sysctls = fake.box.sysctls
        fake.box = next
        let before = fake.log.count
        #expect(await fake.local.applier.settleOverdue(by: "guard")?.outcome == .done)
        #expect(fake.box.files[sysctls] == nil)
        #expect(fake.box.sysctls == bare.sysctls)
        #expect(fake.log[before...].allSatisfy { !$0.hasPrefix("ip ") && !$0.contains("iptables") })
        let last = try #require(try fake.local.applier.history.contents().entries.last)
        #expect(last.outcome == .reverted)
        #expect(last.reason == "the box was started anew before it was kept")
    }

    @Test func `what is settled leaves no copy of its journal`() async throws {
        let keep = try await waiting()
        #expect(await keep.local.applier.keep().outcome == .done)
        #expect(keep.notes("/etc/natdeck/pending") == nil)
        let revert = try await waiting()
        #expect(await revert.local.applier.revert().outcome == .done)
        #expect(revert.notes("/etc/natdeck/pending") == nil)
    }

    @Test func `a watch that is told to end takes the change back first`() async throws {
        let fake = try await waiting(seconds: 3600)
        fake.loseWatches()
        let id = try #require(try fake.local.applier.journal.read()?.id)
        #expect(await fake.local.applier.watch(id) { true })
        #expect(fake.box == .scenario)
        #expect(fake.notes(journal) == nil)
    }
}
