import NATModel
import NATParse
import NATPlan

/// Adds and deletes rules of ours in one nat table.
///
/// One rule is written as a person would write it; several go through iptables-restore(8) in one
/// transaction, of which either all or nothing is done.
struct NATWriter: Sendable {
    let runner: any CommandRunner
    /// Such as `iptables-nft`.
    let program: String

    /// How long a call may take, the wait for the xtables lock included.
    private static let deadline = Duration.seconds(20)

    /// How the wait for the xtables lock is asked for: from iptables 1.4.21 on with seconds, in
    /// 1.4.20 without, and before that not at all.
    private static let waits: [[String]] = [["-w", "5"], ["-w"], []]

    func take(_ actions: [Step.Action], again: Bool) async -> StepRunner.Report {
        if program == NATRuleSet.nft { return await writeByNFT(actions) }
        guard again else { return await write(actions) }
        // What is so already must not be done twice: `-A` would add a second rule.
        var missing: [Step.Action] = []
        switch await present() {
        case .failed(let failure): return StepRunner.Report(done: 0, failure: failure)
        case .value(let present):
            for action in actions where !Self.isSo(action, present) { missing.append(action) }
        }
        let report = await write(missing)
        guard let failure = report.failure else { return .all(actions.count) }
        // The first that is not done stands for the place among all.
        let place =
            missing.indices.contains(report.done)
            ? actions.firstIndex(of: missing[report.done]) ?? 0 : 0
        return StepRunner.Report(done: place, failure: failure)
    }

    /// Carries them out in one transaction, and takes the table away with its last element.
    private func writeByNFT(_ actions: [Step.Action]) async -> StepRunner.Report {
        let isDeleting = actions.contains { if case .deleteMasquerade = $0 { true } else { false } }
        do throws(CommandFailure) {
            let reply = try await runner.run(
                Command(NATRuleSet.nft, "-f", "-"), input: NFTMasquerade.script(actions),
                deadline: Self.deadline)
            guard reply.status == 0 else {
                return StepRunner.Report(
                    done: 0,
                    failure: StepRunner.Failure(
                        reason: reply.complaint,
                        perhapsDone: reply.status > 128 ? actions.count : 0,
                        isPermission: Applier.isPermission(reply.complaint)))
            }
            guard isDeleting else { return .all(actions.count) }
            let listed = try await runner.run(
                NFTMasquerade.listing, input: nil, deadline: Self.deadline)
            let isEmpty = !String(decoding: listed.output, as: UTF8.self).contains("elements")
            if listed.status == 0, isEmpty {
                _ = try await runner.run(
                    NFTMasquerade.removal, input: nil, deadline: Self.deadline)
            }
            return .all(actions.count)
        } catch {
            return StepRunner.Report(
                done: 0,
                failure: StepRunner.Failure(
                    reason: error.readFailure.reason,
                    perhapsDone: error.mayHaveRun ? actions.count : 0))
        }
    }

    private enum Present {
        case value(Set<Rule>)
        case failed(StepRunner.Failure)
    }

    /// What tells rules of ours apart.
    private struct Rule: Hashable {
        var source: IPv4Prefix
        var interface: String
    }

    private static func isSo(_ action: Step.Action, _ present: Set<Rule>) -> Bool {
        switch action {
        case .addMasquerade(let rule, _):
            present.contains(Rule(source: rule.source, interface: rule.interface))
        case .deleteMasquerade(let rule):
            !present.contains(Rule(source: rule.source, interface: rule.interface))
        default: false
        }
    }

    /// The rules of ours that the table holds now.
    private func present() async -> Present {
        let command = NATListing.command(program)
        do throws(CommandFailure) {
            let reply = try await runner.run(command, input: nil, deadline: Self.deadline)
            guard reply.status == 0 else {
                return .failed(StepRunner.Failure(reason: reply.complaint))
            }
            let chains: [NATChain]
            do throws(ParseError) { chains = try NATListing.parse(reply.output) } catch {
                return .failed(StepRunner.Failure(reason: error.description))
            }
            let rules = chains.first { $0.name == "POSTROUTING" }?.rules ?? []
            return .value(
                Set(
                    rules.filter { $0.isOwned && $0.target == "MASQUERADE" }.compactMap { rule in
                        IPv4Prefix(rule.source).map { Rule(source: $0, interface: rule.output) }
                    }))
        } catch {
            return .failed(StepRunner.Failure(reason: error.readFailure.reason))
        }
    }

    private func write(_ actions: [Step.Action]) async -> StepRunner.Report {
        let restore = "\(program)-restore"
        if actions.count > 1, runner.isInstalled(restore) {
            let lines = actions.compactMap(Self.line)
            let input = (["*nat"] + lines + ["COMMIT"]).joined(separator: "\n") + "\n"
            let failure = await run({ [restore] + $0 + ["--noflush"] }, input: input)
            return StepRunner.Report(
                done: failure == nil ? actions.count : 0,
                failure: failure.map { failure in
                    var failure = failure
                    // The program's one transaction held all of them.
                    if failure.perhapsDone > 0 { failure.perhapsDone = actions.count }
                    return failure
                })
        }
        for (place, action) in actions.enumerated() {
            guard let words = Self.words(action) else { continue }
            if let failure = await run({ [program] + $0 + ["-t", "nat"] + words }, input: nil) {
                return StepRunner.Report(done: place, failure: failure)
            }
        }
        return .all(actions.count)
    }

    /// Runs a program with the wait it understands. What it exits with where it does not know the
    /// option is 2, and 1 of iptables-restore: then it has done nothing, and may be asked again.
    private func run(
        _ words: ([String]) -> [String], input: String?
    ) async -> StepRunner.Failure? {
        var failure: StepRunner.Failure?
        for wait in Self.waits {
            do throws(CommandFailure) {
                let reply = try await runner.run(
                    Command(words(wait)), input: input, deadline: Self.deadline)
                if reply.status == 0 { return nil }
                if reply.status > 128 {
                    return StepRunner.Failure(reason: reply.complaint, perhapsDone: 1)
                }
                let refusal = StepRunner.Failure(
                    reason: reply.complaint, isPermission: Applier.isPermission(reply.complaint))
                // What the first one says is what it says of everything but the option.
                if failure == nil || !wait.isEmpty { failure = refusal }
                guard reply.status == 2 || input != nil && reply.status == 1 else { return refusal }
            } catch {
                return StepRunner.Failure(
                    reason: error.readFailure.reason, perhapsDone: error.mayHaveRun ? 1 : 0)
            }
        }
        return failure
    }

    private static func words(_ action: Step.Action) -> [String]? {
        switch action {
        case .addMasquerade(let rule, nil): ["-A", "POSTROUTING"] + rule.words
        case .addMasquerade(let rule, let position?):
            ["-I", "POSTROUTING", "\(position)"] + rule.words
        case .deleteMasquerade(let rule): ["-D", "POSTROUTING"] + rule.words
        default: nil
        }
    }

    /// The words as a line for iptables-restore(8), which splits at spaces and takes quotes.
    private static func line(_ action: Step.Action) -> String? {
        words(action)?.map { word in
            let isPlain = word.utf8.allSatisfy {
                $0 > 32 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                    && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "#")
            }
            if isPlain { return word }
            let inner = word.flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }
            return "\"\(inner)\""
        }.joined(separator: " ")
    }
}
