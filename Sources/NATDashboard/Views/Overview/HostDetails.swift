internal import NATModel
internal import NATScreen

/// All that is known of a host: the chain from rule to flows, its traffic, where it is on a link, and
/// what happened to it.
enum HostDetails {
    /// The lines, before they are wrapped.
    static func lines(_ source: IPv4Prefix, _ state: DashboardState) -> [TextLine] {
        story(source, state) + history(source, state)
    }

    /// What is so of it now.
    static func story(_ source: IPv4Prefix, _ state: DashboardState) -> [TextLine] {
        let observed = state.observed
        guard let entry = observed.host(source) else {
            return [TextLine("that host is gone", Style(.dim))]
        }
        let story = HostStory(entry: entry, observed: observed)
        let name = state.name(of: source).map { "  \($0)" } ?? ""
        var lines = [TextLine("\(source)\(name)", Style(.heading, isBold: true)), .blank]
        lines += about("WANTED", [wanted(entry)])
        lines += about("RULE", [story.decides], Style(entry.isException ? .warning : .normal))
        if let route = entry.decision.route {
            let table = entry.decision.table.map { " in table \(FIBTable.name(of: $0))" } ?? ""
            lines += about("ROUTE", [RuleAnswer.way(route) + table])
        }
        lines += about("NAT", [story.translation].filter { !$0.isEmpty })
        lines += about("FLOWS", [story.proof] + seen(entry))
        lines += about("DOUBT", entry.facts.doubts.prefix(5).map { $0 }, Style(.warning))
        lines += about("KERNEL", kernel(source, state))
        lines += about("TRAFFIC", traffic(source, state))
        lines += about("LAST 5 MIN", lastMinutes(source, state), Style(.accent))
        let neighbour = entry.neighbour.map { "\($0.mac) on \($0.interface)" }
        lines += about("NEIGHBOUR", [neighbour ?? "not on a link of the box, or silent"])
        lines += about(
            "KEYS", [story.mend + ", w asks the kernel, 5 lists its flows"], Style(.accent))
        return lines
    }

    /// What happened to it; nothing where nothing did.
    static func history(_ source: IPv4Prefix, _ state: DashboardState) -> [TextLine] {
        let log = state.observed.log
        guard state.observed.host(source) != nil else { return [] }
        let history = log.deeds(of: source, most: 8)
        let complaint = log.complaint.map { TextLine("! \($0)", Style(.warning)) }
        guard !history.isEmpty || complaint != nil else { return [] }
        return [.blank, TextLine("What happened to it", Style(.heading))]
            + [complaint].compactMap(\.self)
            + history.map { entry in
                let moment = Moment(
                    milliseconds: entry.atMilliseconds, utcOffsetSeconds: state.utcOffsetSeconds)
                return TextLine("\(moment.clock) \(LogStory(entry.what).line.text)", hanging: 9)
            }
    }

    private static let width = 11

    private static func about(
        _ word: String, _ texts: [String], _ style: Style = .normal
    ) -> [TextLine] {
        texts.enumerated().map { place, text in
            place == 0
                ? TextLine(word.fitted(width) + text, style, hanging: width)
                : TextLine(text, style, indent: width)
        }
    }

    private static func wanted(_ entry: HostEntry) -> String {
        let place = entry.wanted ?? Figure.missing
        if let kept = entry.drift?.kept { return "\(kept.words), as it was kept" }
        guard let assignment = entry.assignment else {
            return "\(place), as the box's other rules say"
        }
        let network = assignment.source == entry.source ? "" : " with all of \(assignment.source)"
        if assignment.method == .map { return "\(place)\(network), by natdeck's map" }
        let who = assignment.isOwned ? "natdeck's rule" : "a foreign rule"
        return "\(place)\(network), by \(who) \(assignment.priority)"
    }

    private static func seen(_ entry: HostEntry) -> [String] {
        entry.leaving.prefix(6).map { seen in
            let outside = seen.publicAddress.map { "\($0) (\(seen.address))" } ?? "\(seen.address)"
            let sign = entry.isAsWanted(seen) ? "✓" : "≠"
            return "\(sign) \(seen.count.flows) as \(outside) by \(seen.interface ?? "–"),"
                + " \(seen.count.replied) answered"
        }
    }

    /// What the kernel said when it was asked about this host.
    private static func kernel(_ source: IPv4Prefix, _ state: DashboardState) -> [String] {
        guard let answer = state.kernelAnswer(for: source) else { return [] }
        switch answer.way {
        case .value(let way):
            let hop = way.nextHop.map { " via \($0)" } ?? ""
            return ["by \(way.interface ?? "–")\(hop), table \(FIBTable.name(of: way.table))"]
        case .failed(let failure): return [failure.reason]
        }
    }

    private static func traffic(_ source: IPv4Prefix, _ state: DashboardState) -> [String] {
        let rates = state.observed.flows.rates(of: source)
        guard let flows = rates.flows else { return [Figure.missing] }
        func figure(_ value: Double?) -> String {
            Figure.traffic(value, inBytes: state.showsBytes)
        }
        var texts = [
            "\(Figure.count(flows, "flow")), \(rates.begun.map(Figure.rate) ?? "–") new/s",
            "in \(figure(rates.received)), out \(figure(rates.sent))",
        ]
        if rates.received == nil, state.observed.snapshot?.conntrack.value?.countsTraffic == false {
            texts.append("bytes are not counted: net.netfilter.nf_conntrack_acct is 0; ! mends it")
        }
        return texts
    }

    /// Five minutes of its traffic, a graph for each direction, each to a scale of its own, with the
    /// most there was.
    private static func lastMinutes(_ source: IPv4Prefix, _ state: DashboardState) -> [String] {
        guard !state.layout.isNarrow, let history = state.observed.flows.history(of: source)
        else { return [] }
        let now = state.observed.readAtMilliseconds
        return Traffic.Direction.allCases.map { direction in
            let values = history.values(direction, atMilliseconds: now)
            let most = values.compactMap(\.self).max() ?? 0
            let scale = GraphScale(holding: max(most, HostGraph.lowestTop), inBytes: false)
            let name = direction == .received ? "in " : "out"
            let figure = Figure.short(most, inBytes: state.showsBytes).fitted(6, .right)
            return "\(name) most \(figure) \(Sparkline.text(values, peak: scale.top))"
        }
    }
}
