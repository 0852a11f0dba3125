internal import NATModel
internal import NATPlan
internal import NATScreen

/// The view of flows: those of a few hosts one by one, or put together by peer, port or public IP.
enum FlowsView {
    /// The parts of the box it shows. Why flows cannot be read it says itself.
    static let parts: [SnapshotPart] = []

    /// The flows, before any filter, those that carry the most first.
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
        let columns = [
            Column(title: "PROT", minimum: 4), Column(title: "SOURCE", minimum: 19, rank: 3),
            Column(title: "DESTINATION", minimum: 19), Column(title: "SEEN AS", minimum: 21),
            Column(title: "NIC", minimum: 4), Column(title: "STATE", minimum: 11, rank: 2),
            Column(title: "AGE", alignment: .right, minimum: 5, rank: 5),
            Column(title: "LEFT", alignment: .right, minimum: 5, rank: 6),
            Column(title: "IN \(unit)▾", alignment: .right, minimum: 7, rank: 1),
            Column(title: "OUT \(unit)", alignment: .right, minimum: 7, rank: 1),
        ]
        let flows = list.flows
        // What is over comes last.
        let sums = flows.map { flow in
            list.rates(of: flow).map { $0.received + $0.sent } ?? (flow.isLive ? -1 : -2)
        }
        let order = flows.indices.sorted {
            sums[$0] != sums[$1] ? sums[$0] > sums[$1] : $0 < $1
        }
        let now = (state.observed.snapshot?.takenAtMilliseconds ?? 0)
        let isInBytes = state.showsBytes
        let rows = TableRows(count: order.count, id: { .flow(FlowKey(flows[order[$0]])) }) {
            place in
            let flow = flows[order[place]]
            let rates = list.rates(of: flow)
            func figure(_ value: Double?) -> TableCell {
                TableCell(Figure.short(value, inBytes: isInBytes))
            }
            let style: Style = flow.isLive ? .normal : Style(.dim)
            return TableRow(
                id: .flow(FlowKey(flow)),
                cells: [
                    TableCell(Transport.name(flow.original.transport), style),
                    TableCell(
                        flow.original.sourceText, style),
                    TableCell(flow.original.destinationText, style),
                    reader.seen(flow), TableCell(reader.interface(flow), style),
                    TableCell(flow.stateText, flow.hasReplied ? style : Style(.warning)),
                    TableCell(FlowReader.age(flow, atMilliseconds: now), Style(.dim)),
                    TableCell(FlowReader.left(flow), Style(.dim)),
                    figure(rates?.received), figure(rates?.sent),
                ])
        }
        return Table(columns: columns, rows: rows)
    }

    /// Flows put together by what a text says of each.
    private static func groups(
        _ list: FlowList, _ state: DashboardState, _ title: String,
        by name: (ConntrackFlow) -> String
    ) -> Table {
        let unit = state.showsBytes ? "B/s" : "b/s"
        var sums: [String: (flows: Int, replied: Int, received: Double, sent: Double)] = [:]
        var hasRates = false
        for flow in list.flows {
            let rates = list.rates(of: flow)
            hasRates = hasRates || rates != nil
            var sum = sums[name(flow)] ?? (0, 0, 0, 0)
            sum.flows += 1
            sum.replied += flow.hasReplied ? 1 : 0
            sum.received += rates?.received ?? 0
            sum.sent += rates?.sent ?? 0
            sums[name(flow)] = sum
        }
        let groups = sums.sorted { ($1.value.flows, $0.key) < ($0.value.flows, $1.key) }
        let rows = groups.map { group in
            func figure(_ value: Double) -> TableCell {
                TableCell(Figure.short(hasRates ? value : nil, inBytes: state.showsBytes))
            }
            return TableRow(
                id: .flowGroup(group.key),
                cells: [
                    TableCell(group.key), TableCell("\(group.value.flows)"),
                    TableCell("\(group.value.replied)"), figure(group.value.received),
                    figure(group.value.sent),
                ])
        }
        return Table(
            columns: [
                Column(title: title, minimum: 24),
                Column(title: "FLOWS▾", alignment: .right, minimum: 7),
                Column(title: "ANSWERED", alignment: .right, minimum: 8, rank: 2),
                Column(title: "IN \(unit)", alignment: .right, minimum: 7, rank: 1),
                Column(title: "OUT \(unit)", alignment: .right, minimum: 7, rank: 1),
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
            sample.flows.filter { reader.isAsWanted($0) == false }.map {
                (reader.interface($0), 1)
            },
            uniquingKeysWith: +)
        for (interface, count) in astray.sorted(by: { $0.key < $1.key }) {
            text += ", of them \(count) by \(interface) ≠"
        }
        if sample.count > sample.flows.count { text += ", the first \(sample.flows.count) listed" }
        let style = Style(astray.isEmpty ? .heading : .warning)
        return [TextLine("\(text)     by \(state.flowGrouping.title), g groups", style)]
    }

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

/// What the parts of a flow mean on this box.
struct FlowReader {
    private let observed: Observed
    private let owners: [IPv4Address: EgressInterface]

    /// On the box that was observed.
    init(_ observed: Observed) {
        self.observed = observed
        owners = Dictionary(
            observed.egress.flatMap { nic in nic.ownAddresses.map { ($0, nic) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The address the outside sees it by, as text.
    func outside(_ flow: ConntrackFlow) -> String {
        let own = flow.reply.destination
        guard let nic = owners[own] else {
            return own == flow.original.source ? "its own" : "\(own)"
        }
        return nic.promisedAddress(of: own)?.description ?? "\(own)"
    }

    /// The interface it leaves by.
    func interface(_ flow: ConntrackFlow) -> String {
        owners[flow.reply.destination]?.interface.name ?? Figure.missing
    }

    /// Whether it leaves by where its host is wanted; `nil` where that is not known, or where it stays
    /// inside.
    func isAsWanted(_ flow: ConntrackFlow) -> Bool? {
        guard let nic = owners[flow.reply.destination],
            let entry = observed.host(IPv4Prefix(flow.original.source))
        else { return nil }
        let own = flow.reply.destination
        return entry.isWanted(by: nic.interface.name, as: nic.promisedAddress(of: own))
    }

    /// Address and port the outside sees, with the sign of whether that is wanted.
    func seen(_ flow: ConntrackFlow) -> TableCell {
        let port = flow.reply.destinationPort
        let hasPorts = Transport.hasPorts(flow.original.transport)
        let text = outside(flow) + (hasPorts ? ":\(port)" : "")
        switch isAsWanted(flow) {
        case true?: return TableCell("\(text) ✓")
        case false?: return TableCell("\(text) ≠", Style(.bad))
        case nil: return TableCell(text, Style(.dim))
        }
    }

    /// How old it is; `–` where the kernel does not note when flows begin.
    static func age(_ flow: ConntrackFlow, atMilliseconds now: Int64) -> String {
        flow.ageMilliseconds(at: now).map { Figure.span(seconds: $0 / 1000) } ?? Figure.missing
    }

    /// How long it is remembered without a packet.
    static func left(_ flow: ConntrackFlow) -> String {
        flow.timeoutSeconds.map { Figure.span(seconds: Int64($0)) } ?? Figure.missing
    }
}

// Ending flows, as a plan like any other.
extension DashboardState {
    /// Plans that what is selected ends: a flow, those of a group, or all of the chosen hosts; of hosts
    /// with some on another interface those alone.
    mutating func planEndOfFlows() -> [Effect] {
        guard view == .flows else {
            let sources = chosenSources
            let hasOld = sources.contains { live.host($0)?.proof == .some }
            return plan(sources) { .cut(hasOld ? .old($0) : .all($0)) }
        }
        let keys: [FlowKey]
        switch table.selected {
        case .flow(let key): keys = [key]
        case .flowGroup(let name):
            let grouping = FlowsView.name(flowGrouping, FlowReader(observed))
            keys = flowList.flows.filter { $0.isLive && grouping($0) == name }.map { FlowKey($0) }
        default: keys = []
        }
        guard !keys.isEmpty else {
            remark = TextLine("no live flow is selected", Style(.warning))
            return []
        }
        return plan(.cut(.flows(keys)), undoes: nil)
    }
}

extension Figure {
    /// A span of time, 5 wide at most: `29 s`, `4 m`, `5 h`, `5 d`.
    static func span(seconds: Int64) -> String {
        switch seconds {
        case ..<100: "\(seconds) s"
        case ..<6000: "\((seconds + 30) / 60) m"
        case ..<172_800: "\((seconds + 1800) / 3600) h"
        default: "\(min((seconds + 43_200) / 86_400, 999)) d"
        }
    }
}
