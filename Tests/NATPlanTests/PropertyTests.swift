import FoundationEssentials
import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// What holds for every plan, on boxes and for intents that a seed gives again.
///
/// Serialized, because a thousand cases at once would keep the deadlines of other tests waiting.
/// `NATDECK_SEEDS=5000 swift test` tries more boxes.
@Suite(.serialized) struct PropertyTests {
    private static let seeds: [UInt64] = {
        let given = ProcessInfo.processInfo.environment["NATDECK_SEEDS"].flatMap { UInt64($0) }
        return Array(1...max(given ?? 150, 1))
    }()

    /// A host, an intent and its plan; `nil` where the intent is refused.
    private func made(_ seed: UInt64) async throws -> (FakeHost, Intent, Plan)? {
        var random = RandomBox(seed: seed)
        let host = FakeHost(try await random.box())
        let intent = random.intent()
        do throws(PlanRefusal) {
            return (host, intent, try await host.plan(intent))
        } catch {
            return nil
        }
    }

    @Test(arguments: seeds)
    func `a plan carried out leaves nothing to do`(seed: UInt64) async throws {
        guard let (host, intent, plan) = try await made(seed) else { return }
        try await carryOut(plan, on: host)
        do throws(PlanRefusal) {
            let again = try await host.plan(intent)
            #expect(again.isEmpty, "\(Golden.text(plan))then\n\(Golden.text(again))")
        } catch {
            // Ours is gone; what is left for the source is somebody else's.
            guard case .release = intent, error.reason.hasSuffix("not made by natdeck") else {
                throw error
            }
        }
    }

    /// The fake kernel walks the rules by itself, packet by packet.
    @Test(arguments: seeds)
    func `the way told is the one the kernel takes`(seed: UInt64) async throws {
        var random = RandomBox(seed: seed)
        let host = FakeHost(try await random.box().with { $0.sysctls["net.ipv4.ip_forward"] = 1 })
        let snapshot = await host.snapshot()
        for source in ["172.31.26.175", "172.31.26.176", "172.31.26.200", "10.0.3.7", "10.9.9.9"] {
            let way = BoxFacts(snapshot).decision(for: FakeBox.source(source))
            if !way.doubts.isEmpty { continue }
            let question = RouteQuestion(
                to: .outside, from: IPv4Address(source), input: "eth0")
            let answer = host.ways(of: [question]).first
            // Without a way the kernel refuses, and names no interface.
            #expect(
                way.interface == answer?.value?.interface,
                "\(source): \(way), but the kernel: \(String(describing: answer))")
        }
    }

    @Test(arguments: seeds)
    func `a plan taken back leaves the box as it was`(seed: UInt64) async throws {
        guard let (host, _, plan) = try await made(seed) else { return }
        let before = host.box.comparable
        try await carryOut(plan, on: host)
        for step in plan.steps.reversed() {
            if let inverse = step.inverse { try await perform(inverse, on: host) }
        }
        #expect(host.box.comparable == before, "\(Golden.text(plan))")
        #expect(host.box.nat == before.nat)
    }

    @Test(arguments: seeds)
    func `every step counts as a change in the log, and so does its inverse`(
        seed: UInt64
    ) async throws {
        guard let (_, _, plan) = try await made(seed) else { return }
        for step in plan.steps {
            for action in [step.action, step.inverse].compactMap(\.self) {
                if let command = action.command { #expect(!command.isReading, "\(command)") }
            }
        }
    }

    @Test(arguments: seeds)
    func `a plan touches nothing foreign but what it takes over by name`(
        seed: UInt64
    ) async throws {
        guard let (host, intent, plan) = try await made(seed) else { return }
        let before = host.box.foreign
        try await carryOut(plan, on: host)
        var after = host.box.foreign
        let named = plan.steps.filter { $0.summary.hasPrefix("take over from the foreign rule") }
        let gone = before.rules.filter { !after.rules.contains($0) }
        #expect(gone.count == named.count)
        for rule in gone {
            guard case .assign(let sources, _, _) = intent, let source = rule.source else {
                Issue.record("\(rule.words) went")
                continue
            }
            #expect(sources.contains(source))
        }
        after.rules = before.rules
        #expect(after == before, "\(Golden.text(plan))")
    }

    @Test(arguments: seeds)
    func `a plan makes before it breaks`(seed: UInt64) async throws {
        guard let (_, intent, plan) = try await made(seed), case .assign = intent else { return }
        let kinds = plan.steps.map { step -> Int in
            switch step.action {
            case .addMasquerade: 0
            case .routing(.addRule): 1
            case .routing(.deleteRule(let rule)) where rule.source != nil: 2
            case .endConnections: 3
            default: -1
            }
        }.filter { $0 >= 0 }
        #expect(kinds == kinds.sorted(), "\(Golden.text(plan))")
    }

    @Test(arguments: seeds)
    func `no assignment loses its NAT by a plan for others`(seed: UInt64) async throws {
        guard let (host, intent, plan) = try await made(seed) else { return }
        if case .removeAll = intent { return }
        let before = BoxFacts(await host.snapshot()).assignments
        try await carryOut(plan, on: host)
        let after = BoxFacts(await host.snapshot()).assignments
        for assignment in before where assignment.isMasqueraded == true {
            let same = after.first { $0.source == assignment.source }
            guard let same, same.egress == assignment.egress else { continue }
            #expect(same.isMasqueraded == true, "\(assignment.source)\n\(Golden.text(plan))")
        }
    }

    @Test(arguments: seeds)
    func `a plan for some sources moves no other assignment`(seed: UInt64) async throws {
        guard let (host, intent, plan) = try await made(seed), case .assign = intent else { return }
        let before = BoxFacts(await host.snapshot()).assignments
        try await carryOut(plan, on: host)
        let after = BoxFacts(await host.snapshot()).assignments
        for assignment in before
        where assignment.egress != nil && !plan.sources.contains(assignment.source) {
            let same = after.first { $0.source == assignment.source }
            #expect(same?.egress == assignment.egress, "\(Golden.text(plan))")
        }
    }

    @Test(arguments: seeds)
    func `an assigned source leaves as wanted where no foreign rule is warned of`(
        seed: UInt64
    ) async throws {
        guard let (host, intent, plan) = try await made(seed),
            case .assign(let sources, let egress, _) = intent,
            !plan.warnings.contains(where: { $0.contains("comes first") })
        else { return }
        try await carryOut(plan, on: host)
        let snapshot = await host.snapshot()
        for source in sources {
            #expect(BoxFacts(snapshot).decision(for: source).interface == egress)
        }
    }
}
