internal import NATModel
internal import NATPlan
internal import NATScreen

extension ConfirmDialog {
    /// What the dialog says, in the order in which a person decides.
    var lines: [TextLine] {
        var lines: [TextLine] = []
        lines.append(TextLine(plan.title, Style.normal.bold))
        if let sum { lines.append(TextLine(sum)) }
        if let reason { lines.append(TextLine(reason, Style(.warning))) }
        if let warning = plan.cutWarning {
            lines += [.blank, TextLine("! \(warning), yours perhaps", Style(.bad))]
        }
        let sources = plan.touchedSources
        if !sources.isEmpty {
            let widest = sources.map(\.description.cellWidth).max() ?? 0
            lines += [.blank, Self.heading("Hosts: now → then")]
            let (told, fates) = (told, ConnectionFates(plan))
            lines += sources.flatMap { source -> [TextLine] in
                let line = TextLine(effect(on: source, width: widest), indent: 2)
                return [line] + (told.contains(source) ? largest(of: source, fates) : [])
            }
            lines += [.blank, Self.heading("Who else is touched")]
            lines += plan.movesOthers.map {
                TextLine("! \($0), which nobody named", Style(.bad), indent: 2)
            }
            if plan.movesOthers.isEmpty { lines.append(TextLine("nobody", indent: 2)) }
        }
        let warnings = plan.warnings + plan.doubts.map { "\($0): that cannot be verified" }
        if !warnings.isEmpty {
            lines += [.blank, Self.heading("Warnings")]
            lines += warnings.map { TextLine("! \($0)", Style(.warning), indent: 2) }
        }
        lines += [.blank, Self.heading("Commands")]
        for step in plan.steps {
            lines.append(TextLine("# \(step.summary)", Style(.dim), indent: 2))
            lines.append(TextLine("\(step.action)", indent: 2))
        }
        lines += [.blank, Self.heading("Verified afterwards")]
        lines += plan.verifications.map { TextLine("· \($0)", indent: 2) }
        if plan.verifications.isEmpty { lines.append(TextLine("nothing", Style(.dim), indent: 2)) }
        lines += [.blank, Self.heading("Undone by")]
        // The last step is taken back first.
        let inverses = plan.steps.reversed().compactMap(\.inverse)
        lines += inverses.map { TextLine("\($0)", indent: 2) }
        if inverses.isEmpty {
            lines.append(TextLine("nothing: it cannot be undone", Style(.dim), indent: 2))
        }
        return lines
    }

    /// Of so many hosts the largest connections are told one by one: those with the most.
    private static let mostTold = 10

    /// The hosts whose largest connections are told.
    private var told: Set<IPv4Prefix> {
        let counted = connections.compactMap { source, live in live.map { (source, $0.count) } }
        let most = counted.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(Self.mostTold)
        return Set(most.map(\.0))
    }

    /// The largest connections of a host, and what becomes of all it has.
    private func largest(of source: IPv4Prefix, _ fates: ConnectionFates) -> [TextLine] {
        guard let live = connections[source] ?? nil, !live.largest.isEmpty else { return [] }
        let told = live.largest.count
        let isOne = live.count == 1
        let words = fates.words(of: source, live).drop { $0 == "," }
        let fate =
            fates.fate(of: source) == .someEnd
            ? isOne ? "it may end" : "some of them end" : (isOne ? "it" : "they") + words
        let which = live.count > told ? "; the \(told) largest:" : ":"
        return [TextLine(fate + which, Style(.dim), indent: 4)]
            + live.largest.map {
                TextLine($0.words(at: countedAtMilliseconds, Figure.bytes), Style(.dim), indent: 6)
            }
    }

    private static func heading(_ text: String) -> TextLine { TextLine(text, Style(.heading)) }

    /// Whether connections end with it; else they stay where they are until they end.
    private var cuts: Bool {
        plan.steps.contains { if case .endFlows = $0.action { true } else { false } }
    }

    /// How many hosts, how many of them are there already, and what becomes of connections; `nil`
    /// where it is about none.
    private var sum: String? {
        let sources = plan.touchedSources
        guard !sources.isEmpty, plan.hasUndo else { return nil }
        let there = sources.count { ways[$0]?.isThere == true }
        let already = there > 0 ? ", \(there) already there" : ""
        let counts = sources.map { connections[$0] }
        let loss: String
        if counts.contains(where: { $0 == nil }) {
            loss = "counting live connections…"
        } else if counts.contains(where: { $0 == .some(nil) }) {
            loss = "how many live connections \(cuts ? "end" : "stay") is unknown"
        } else {
            let all = counts.reduce(0) { $0 + (($1 ?? nil)?.count ?? 0) }
            let what = Figure.count(all, "live connection")
            let verb = all == 1 ? (cuts ? "ends" : "stays") : cuts ? "end" : "stay"
            let unsure = cuts ? 0 : unsure
            loss =
                unsure > 0
                ? "\(what), \(unsure == all ? "" : "\(unsure) of them ")may end"
                : "\(what) \(verb)"
                    + (cuts ? "" : " \(stay(all)) until \(all == 1 ? "it ends" : "they end")")
        }
        return "\(Figure.count(sources.count, "host"))\(already); \(loss)"
    }

    /// How many connections may end although the plan keeps connections where they are.
    private var unsure: Int {
        let fates = ConnectionFates(plan)
        return connections.values.compactMap(\.self).reduce(0) { count, live in
            fates.unsure(of: live).values.reduce(count, +)
        }
    }

    /// Where so many connections stay that do not end: on which interfaces, where the plan keeps them
    /// there.
    private func stay(_ count: Int) -> String {
        let fates = ConnectionFates(plan)
        let ways = Set(connections.values.compactMap(\.self).flatMap(\.byWay.keys))
        let names = ways.map { fates.egress(keeping: $0) }
        guard !names.isEmpty, !names.contains(nil) else {
            return count == 1 ? "where it is" : "where they are"
        }
        return "on " + Set(names.compactMap(\.self)).sorted().joined(separator: " and ")
    }

    private func effect(on source: IPv4Prefix, width: Int) -> String {
        let way = ways[source]
        let now = (way?.now ?? Figure.missing).fitted(22)
        let stays = plan.hasUndo ? "as other rules say" : "stays there"
        let then = (way?.then ?? stays).fitted(22)
        let loss =
            switch connections[source] {
            case .none: "…"
            case .some(.none): "connections unknown"
            case .some(.some(let live)) where live.count == 0: "no connection"
            case .some(.some(let live)): Figure.count(live.count, "connection")
            }
        return "\(source.description.fitted(width))  \(now) → \(then)  \(loss)"
    }
}
