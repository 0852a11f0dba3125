import ArgumentParser
import FoundationEssentials
import NATHost
import NATModel
import NATPlan

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Every change that was tried, and how it ended.",
        discussion: "Example: natdeck history --last 5")

    @Option(help: "How many, counted from the last.")
    var last = 20

    @Flag(help: "Print the entries as they are kept, one JSON object a line.")
    var json = false

    func run() async throws {
        let box = LocalBox.system()
        await PendingFlow.tellUnfinished(box)
        let history = box.applier.history
        do {
            let contents = try history.contents()
            if contents.unread > 0 {
                complain("\(History.path): \(contents.unread) lines cannot be read")
            }
            let shown = contents.entries.suffix(max(last, 0))
            StandardStream.output.write(json ? try Self.json(shown) : Self.text(shown))
        } catch let failure as ReadFailure {
            complain("\(failure)", fix: failure.fix)
            throw ExitStatus.failed.code
        }
    }

    private static func json(_ entries: ArraySlice<History.Entry>) throws -> String {
        try entries.map { try $0.line + "\n" }.joined()
    }

    private static func text(_ entries: ArraySlice<History.Entry>) -> String {
        guard !entries.isEmpty else { return "no change was made yet\n" }
        let rows = entries.map { entry in
            [
                entry.at.formatted(.iso8601), "\(entry.outcome.rawValue) by \(entry.by)",
                "\(entry.author.login)\(entry.author.sshPeer.map { " from \($0)" } ?? "")",
                entry.plan.title + (entry.reason.map { " (\($0))" } ?? ""),
            ]
        }
        return TextTable(["WHEN", "ENDED", "WHO", "CHANGE"]).lines(rows).joined(separator: "\n")
            + "\n"
    }
}

struct UndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Plan the inverse of the last change that stands.",
        discussion: "Example: natdeck undo --dry-run")

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        let box = LocalBox.system()
        let entry: History.Entry
        let intent: Intent
        do throws(PlanRefusal) {
            (entry, intent) = try box.applier.history.undo()
        } catch {
            throw refusal(error)
        }
        try await ChangeFlow(box: box, options: options, undoes: entry.id).run(intent)
    }
}
