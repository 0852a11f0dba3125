import FoundationEssentials
import NATDashboard
import NATHost
import NATModel
import NATPlan
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// What the log of the dashboard has to be told, gathered where the box is read anyway.
///
/// It costs a look at a file's size, and no waking of its own.
final class LogNews: Sendable {
    private let log: CommandLog
    private let state: Mutex<State>

    private struct State {
        var tail: HistoryTail
        /// How many lines of the history could not be understood.
        var unread = 0
        /// What was told last of why the history is not whole.
        var complaint: ReadFailure?
    }

    init(log: CommandLog) {
        self.log = log
        state = Mutex(State(tail: HistoryTail(files: SystemFiles())))
    }

    /// What is new since the last time.
    func messages() -> [Message] {
        var messages: [Message] = []
        state.withLock { state in
            var complaint: ReadFailure?
            do throws(ReadFailure) {
                let news = try state.tail.news()
                if !news.entries.isEmpty {
                    messages.append(.changesEnded(news.entries.map(PastChange.init)))
                }
                state.unread += news.unread
                complaint = state.unread == 0 ? nil : Self.unread(state.unread)
            } catch {
                complaint = error
            }
            if complaint != state.complaint {
                state.complaint = complaint
                messages.append(.historyComplained(complaint))
            }
            if let isRunning = state.tail.newsOfGuard() {
                messages.append(.guardSeen(isRunning: isRunning))
            }
        }
        // Looked for after the changes and told before them: who hears that a change ended has heard of
        // all its steps.
        let runs = log.drain()
        return (runs.isEmpty ? [] : [.commandsRan(runs)]) + messages
    }

    private static func unread(_ count: Int) -> ReadFailure {
        ReadFailure(
            History.path, "\(count) line\(count == 1 ? "" : "s") of it cannot be understood")
    }
}

extension PastChange {
    /// The change of an entry of the history.
    fileprivate init(_ entry: History.Entry) {
        let ending: Ending =
            switch entry.outcome {
            case .kept: .kept
            case .reverted: .reverted
            case .rolledBack: .rolledBack
            case .leftovers: .leftovers
            }
        // A plan can have thousands of steps, and the log is to stay small.
        let shown = entry.plan.steps.prefix(100).map { "\($0.action)".strippedOfControls }
        self.init(
            id: entry.id.strippedOfControls,
            atMilliseconds: Int64(entry.at.timeIntervalSince1970) * 1000,
            title: entry.plan.title.strippedOfControls, ending: ending,
            by: entry.by.strippedOfControls, author: entry.author.description.strippedOfControls,
            reason: entry.reason?.strippedOfControls,
            commands: shown,
            undoes: entry.undoes?.strippedOfControls, sources: entry.plan.sources,
            deed: entry.plan.deed.strippedOfControls,
            person: entry.author.person.strippedOfControls, isOwn: entry.author.process == getpid())
        moreCommands = entry.plan.steps.count - shown.count
    }
}
