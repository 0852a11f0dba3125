internal import NATModel
internal import NATScreen

/// The flows of the host under the bar, which a wide screen lists beside the hosts.
struct AsideFlows: Sendable {
    /// What was read of them.
    var list = FlowList()
    /// Those that are told first: what leaves otherwise than wanted, then what carries the most, then
    /// what has ended, the latest first.
    private var first: [ConntrackFlow] = []
    /// How many of those that were read live.
    private var live = 0

    /// More rows than a screen has.
    private static let most = 100

    /// Takes an answer; one about others is none.
    mutating func take(
        _ reading: Reading<FlowSample>, of sources: [IPv4Prefix], _ observed: Observed,
        atMilliseconds now: Int64
    ) {
        guard sources == list.sources else { return }
        list.take(reading, of: sources, atMilliseconds: now)
        let reader = FlowReader(observed)
        let flows = ColumnOrder(column: FlowSort.traffic).places(of: list, reader)
            .map { list.flows[$0] }
        // Chosen once an answer, and not with every drawing: there may be thousands.
        let astray = flows.filter { Self.isAstray($0, reader) }
        let right = flows.filter { $0.isLive && !Self.isAstray($0, reader) }
        // What is remembered longest has ended last, of one kind of end.
        let ended = flows.filter { !$0.isLive }
            .sorted { ($1.timeoutSeconds ?? 0) < ($0.timeoutSeconds ?? 0) }
        first = Array((astray + right + ended).prefix(Self.most))
        live = astray.count + right.count
    }

    private static func isAstray(_ flow: ConntrackFlow, _ reader: FlowReader) -> Bool {
        flow.isLive && reader.isAsWanted(flow) == false
    }

    /// Its lines: a heading, and as many flows as there is room for. None where nothing was read of
    /// this host.
    func lines(
        of source: IPv4Prefix, _ state: DashboardState, width: Int, rows: Int
    ) -> [TextLine] {
        guard list.sources == [source], let reading = list.reading, rows > 1 else { return [] }
        guard case .value(let sample) = reading else {
            let why = reading.failure.map { "\($0)" } ?? ""
            return [TextLine("Its flows: unknown: \(why)", Style(.warning))]
        }
        let reader = FlowReader(state.observed)
        let unit = state.showsBytes ? "B/s" : "b/s"
        let shown = first.prefix(rows - 1)
        let closed = sample.flows.count - live
        let which =
            "Its flows: \(live)" + (closed > 0 ? ", \(closed) closed" : "")
            + (sample.count > sample.flows.count ? " of the first \(sample.flows.count)" : "")
        let sum = "in+out \(unit)"
        return [TextLine(which.fitted(width - sum.cellWidth) + sum, Style(.heading))]
            + shown.map { line($0, reader, width: width, inBytes: state.showsBytes) }
    }

    /// Protocol, destination, what the outside sees, and what it carries both ways.
    private func line(
        _ flow: ConntrackFlow, _ reader: FlowReader, width: Int, inBytes: Bool
    ) -> TextLine {
        let isAstray = Self.isAstray(flow, reader)
        let sign = isAstray ? "≠" : flow.isLive && reader.isAsWanted(flow) == true ? "✓" : ""
        let seen = "\(reader.outside(flow)) \(sign)".fitted(17)
        let figure = Figure.short(list.rates(of: flow)?.sum, inBytes: inBytes).fitted(6, .right)
        let protocolName = Transport.name(flow.original.transport).fitted(4)
        let room = width - 4 - 1 - 17 - 6 - 2
        let text =
            "\(protocolName) \(flow.original.destinationText.fitted(room)) \(seen) \(figure)"
        let style: Style =
            isAstray
            ? Style(.bad)
            : !flow.isLive ? Style(.dim) : flow.hasReplied ? .normal : Style(.warning)
        return TextLine(text, style)
    }
}
