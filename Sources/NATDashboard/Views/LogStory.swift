internal import NATModel
internal import NATScreen

/// An entry of the log in words: a sign, who it was, what happened.
struct LogStory {
    /// The sign of how it ended.
    let sign: TableCell
    /// Who did it; empty where nobody tells.
    let who: String
    /// What happened, without who did it.
    let what: String
    /// The same with who did it, as one sentence.
    let sentence: String
    /// Whether it changed nothing.
    var isDim = false
    /// What was run for it, with what was said: what opens behind the line, and can be looked for.
    var commands: [String] = []

    /// The story of an entry.
    init(_ what: LogBook.What) {
        switch what {
        case .changed(let change): self.init(change)
        case .open(let change): self.init(change)
        case .happened(let deed):
            let isHarmless = deed.effect == nil && deed.sources.isEmpty
            self.init(
                isHarmless ? TableCell("○") : TableCell("≠", Style(.warning)),
                who: deed.author?.brief ?? "", what: deed.sentence(namesAuthor: false),
                sentence: deed.sentence(namesAuthor: true))
        case .drifted(let lines):
            let first = lines.first ?? "every host leaves as it was kept"
            self.init(
                lines.isEmpty ? TableCell("✓", Style(.good)) : TableCell("≠", Style(.warning)),
                who: "", what: first + (lines.count > 1 ? ", and \(lines.count - 1) more" : ""))
        case .read(let readings):
            let count = Figure.count(readings.runs.count, "command")
            self.init(
                TableCell("·", Style(.dim)), who: "natdeck",
                what: "reads the box by \(count), \(Figure.count(readings.count, "run"))")
            isDim = true
            commands = readings.runs.flatMap { Self.words($0.last) }
        }
    }

    private init(_ sign: TableCell, who: String, what: String, sentence: String? = nil) {
        self.sign = sign
        self.who = who
        self.what = what
        self.sentence = sentence ?? what
    }

    private init(_ change: LogBook.Change) {
        let past = change.past
        let person = past.person ?? past.author
        let reason = past.reason.map { ": \($0)" } ?? ""
        let proof = change.proof.map { "; \($0)" } ?? ""
        let cause =
            switch past.by {
            case "timer": " by the timer"
            case "guard": " by the guard"
            case "recover": " by natdeck recover"
            default: ""
            }
        if past.isRestoration {
            // Of a restoration the cause is the news, and names the likely culprit.
            self.init(
                Self.sign(past.ending), who: "guard",
                what: "put back: \(past.reason ?? past.title)")
        } else {
            let deed = "\(past.deed ?? past.title), \(past.ending.words)"
            let whom = cause.isEmpty ? " by \(person)" : "\(cause), begun by \(person)"
            self.init(
                Self.sign(past.ending), who: person, what: "\(deed)\(cause)\(reason)\(proof)",
                sentence: "\(deed)\(whom)\(reason)\(proof)")
        }
        // What was run tells more than what was planned.
        commands = change.runs.isEmpty ? past.commands : change.runs.flatMap(Self.words)
    }

    private init(_ change: OpenChange) {
        let state =
            switch change.state {
            case .underWay: "under way"
            case .awaitsKeep: "awaits its keep"
            case .unfinished: "not finished, and nobody is at it"
            case .untold: "over; how it ended the history does not tell"
            }
        let deed = change.deed ?? Figure.count(change.runs.count, "command")
        let person = change.person ?? change.author
        let whom = person.map { ", begun by \($0)" } ?? ""
        let proof = change.proof.map { "; \($0)" } ?? ""
        self.init(
            TableCell("…", Style(.warning)), who: person ?? "natdeck",
            what: "\(deed), \(state)\(proof)", sentence: "\(deed), \(state)\(whom)\(proof)")
        commands = change.runs.flatMap(Self.words)
    }

    /// The line that stands beside others, with its sign.
    var line: TextLine { TextLine("\(sign.text) \(sentence)", sign.style) }

    private static func sign(_ ending: PastChange.Ending) -> TableCell {
        switch ending {
        case .kept: TableCell("✓", Style(.good))
        case .reverted: TableCell("←", Style(.warning))
        case .rolledBack, .leftovers: TableCell("✗", Style(.bad))
        }
    }

    private static func words(_ run: CommandRun) -> [String] {
        let command = run.command.description.strippedOfControls
        switch run.ending {
        case .exited(_, let error): return error.isEmpty ? [command] : [command, error]
        case .failed(let reason): return [command, reason]
        }
    }
}

extension PastChange.Ending {
    /// In a few words.
    var words: String {
        switch self {
        case .kept: "kept"
        case .reverted: "taken back"
        case .rolledBack: "failed and taken back"
        case .leftovers: "failed, with leftovers"
        }
    }
}
