internal import NATModel
internal import NATScreen

/// An entry of the log with nothing left out: what was run for it, and how each command ended.
struct LogDetails {
    /// How far clocks of the box are ahead of UTC, in seconds.
    let utcOffsetSeconds: Int

    /// No more commands than this are told one by one.
    private static let most = 200

    /// Its lines.
    func lines(_ entry: LogBook.Entry) -> [TextLine] {
        switch entry.what {
        case .changed(let change): changed(change)
        case .open(let change):
            rows([
                ("When", at(entry.atMilliseconds)), ("What", LogStory(entry.what).what),
                ("Who", change.author ?? "this natdeck"),
            ]) + commands(change.runs)
        case .happened(let deed):
            rows(
                [("When", at(entry.atMilliseconds)), ("What", deed.what)]
                    + [("Who", deed.author?.description), ("So", deed.effect)].compactMap {
                        word, text in
                        text.map { (word, $0) }
                    })
                + (deed.sources.count > 1
                    ? [.blank] + deed.sources.map { TextLine("\($0)", indent: 2) } : [])
        case .drifted(let lines):
            rows([("When", at(entry.atMilliseconds))]) + [.blank]
                + (lines.isEmpty ? ["every host leaves as it was kept"] : lines).map {
                    TextLine($0)
                }
        case .read(let readings): read(readings)
        }
    }

    private func changed(_ change: LogBook.Change) -> [TextLine] {
        let past = change.past
        var told = [
            ("When", at(past.atMilliseconds)), ("Change", past.title),
            ("Ended", "\(past.ending.words) by \(past.by)"), ("Who", past.author),
        ]
        if let reason = past.reason { told.append(("Why", reason)) }
        if let proof = change.proof { told.append(("Proof", proof)) }
        told.append(("Name", past.id))
        if let undone = past.undoes { told.append(("Undoes", undone)) }
        if !change.runs.isEmpty { return rows(told) + steps(of: change) }
        guard !past.commands.isEmpty else { return rows(told) }
        // How each went only the process knew that ran them.
        return rows(told) + [.blank, TextLine("Its steps:", Style(.heading))]
            + past.commands.map { TextLine($0, indent: 2, hanging: 4) }
            + (past.moreCommands > 0
                ? [TextLine("… and \(past.moreCommands) more", Style(.dim), indent: 2)] : [])
    }

    /// What was run to read the box: each command with how often, how long and how it ended last.
    private func read(_ readings: Readings) -> [TextLine] {
        let since = readings.sinceMilliseconds.map { [("Since", at($0))] } ?? []
        return rows(since)
            + readings.runs.reversed().flatMap { runs -> [TextLine] in
                let often =
                    "×\(runs.times), longest \(Self.took(runs.longestMicroseconds)), last"
                    + " \(at(runs.last.startedAtMilliseconds))"
                return [.blank] + command(runs.last) + [TextLine(often, Style(.dim), indent: 4)]
            }
    }

    /// The steps in the order of the plan, each with how it ended, and then what was run beside them.
    private func steps(of change: LogBook.Change) -> [TextLine] {
        let runs = change.runs
        var places = Dictionary(grouping: runs.indices) { runs[$0].command.description }
        var rest = Set(runs.indices)
        var lines: [TextLine] = []
        for step in change.past.commands {
            if let place = places[step]?.first {
                places[step]?.removeFirst()
                rest.remove(place)
                lines += command(runs[place])
            } else {
                // No program and no rule or route: the kernel was asked in one transaction.
                let sign = change.past.ending == .kept ? "✓" : "·"
                lines.append(TextLine("\(sign) \(step)", indent: 2, hanging: 4))
            }
        }
        return [.blank, Self.heading] + lines + listed(rest.sorted().map { runs[$0] })
    }

    private static let heading = TextLine(
        "Its commands, and how each ended:", Style(.heading))

    private func commands(_ runs: [CommandRun]) -> [TextLine] {
        runs.isEmpty ? [] : [.blank, Self.heading] + listed(runs)
    }

    /// Commands one by one; of a great many the first, and those that failed.
    private func listed(_ runs: [CommandRun]) -> [TextLine] {
        let bad = runs.dropFirst(Self.most).filter { !$0.isGood }
        let rest = runs.count - min(runs.count, Self.most)
        let more = rest > 0 ? [TextLine("… and \(rest) more, those that failed:", indent: 2)] : []
        return runs.prefix(Self.most).flatMap(command) + more
            + bad.prefix(Self.most).flatMap(command)
    }

    /// A command, how it ended, and what it said.
    private func command(_ run: CommandRun) -> [TextLine] {
        let took = Self.took(run.microseconds)
        let words = run.command.description.strippedOfControls
        var said: [String] = []
        var ending = ""
        switch run.ending {
        case .exited(let status, let error):
            if status != 0 { ending = "exit \(status), " }
            said = error.split(separator: "\n").map { String($0).strippedOfControls }
        case .failed(let reason): said = [reason.strippedOfControls]
        }
        let sign = run.isGood ? "✓" : "✗"
        return [
            TextLine(
                "\(sign) \(words)  (\(ending)\(took))", Style(run.isGood ? .normal : .bad),
                indent: 2, hanging: 4)
        ] + said.map { TextLine($0, Style(.warning), indent: 4) }
    }

    private func at(_ time: Int64) -> String {
        Moment(milliseconds: time, utcOffsetSeconds: utcOffsetSeconds).text
    }

    private func rows(_ rows: [(String, String)]) -> [TextLine] {
        rows.map { TextLine("\($0.0.fitted(7)) \($0.1)", hanging: 8) }
    }

    /// `4.2 ms`, `1.3 s`.
    static func took(_ microseconds: Int64) -> String {
        let milliseconds = Double(max(microseconds, 0)) / 1000
        return milliseconds < 999.95
            ? "\(Figure.oneDecimal(milliseconds)) ms"
            : "\(Figure.oneDecimal(milliseconds / 1000)) s"
    }
}

extension CommandRun {
    /// Whether it ended as it was to.
    fileprivate var isGood: Bool { status == 0 }
}
