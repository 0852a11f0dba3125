internal import NATModel
internal import NATScreen

/// The answer to which rule decides, in the lines above the rules.
enum RuleAnswer {
    /// Its lines; none where nothing was asked.
    static func notes(_ state: DashboardState) -> [TextLine] {
        guard let question = state.question else { return [] }
        guard let decision = question.decision else {
            return [TextLine("\(question.host): the rules are not known yet", Style(.warning))]
        }
        let isForwarding = state.observed.snapshot?.sysctl("net.ipv4.ip_forward") != 0
        var lines = [
            line(question, decision, state), kernel(question, isForwarding, state.size.columns - 2),
        ]
        if let flows = flows(of: question.host, state) { lines.append(flows) }
        if !decision.doubts.isEmpty {
            let shown = decision.doubts.prefix(2).map { "rule \($0.priority) \($0.words)" }
            let more = decision.doubts.count - shown.count
            let rest = more > 0 ? ", and \(more) more" : ""
            lines.append(
                TextLine(
                    "? may decide first: \(shown.joined(separator: "; "))\(rest)", Style(.warning)))
        }
        return lines
    }

    /// What the flows of the host prove; `nil` where nobody has seen it.
    private static func flows(of host: IPv4Address, _ state: DashboardState) -> TextLine? {
        guard let entry = state.observed.host(IPv4Prefix(host)) else { return nil }
        let story = HostStory(entry: entry, observed: state.observed)
        switch entry.proof {
        case .all: return TextLine("✓ \(story.proof)\(story.seenAs)", Style(.good))
        case .some: return TextLine("½ \(story.proof)", Style(.warning))
        case .other: return TextLine("≠ \(story.proof)", Style(.bad, isBold: true))
        case .none: return TextLine("· \(story.proof)", Style(.dim))
        case .unknown: return TextLine(story.proof, Style(.dim))
        }
    }

    private static func line(
        _ question: RuleQuestion, _ decision: EgressDecision, _ state: DashboardState
    ) -> TextLine {
        guard let rule = decision.rule else {
            return TextLine(
                "✗ \(question.host): no rule has a way for it: unreachable",
                Style(.bad, isBold: true))
        }
        let verb = decision.doubts.isEmpty ? "decides" : "may decide"
        let start = "→ \(question.host): rule \(rule.priority) \(verb)"
        guard let route = decision.route, let table = decision.table else {
            if case .other(let action) = rule.action {
                return TextLine("\(start): \(action)", Style(.bad, isBold: true))
            }
            return TextLine(start, Style(.bad, isBold: true))
        }
        let name = "table \(FIBTable.name(of: table))"
        guard !route.refuses else {
            return TextLine("\(start), \(name): \(route.type)", Style(.bad, isBold: true))
        }
        let outside = decision.interface.flatMap { name in
            state.observed.facts?.promise(
                of: IPv4Prefix(question.host), leavingBy: name, nextHop: decision.nextHop)?
                .publicAddress
        }
        let style = Style(route.isDead ? .warning : .accent, isBold: true)
        let isNarrow = state.layout.isNarrow
        let seen = outside.map { isNarrow ? " as \($0)" : ", seen outside as \($0)" } ?? ""
        let way = isNarrow ? decision.interfaces.joined(separator: "+") : way(route)
        return TextLine("\(start), \(name), \(way)\(seen)", style)
    }

    /// `default via 172.31.0.1 dev eth1`.
    static func way(_ route: Route) -> String {
        let destination = route.destination == .all ? "default" : "\(route.destination)"
        let hops =
            route.hops.isEmpty
            ? [Route.Hop(nextHop: route.nextHop, interface: route.interface ?? "–")] : route.hops
        let ways = hops.map { hop in
            (hop.nextHop.map { "via \($0) " } ?? "") + "dev \(hop.interface)"
        }
        let state = route.isPassedOver ? " (dead)" : route.isDead ? " (linkdown)" : ""
        return "\(destination) \(ways.joined(separator: " or "))\(state)"
    }

    /// What the kernel says, with the question where there is room for it or it is in doubt.
    private static func kernel(
        _ question: RuleQuestion, _ isForwarding: Bool, _ width: Int
    ) -> TextLine {
        guard let answer = question.answer else {
            return TextLine("… asking the kernel", Style(.dim))
        }
        let command = "  (\(answer.command ?? Command([])))"
        let isNarrow = width < Layout.narrowColumns - 2
        let said: String
        switch answer.way {
        case .value(let way):
            let hop = isNarrow ? "" : way.nextHop.map { " via \($0)" } ?? ""
            said = "\(way.interface ?? "–")\(hop), table \(FIBTable.name(of: way.table))"
        case .failed(let failure): said = failure.reason
        }
        switch question.agrees(isForwarding: isForwarding) {
        case .some(true):
            let text = "✓ the kernel says the same: \(said)"
            let isRoomy = (text + command).cellWidth <= width
            return TextLine(isRoomy ? text + command : text, Style(.good))
        case .some(false):
            if isNarrow { return TextLine("! the kernel says \(said)", Style(.bad, isBold: true)) }
            return TextLine(
                "! the kernel says otherwise, and the kernel is right: \(said)\(command)",
                Style(.bad, isBold: true))
        case .none:
            let why = isForwarding ? "" : "forwarding is off, "
            return TextLine("? the kernel cannot say: \(why)\(said)\(command)", Style(.warning))
        }
    }
}
