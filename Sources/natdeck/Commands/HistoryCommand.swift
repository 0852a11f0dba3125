import ArgumentParser
import FoundationEssentials
import NATHost
import NATModel
import NATPlan
import NATScreen

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
            if json {
                StandardStream.output.write(Array(try Self.json(shown).utf8))
            } else {
                StandardStream.output.write(Self.text(shown))
            }
        } catch let failure as ReadFailure {
            complain("\(failure)", fix: failure.fix)
            throw ExitStatus.failed.code
        }
    }

    private static func json(_ entries: ArraySlice<History.Entry>) throws -> String {
        try entries.map { try $0.line + "\n" }.joined()
    }

    /// In UTC, to the second.
    private static func moment(_ date: Date) -> String {
        let moment = Moment(
            milliseconds: Int64(date.timeIntervalSince1970 * 1000), utcOffsetSeconds: 0)
        return "\(moment.date)T\(moment.clock)Z"
    }

    private static func text(_ entries: ArraySlice<History.Entry>) -> String {
        guard !entries.isEmpty else { return "no change was made yet\n" }
        let rows = entries.map { entry in
            [
                Self.moment(entry.at), "\(entry.outcome.rawValue) by \(entry.by)",
                "\(entry.author.login)\(entry.author.sshPeer.map { " from \($0)" } ?? "")",
                entry.plan.title + (entry.reason.map { " (\($0))" } ?? ""),
            ]
        }
        return TextTable(["WHEN", "ENDED", "WHO", "CHANGE"]).lines(rows).joined(separator: "\n")
            + "\n"
    }
}
