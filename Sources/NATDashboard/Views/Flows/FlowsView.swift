internal import NATModel
internal import NATPlan
internal import NATScreen

/// The view of flows: those of a few hosts one by one, or put together by peer, port or public IP.
enum FlowsView {
    /// The parts of the box it shows. Why flows cannot be read it says itself.
    static let parts: [SnapshotPart] = []

    /// The flows, before any filter, in the order that was chosen.
    static func table(_ state: DashboardState) -> Table {
        let reader = FlowReader(state.observed)
        let list = state.flowList
        var table: Table
        switch state.flowGrouping {
        case .flow: table = flows(list, reader, state)
        case .peer: table = groups(list, state, "PEER", by: name(.peer, reader))
        case .port: table = groups(list, state, "PORT", by: name(.port, reader))
        case .publicAddress:
            table = groups(list, state, "SEEN AS", by: name(.publicAddress, reader))
        }
        table.emptyText = emptyText(state)
        return table
    }

    /// What flows are put together by, as text.
    static func name(
        _ grouping: FlowGrouping, _ reader: FlowReader
    ) -> (ConntrackFlow) -> String {
        switch grouping {
        case .flow: { FlowKey($0).description }
        case .peer: { "\($0.original.destination)" }
        case .port:
            { "\(Transport.name($0.original.transport)) \($0.original.destinationPort)" }
        case .publicAddress: { reader.outside($0) }
        }
    }

    private static func emptyText(_ state: DashboardState) -> String {
        let list = state.flowList
        if list.sources.isEmpty { return "no host is selected: h goes to the hosts" }
        switch list.reading {
        case nil: return "reading…"
        case .failed(let failure)?: return "unknown: \(failure)"
        case .value?: return "no flow: it sends nothing, or conntrack does not follow it"
        }
    }

    private static func flows(
        _ list: FlowList, _ reader: FlowReader, _ state: DashboardState
    ) -> Table {
        let unit = state.showsBytes ? "B/s" : "b/s"
        let sort = state.flowSort
        func title(_ column: FlowSort, _ text: String) -> String { text + sort.sign(at: column) }
        let columns = [
            Column(title: title(.transport, "PROT"), minimum: 4),
            Column(title: title(.source, "SOURCE"), minimum: 19, rank: 3),
            Column(title: title(.destination, "DESTINATION"), minimum: 19),
            Column(title: title(.seen, "SEEN AS"), minimum: 21),
            Column(title: title(.interface, "NIC"), minimum: 4),
            Column(title: title(.state, "STATE"), minimum: 11, rank: 2),
            Column(title: title(.age, "AGE"), alignment: .right, minimum: 5, rank: 5),
            Column(title: title(.left, "LEFT"), alignment: .right, minimum: 5, rank: 6),
            Column(title: title(.received, "IN \(unit)"), alignment: .right, minimum: 7, rank: 1),
            Column(title: title(.sent, "OUT \(unit)"), alignment: .right, minimum: 7, rank: 1),
        ]
        let flows = list.flows
        let order = sort.places(of: list, reader)
        let now = state.observed.snapshot?.takenAtMilliseconds ?? 0
        let isInBytes = state.showsBytes
        let rows = TableRows(count: order.count, id: { .flow(FlowKey(flows[order[$0]])) }) {
            place in
            let flow = flows[order[place]]
            let rates = list.rates(of: flow)
            let style: Style = flow.isLive ? .normal : Style(.dim)
            func figure(_ value: Double?) -> TableCell {
                TableCell(Figure.short(value, inBytes: isInBytes), style)
            }
            return TableRow(
                id: .flow(FlowKey(flow)),
                cells: [
                    TableCell(Transport.name(flow.original.transport), style),
                    TableCell(flow.original.sourceText, style),
                    TableCell(flow.original.destinationText, style),
                    reader.seen(flow), TableCell(reader.interface(flow), style),
                    TableCell(
                        flow.stateText,
                        flow.isLive && !flow.hasReplied ? Style(.warning) : style),
                    TableCell(FlowReader.age(flow, atMilliseconds: now), Style(.dim)),
                    TableCell(FlowReader.left(flow), Style(.dim)),
                    figure(rates?.received), figure(rates?.sent),
                ])
        }
        return Table(columns: columns, rows: rows)
    }

    /// Flows put together by what a text says of each; a group of closed ones alone is dim.
    private static func groups(
        _ list: FlowList, _ state: DashboardState, _ title: String,
        by name: (ConntrackFlow) -> String
    ) -> Table {
        let unit = state.showsBytes ? "B/s" : "b/s"
        var groups: [String: FlowGroup] = [:]
        for flow in list.flows {
            let name = name(flow)
            groups[name, default: FlowGroup(name: name)].add(flow, list.rates(of: flow))
        }
        let sort = state.flowGroupSort
        let rows = sort.ordered(Array(groups.values)).map { group in
            let style: Style = group.flows > 0 ? .normal : Style(.dim)
            func cell(_ text: String) -> TableCell { TableCell(text, style) }
            func figure(_ value: Double?) -> TableCell {
                cell(Figure.short(value, inBytes: state.showsBytes))
            }
            return TableRow(
                id: .flowGroup(group.name),
                cells: [
                    cell(group.name), cell("\(group.flows)"), cell("\(group.replied)"),
                    cell("\(group.closed)"), figure(group.received), figure(group.sent),
                ])
        }
        func heading(_ column: FlowGroupSort, _ text: String) -> String {
            text + sort.sign(at: column)
        }
        return Table(
            columns: [
                Column(title: heading(.name, title), minimum: 18),
                Column(title: heading(.flows, "FLOWS"), alignment: .right, minimum: 7),
                Column(
                    title: heading(.replied, "ANSWERED"), alignment: .right, minimum: 9, rank: 2),
                Column(title: heading(.closed, "CLOSED"), alignment: .right, minimum: 7, rank: 3),
                Column(
                    title: heading(.received, "IN \(unit)"), alignment: .right, minimum: 7, rank: 1),
                Column(
                    title: heading(.sent, "OUT \(unit)"), alignment: .right, minimum: 7, rank: 1),
            ], rows: TableRows(rows))
    }

    /// The line above them: whose flows these are, and how many leave otherwise than wanted.
    static func notes(_ state: DashboardState) -> [TextLine] {
        let list = state.flowList
        guard let first = list.sources.first else { return [] }
        let name = state.name(of: first).map { " \($0)" } ?? ""
        let whose =
            list.sources.count == 1
            ? "\(first)\(name)" : "\(first) and \(list.sources.count - 1) more"
        guard let sample = list.reading?.value else { return [TextLine("Flows of \(whose)")] }
        let reader = FlowReader(state.observed)
        var text = "Flows of \(whose): \(sample.count)"
        let astray = Dictionary(
            sample.flows.filter { $0.isLive && reader.isAsWanted($0) == false }.map {
                (reader.interface($0), 1)
            },
            uniquingKeysWith: +)
        for (interface, count) in astray.sorted(by: { $0.key < $1.key }) {
            text += ", of them \(count) by \(interface) ≠"
        }
        let closed = sample.flows.count { !$0.isLive }
        if closed > 0 { text += ", \(closed) closed" }
        if sample.count > sample.flows.count { text += ", the first \(sample.flows.count) listed" }
        if let age = list.age(every: state.intervalMilliseconds, atMilliseconds: state.now) {
            text += ", \(Figure.duration(seconds: age / 1000)) old"
        }
        let style = Style(astray.isEmpty ? .heading : .warning)
        // A line that is told whole says more than half of a hint; the bar has the key too.
        let hint = "     by \(state.flowGrouping.title), g groups"
        let room = state.size.columns - 2 - Self.positionRoom
        return [TextLine(text + ((text + hint).cellWidth <= room ? hint : ""), style)]
    }

    /// Cells at the end of the line for the rows that are on the screen: `1–18 of 1285`.
    private static let positionRoom = 14

    /// A flow with nothing left out.
    static func lines(_ id: RowID, _ state: DashboardState) -> [TextLine] {
        guard case .flow(let key) = id,
            let flow = state.flowList.flows.first(where: { FlowKey($0) == key })
        else {
            guard case .flowGroup(let name) = id else {
                return [TextLine("that flow has ended", Style(.dim))]
            }
            return [TextLine(name), TextLine("g puts flows together otherwise", Style(.dim))]
        }
        let reader = FlowReader(state.observed)
        func tuple(_ tuple: ConntrackFlow.Tuple) -> String {
            "\(tuple.sourceText) → \(tuple.destinationText)"
        }
        var rows = [
            ("Sent", "\(Transport.name(flow.original.transport)) \(tuple(flow.original))"),
            ("Answered", tuple(flow.reply)), ("Seen as", reader.seen(flow).text),
            ("By", reader.interface(flow)), ("State", flow.stateText),
            ("Proof", flow.hasReplied ? "it has had an answer" : "nobody has answered yet"),
        ]
        if let traffic = flow.traffic {
            rows.append(
                (
                    "Carried",
                    "out \(Figure.bytes(traffic.originalBytes)) in \(traffic.originalPackets) packets,"
                        + " in \(Figure.bytes(traffic.replyBytes)) in \(traffic.replyPackets) packets"
                ))
        }
        if flow.mark != 0 { rows.append(("Mark", "0x" + String(flow.mark, radix: 16))) }
        if flow.zone != 0 { rows.append(("Zone", "\(flow.zone)")) }
        let now = state.observed.snapshot?.takenAtMilliseconds ?? 0
        rows.append(("Age", FlowReader.age(flow, atMilliseconds: now)))
        rows.append(("Left", FlowReader.left(flow)))
        return rows.map { TextLine("\($0.0.fitted(9)) \($0.1)", hanging: 10) }
    }
}
