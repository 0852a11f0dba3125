@testable import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

private let host = FakeBox.source("172.31.26.176")

/// A box and what is wanted of it.
struct Case: Sendable, CustomTestStringConvertible {
    /// What may match, as far as natdeck knows, and does match what the kernel is asked about.
    static let otherServices = RuleSelectors {
        $0.typeOfService = 0x10
        $0.isInverted = true
    }

    var name: String
    var box: FakeBox
    var intent: Intent
    var testDescription: String { name }

    static func assign(_ egress: Egress) -> Intent {
        .assign([host], egress: egress, options: AssignOptions())
    }

    static func all() async -> [Case] {
        let uncovered = with(.scenario) { $0.nat = [.nfTables: FakeBox.emptyChains] }
        let byHand = with(.scenario) {
            $0.addRule(
                RoutingPolicyRule(
                    priority: 32764, source: host, action: .lookup(table: 10001)))
        }
        let assigned = await after(uncovered, assign("eth1"))
        let setUp = await after(.bare, .setup(SetupOptions()))
        return [
            Case(name: "assign", box: uncovered, intent: assign("eth1")),
            Case(name: "take over", box: byHand, intent: assign("eth1")),
            Case(name: "move", box: assigned, intent: assign("eth0")),
            Case(name: "release", box: assigned, intent: .release([host])),
            Case(name: "setup", box: .bare, intent: .setup(SetupOptions())),
            Case(name: "remove", box: await after(setUp, assign("eth1")), intent: .removeAll),
        ]
    }

    static func with(_ box: FakeBox, _ change: (inout FakeBox) -> Void) -> FakeBox {
        var box = box
        change(&box)
        return box
    }

    static func after(_ box: FakeBox, _ intent: Intent) async -> FakeBox {
        let fake = FakeHost(box)
        do {
            let outcome = await fake.local.applier.apply(try await fake.plan(intent))
            #expect(outcome == .done)
        } catch {
            Issue.record("\(error)")
        }
        return fake.box
    }
}

@Suite struct ApplierTests {
    @Test func `the guard takes no figure for a change, the state of nf_tables neither`() async {
        let seen = await FakeHost(.scenario).snapshot()
        var later = seen
        later.takenAtMilliseconds += 1000
        later.natGeneration = 8
        later.neighbours = .value([])
        #expect(later.withoutFigures == seen.withoutFigures)
        later.nat = .value([])
        #expect(later.withoutFigures != seen.withoutFigures)
    }

    @Test func `carries out every kind of plan`() async throws {
        for item in await Case.all() {
            let fake = FakeHost(item.box)
            let plan = try await fake.plan(item.intent)
            #expect(await fake.local.applier.apply(plan) == .done, "\(item.name)")
            #expect(fake.unknown == [])
            #expect(try await fake.plan(item.intent).isEmpty, "\(item.name)")
        }
    }

    @Test(arguments: [FakeHost.Fault.refused, .hungBefore, .hungAfter, .diedAfter])
    func `leaves the host as it was when a step fails`(fault: FakeHost.Fault) async throws {
        for item in await Case.all() {
            let count = try await FakeHost(item.box).plan(item.intent).steps.count
            for failing in 0..<count {
                let fake = FakeHost(item.box)
                let plan = try await fake.plan(item.intent)
                // The double's files refuse at once; they do not hang.
                fake.fail(at: failing, fault)
                let outcome = await fake.local.applier.apply(plan)
                #expect(fake.unknown == [])
                if plan.steps[failing].mayFail {
                    #expect(outcome == .done, "\(item.name) at \(failing)")
                    continue
                }
                guard case .rolledBack(let failure) = outcome else {
                    Issue.record("\(item.name) at \(failing): \(outcome)")
                    continue
                }
                // Of one transaction of iptables nobody knows which line it was.
                let row = StepBatch.rows(of: plan.steps.map(\.action)).first {
                    $0.contains(failing) && plan.steps[failing].action.isOfNAT
                }
                #expect(failure.object == "\(plan.steps[row?.lowerBound ?? failing].action)")
                #expect(fake.box.ordered == item.box.ordered, "\(item.name) at \(failing)")
            }
        }
    }

    @Test func `lists what could not be taken back, with the command`() async throws {
        for item in await Case.all() {
            let fake = FakeHost(item.box)
            let plan = try await fake.plan(item.intent)
            // The second step that matters fails, and so does the inverse of the first.
            fake.fail(at: 1)
            fake.fail(at: 2)
            let outcome = await fake.local.applier.apply(plan)
            if plan.steps[1].mayFail { continue }
            guard case .leftovers(_, let leftovers) = outcome else {
                Issue.record("\(item.name): \(outcome)")
                continue
            }
            #expect(leftovers.map(\.command) == [plan.steps[0].inverse.map { "\($0)" } ?? ""])
            #expect(leftovers.map(\.summary) == [plan.steps[0].summary])
        }
    }

    @Test func `what somebody else took back meanwhile is no leftover`() async throws {
        for item in await Case.all() {
            let count = try await FakeHost(item.box).plan(item.intent).steps.count
            for failing in 1..<count {
                let fake = FakeHost(item.box)
                let plan = try await fake.plan(item.intent)
                if plan.steps[failing].mayFail { continue }
                // All of it: nothing that the finished steps did is there to be taken back.
                fake.before(failing) { $0 = item.box }
                fake.fail(at: failing)
                let outcome = await fake.local.applier.apply(plan)
                guard case .rolledBack = outcome else {
                    Issue.record("\(item.name) at \(failing): \(outcome)")
                    continue
                }
                #expect(fake.box.ordered == item.box.ordered, "\(item.name) at \(failing)")
            }
        }
    }

    @Test func `a step without an answer whose inverse has none either is a leftover`() async throws
    {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        fake.fail(at: 0, .hungAfter)
        fake.fail(at: 1, .hungBefore)
        guard case .leftovers(_, let leftovers) = await fake.local.applier.apply(plan) else {
            Issue.record("no leftover is told of")
            return
        }
        #expect(
            leftovers.map(\.command) == plan.steps.prefix(1).map { "\($0.inverse ?? $0.action)" })
    }

    @Test func `refuses a plan whose box has changed, and touches nothing`() async throws {
        let changes: [@Sendable (inout FakeBox) -> Void] = [
            {
                $0.addRule(
                    RoutingPolicyRule(priority: 9, source: host, action: .lookup(table: 10001)))
            },
            { $0.interfaces[2].state = .down },
            { $0.addNAT(NATRule(target: "ACCEPT", source: "172.31.26.176")) },
            { $0.nat = [.nfTables: FakeBox.emptyChains] },
            { $0.sysctls["net.ipv4.ip_forward"] = 0 },
        ]
        for (number, change) in changes.enumerated() {
            let start = Case.with(.scenario) { box in
                for chain in box.nat[.nfTables]?.indices ?? 0..<0 {
                    box.nat[.nfTables]?[chain].rules.reverse()
                }
                // Something to exempt before.
                if number == 2 { box.nat = [.nfTables: FakeBox.emptyChains] }
            }
            let fake = FakeHost(start)
            let plan = try await fake.plan(Case.assign("eth1"))
            change(&fake.box)
            let before = fake.box
            switch await fake.local.applier.apply(plan) {
            case .stale(let fresh): #expect(fresh != plan, "\(number)")
            case .refused: break
            case let outcome:
                Issue.record("\(number): \(outcome)")
                continue
            }
            #expect(fake.box == before, "\(number)")
            #expect(fake.log == [], "\(number)")
        }
    }

    @Test func `counters that move do not make a plan stale`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        fake.box.nat[.nfTables]?[3].rules[0].packets += 7
        fake.box.nat[.nfTables]?[3].packets = 9
        #expect(await fake.local.applier.apply(plan) == .done)
    }

    @Test func `takes back what the kernel does not confirm`() async throws {
        // A foreign rule comes first and sends what has another type of service elsewhere: the plan
        // says so.
        let box = Case.with(.scenario) {
            $0.addRule(
                RoutingPolicyRule(
                    priority: 9, action: .lookup(table: FIBTable.main),
                    selectors: Case.otherServices))
        }
        let fake = FakeHost(box)
        let plan = try await fake.plan(Case.assign("eth1"))
        #expect(plan.doubts.count == 1)
        guard case .rolledBack(let failure) = await fake.local.applier.apply(plan) else {
            Issue.record("it was not taken back")
            return
        }
        #expect(failure.object == "ip route get 192.0.2.9 from 172.31.26.176 iif eth0")
        #expect(failure.reason == "the kernel sends it out of eth0 and not of eth1")
        #expect(fake.box.ordered == box.ordered)
    }

    @Test func `the kernel is asked too where there is nothing to do`() async throws {
        let fake = FakeHost(await Case.after(.scenario, Case.assign("eth1")))
        let agreed = try await fake.plan(Case.assign("eth1"))
        #expect(agreed.isEmpty)
        #expect(await fake.local.applier.objection(to: agreed) == nil)
        fake.box.addRule(
            RoutingPolicyRule(
                priority: 9, action: .lookup(table: FIBTable.main),
                selectors: Case.otherServices))
        let plan = try await fake.plan(Case.assign("eth1"))
        #expect(plan.isEmpty)
        #expect(plan.title == "172.31.26.176 is already assigned to eth1")
        #expect(
            await fake.local.applier.objection(to: plan)?.reason
                == "the kernel sends it out of eth0 and not of eth1")
    }

    @Test func `a network is verified by a host no narrower rule sends elsewhere`() async throws {
        let fake = FakeHost(.scenario)
        let first = FakeBox.source("172.31.26.1")
        for intent in [
            Intent.assign([first], egress: "eth0", options: AssignOptions()),
            .assign([FakeBox.source("172.31.26.0/24")], egress: "eth1", options: AssignOptions()),
        ] {
            let plan = try await fake.plan(intent)
            #expect(await fake.local.applier.apply(plan) == .done)
        }
    }

    @Test func `releases while the box forwards nothing`() async throws {
        var box = await Case.after(.scenario, Case.assign("eth1"))
        box.sysctls["net.ipv4.ip_forward"] = 0
        let fake = FakeHost(box)
        let plan = try await fake.plan(.release([host]))
        #expect(await fake.local.applier.apply(plan) == .done)
    }

    @Test func `a rule made meanwhile by somebody else is never deleted`() async throws {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        let number = try #require(
            plan.steps.firstIndex { "\($0.action)".contains("from 172.31.26.176") })
        let theirs = RoutingPolicyRule(
            priority: 5000, source: host, action: .lookup(table: 20001), protocolNumber: 201)
        fake.before(number) { $0.addRule(theirs) }
        guard case .rolledBack(let failure) = await fake.local.applier.apply(plan) else {
            Issue.record("it was not taken back")
            return
        }
        #expect(failure.reason.contains("File exists"))
        #expect(fake.box == Case.with(.scenario) { $0.addRule(theirs) })
    }

    @Test func `a program that a later step needs is missed before the first step`() async throws {
        let fake = FakeHost(.bare)
        let plan = try await fake.plan(.setup(SetupOptions()))
        fake.uninstall("iptables-nft")
        guard case .refused(let refusal) = await fake.local.applier.apply(plan) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.reason == "iptables-nft is not installed")
        #expect(refusal.fix == "apt-get install iptables")
        #expect(fake.box == .bare)
        #expect(fake.log == [])
    }

    @Test func `a kernel that follows no flows keeps no host from moving`() async throws {
        let fake = FakeHost(.scenario)
        fake.box.unreadable.insert("conntrack -L")
        let plan = try await fake.plan(Case.assign("eth1"))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(await fake.local.liveConnections(of: [host]) == nil)
    }

    @Test func `counts and ends the live connections of a host`() async throws {
        let fake = FakeHost(Case.with(.scenario) { $0.flows = [host] })
        #expect(await fake.local.liveConnections(of: [host])?[host]?.count == 1)
        let plan = try await fake.plan(Case.assign("eth1"))
        #expect(await fake.local.applier.apply(plan) == .done)
        #expect(fake.box.flows == [host])
        let cut = try await fake.plan(.release([host], cuts: true))
        #expect(await fake.local.applier.apply(cut) == .done)
        #expect(fake.box.flows == [])
    }
}

extension Step.Action {
    fileprivate var isOfNAT: Bool { command?.program.hasPrefix("iptables") == true }
}
