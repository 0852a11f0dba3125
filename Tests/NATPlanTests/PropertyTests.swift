import FoundationEssentials
import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// What holds for every plan, on boxes and for intents that a seed gives again.
///
/// A refused intent and a plan with nothing to do prove nothing: each property counts the plans it
/// was tried on, and wants enough of them. `NATDECK_SEEDS=5000 swift test` tries more boxes.
@Suite(.serialized) struct PropertyTests {
    private static let seeds: ClosedRange<UInt64> = {
        let given = ProcessInfo.processInfo.environment["NATDECK_SEEDS"].flatMap { UInt64($0) }
        return 1...max(given ?? 150, 150)
    }()

    /// A plan with steps, what it was made of, and the seed.
    private struct Made {
        let seed: UInt64
        let host: FakeHost
        let intent: Intent
        let plan: Plan

        /// What to say where a property does not hold.
        var text: Comment { "seed \(seed)\n\(Golden.text(plan))" }

        var isAssignment: Bool { if case .assign = intent { true } else { false } }
    }

    /// Tries a property on the plan of every seed whose intent is granted and has steps.
    ///
    /// - Parameters:
    ///   - share: how many in a hundred seeds it must have been tried on.
    ///   - isMeant: which plans it is about.
    private func each(
        atLeast share: Int, where isMeant: (Made) -> Bool = { _ in true },
        sourceLocation: SourceLocation = #_sourceLocation, _ holds: (Made) async throws -> Void
    ) async throws {
        var tried = 0
        for seed in Self.seeds {
            var random = RandomBox(seed: seed)
            let host = FakeHost(try await random.box())
            let intent = random.intent()
            let plan: Plan
            do throws(PlanRefusal) { plan = try await host.plan(intent) } catch { continue }
            let made = Made(seed: seed, host: host, intent: intent, plan: plan)
            guard !plan.isEmpty, isMeant(made) else { continue }
            tried += 1
            try await holds(made)
        }
        #expect(
            tried * 100 >= Self.seeds.count * share, "tried on \(tried) plans",
            sourceLocation: sourceLocation)
    }

    @Test func `a plan carried out leaves nothing to do`() async throws {
        try await each(atLeast: 40) { made in
            try await carryOut(made.plan, on: made.host)
            do throws(PlanRefusal) {
                let again = try await made.host.plan(made.intent)
                #expect(again.isEmpty, "\(made.text)then\n\(Golden.text(again))")
            } catch {
                // Ours is gone; what is left for the source is somebody else's.
                guard case .release = made.intent, error.reason.hasSuffix("not made by natdeck")
                else { throw error }
            }
        }
    }

    /// The fake kernel walks the rules by itself, packet by packet.
    @Test func `the way told is the one the kernel takes`() async throws {
        var sure = 0
        for seed in Self.seeds {
            var random = RandomBox(seed: seed)
            let host = FakeHost(
                try await random.box().with { $0.sysctls["net.ipv4.ip_forward"] = 1 })
            let facts = BoxFacts(await host.snapshot())
            for source in [
                "172.31.26.175", "172.31.26.176", "172.31.26.200", "10.0.3.7", "10.9.9.9",
            ] {
                let way = facts.decision(for: FakeBox.source(source))
                if !way.doubts.isEmpty { continue }
                sure += 1
                let question = RouteQuestion(
                    to: .outside, from: IPv4Address(source), input: "eth0")
                let answer = host.ways(of: [question]).first
                // Without a way the kernel refuses, and names no interface.
                #expect(
                    way.interface == answer?.value?.interface,
                    "seed \(seed): \(source): \(way), but the kernel: \(String(describing: answer))"
                )
            }
        }
        #expect(sure > 3 * Self.seeds.count, "sure of \(sure)")
    }

    @Test func `a plan taken back leaves the box as it was`() async throws {
        try await each(atLeast: 40) { made in
            let before = made.host.box.comparable
            try await carryOut(made.plan, on: made.host)
            for step in made.plan.steps.reversed() {
                if let inverse = step.inverse { try await perform(inverse, on: made.host) }
            }
            #expect(made.host.box.comparable == before, made.text)
            #expect(made.host.box.nat == before.nat)
        }
    }

    @Test func `every step counts as a change in the log, and so does its inverse`() async throws {
        try await each(atLeast: 40) { made in
            for step in made.plan.steps {
                for action in [step.action, step.inverse].compactMap(\.self) {
                    if let command = action.command { #expect(!command.isReading, "\(command)") }
                }
            }
        }
    }

    @Test func `a plan touches nothing foreign but what it takes over by name`() async throws {
        try await each(atLeast: 40) { made in
            let before = made.host.box.foreign
            try await carryOut(made.plan, on: made.host)
            var after = made.host.box.foreign
            let named = made.plan.steps.filter {
                $0.summary.hasPrefix("take over from the foreign rule")
            }
            let gone = before.rules.filter { !after.rules.contains($0) }
            #expect(gone.count == named.count)
            for rule in gone {
                guard case .assign(let sources, _, _) = made.intent, let source = rule.source else {
                    Issue.record("seed \(made.seed): \(rule.words) went")
                    continue
                }
                #expect(sources.contains(source))
            }
            after.rules = before.rules
            #expect(after == before, made.text)
        }
    }

    /// Where packets of hosts and of the box itself go, to the outside and to networks inside.
    private func ways(_ host: FakeHost, but named: [IPv4Prefix]) -> [RouteQuestion: String] {
        host.box.sysctls["net.ipv4.ip_forward"] = 1
        var questions: [RouteQuestion] = []
        for text in ["192.0.2.9", "172.31.99.9", "10.200.0.1", "192.168.7.7"] {
            let to = FakeBox.source(text).network
            for text in ["172.31.26.175", "172.31.26.176", "172.31.26.200", "10.0.3.7", "10.9.9.9"]
            {
                let source = FakeBox.source(text)
                if named.contains(where: { $0.contains(source) }) { continue }
                questions.append(RouteQuestion(to: to, from: source.network, input: "eth0"))
            }
            // The box's own addresses are moved by nobody.
            for own in ["172.31.8.207", "172.31.8.208"] {
                questions.append(RouteQuestion(to: to, from: FakeBox.source(own).network))
            }
        }
        let ways = host.ways(of: questions).map { $0.value?.interface ?? "nowhere" }
        return Dictionary(uniqueKeysWithValues: zip(questions, ways))
    }

    @Test func `nobody who was not named goes another way, unless the plan says so`() async throws {
        var others = 0
        try await each(
            atLeast: 30, where: { $0.intent != .removeAll && $0.plan.movesOthers.isEmpty }
        ) { made in
            let before = ways(made.host, but: made.plan.sources)
            others += before.count
            try await carryOut(made.plan, on: made.host)
            let after = ways(made.host, but: made.plan.sources)
            for (question, way) in before where after[question] != way {
                Issue.record(
                    "\(made.text)\(question.command): \(way), then \(after[question] ?? "")")
            }
        }
        #expect(others > 10 * Self.seeds.count / 2)
    }

    @Test func `a plan makes before it breaks`() async throws {
        try await each(atLeast: 25, where: \.isAssignment) { made in
            let kinds = made.plan.steps.map { step -> Int in
                switch step.action {
                case .addMasquerade: 0
                case .routing(.addRule): 1
                case .routing(.deleteRule(let rule)) where rule.source != nil: 2
                case .endFlows: 3
                default: -1
                }
            }.filter { $0 >= 0 }
            #expect(kinds == kinds.sorted(), made.text)
        }
    }

    @Test func `no assignment loses its NAT by a plan for others`() async throws {
        var kept = 0
        try await each(atLeast: 35, where: { $0.intent != .removeAll }) { made in
            let before = BoxFacts(await made.host.snapshot())
            try await carryOut(made.plan, on: made.host)
            let after = BoxFacts(await made.host.snapshot())
            for assignment in before.assignments where assignment.isMasqueraded == true {
                guard let same = after.assignment(of: assignment.source),
                    same.egress == assignment.egress
                else { continue }
                kept += 1
                #expect(same.isMasqueraded == true, "\(assignment.source)\n\(made.text)")
            }
        }
        #expect(kept > Self.seeds.count / 4, "\(kept)")
    }

    @Test func `a plan for some sources moves no other assignment`() async throws {
        var others = 0
        try await each(atLeast: 25, where: \.isAssignment) { made in
            let before = BoxFacts(await made.host.snapshot())
            try await carryOut(made.plan, on: made.host)
            let after = BoxFacts(await made.host.snapshot())
            for assignment in before.assignments
            where assignment.egress != nil && !made.plan.sources.contains(assignment.source) {
                others += 1
                #expect(
                    after.assignment(of: assignment.source)?.egress == assignment.egress, made.text)
            }
        }
        #expect(others > Self.seeds.count / 8, "\(others)")
    }

    @Test func `an assigned source leaves as wanted where nothing is in doubt`() async throws {
        try await each(atLeast: 25, where: { $0.isAssignment && $0.plan.doubts.isEmpty }) { made in
            guard case .assign(let sources, let egress, _) = made.intent else { return }
            try await carryOut(made.plan, on: made.host)
            let facts = BoxFacts(await made.host.snapshot())
            for source in sources {
                #expect(facts.decision(for: source).interface == egress.interface, made.text)
            }
        }
    }
}
