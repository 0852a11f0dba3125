import FoundationEssentials
import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// Plans as readable text, kept in files beside the tests.
///
/// `NATDECK_RECORD=1 swift test` writes them anew; read the difference before you keep it.
enum Golden {
    static func text(_ plan: Plan) -> String {
        var lines = [plan.title]
        lines += plan.warnings.map { "! \($0)" }
        lines += plan.doubts.map { "? \($0)" }
        lines += plan.movesOthers.map { "moves others: \($0)" }
        for (number, step) in zip(1..., plan.steps) {
            lines += ["\(number). \(step.summary)\(step.mayFail ? " (may fail)" : "")"]
            lines += ["   do    \(step.action)"]
            lines += ["   undo  \(step.inverse.map { "\($0)" } ?? "-")"]
        }
        lines += plan.verifications.map { "= \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    static func path(_ name: String) -> String {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return (folder + ["Golden", "\(name).txt"]).joined(separator: "/")
    }

    static func expect(
        _ plan: Plan, is name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let made = text(plan)
        if ProcessInfo.processInfo.environment["NATDECK_RECORD"] != nil {
            try Data(made.utf8).write(to: URL(filePath: path(name)))
            return
        }
        let kept = String(
            decoding: try Data(contentsOf: URL(filePath: path(name))), as: UTF8.self)
        #expect(made == kept, "\(name)", sourceLocation: sourceLocation)
    }
}

/// Carries out a plan on a host without checks; every step must succeed.
func carryOut(_ plan: Plan, on host: FakeHost) async throws {
    for step in plan.steps { try await perform(step.action, on: host, mayFail: step.mayFail) }
    #expect(host.unknown == [])
}

/// Does or undoes one step.
func perform(_ action: Step.Action, on host: FakeHost, mayFail: Bool = false) async throws {
    switch action {
    case .write(let path, let contents): try host.write(contents, to: path)
    case .remove(let path): try host.remove(path)
    case .routing(let change):
        let report = await host.change([change], tolerating: [])
        #expect(report.failure == nil || mayFail, "\(change): \(report.failure?.reason ?? "")")
    case .setGate(let gate):
        let failure = await host.make(gate)
        #expect(failure == nil, "\(action): \(failure?.reason ?? "")")
    case .endFlows(let selection):
        let ended = await host.endFlows([selection])
        #expect(ended.failure == nil, "\(selection.source): \(ended.failure?.reason ?? "")")
    case .markConnections(let marks):
        let marked = await host.mark(of: nil, marks.choice)
        #expect(marked.failure == nil, "\(marked.failure?.reason ?? "")")
    case .forgetMarks(let mask):
        let forgotten = await host.mark(of: nil) { _ in PacketMark(0, mask: mask) }
        #expect(forgotten.failure == nil, "\(forgotten.failure?.reason ?? "")")
    default:
        let command = try #require(action.command)
        let reply = try await host.run(command)
        #expect(reply.status == 0 || mayFail, "\(command): \(reply.error)")
    }
}

func assign(
    _ sources: String..., to egress: Egress, adopting: Bool = false, via: String? = nil
) -> Intent {
    .assign(
        sources.map(FakeBox.source), egress: egress,
        options: AssignOptions(adoptsTables: adopting, gateway: via.flatMap { IPv4Address($0) }))
}

func release(_ sources: String...) -> Intent { .release(sources.map(FakeBox.source)) }
