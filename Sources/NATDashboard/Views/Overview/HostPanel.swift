internal import NATModel
internal import NATScreen

/// The hosts of the overview: who is to leave by which interface, what the outside sees, and why.
enum HostPanel {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.rules, .tables, .neighbours, .saved]

    /// The columns, left to right. Where nobody has a name none is left empty for them.
    static func columns(_ state: DashboardState) -> [HostColumn] {
        let hasNames = !state.names.isEmpty || state.observed.facts?.hasLabels == true
        let showsNames = state.showsNames && (hasNames || state.sort == .name)
        return HostColumn.allCases.filter { $0 != .name || showsNames }
    }

    /// The hosts, ordered, before any filter.
    static func table(_ state: DashboardState, order: [Int]) -> Table {
        let columns = columns(state)
        let isFalling = state.sort.isFalling != state.isSortInverted
        let observed = state.observed
        let hosts = observed.hosts
        let sources = observed.sources
        let row = HostRow(
            columns: columns, observed: observed, marked: state.marked,
            names: state.showsNames ? state.names : nil, showsBytes: state.showsBytes,
            atMilliseconds: observed.readAtMilliseconds)
        return Table(
            columns: columns.map { column in
                let sign = column == state.sort.column ? (isFalling ? "▾" : "▴") : ""
                return column.column(inBytes: state.showsBytes, sign: sign)
            },
            rows: TableRows(count: order.count, id: { .host(sources[order[$0]]) }) {
                row.made(hosts[order[$0]])
            },
            emptyText: emptyText(state))
    }

    private static func emptyText(_ state: DashboardState) -> String {
        if state.showsExceptionsAlone, !state.observed.hosts.isEmpty {
            return "no exception: every host leaves as it is to. e shows all"
        }
        return state.observed.nothing(
            .rules, .neighbours,
            is: "no host seen yet, and no rule for one: A assigns a source that you type")
    }
}

/// Makes the rows of hosts, each when it is looked at.
struct HostRow: Sendable {
    let columns: [HostColumn]
    let observed: Observed
    let marked: Set<IPv4Prefix>
    /// `nil` where names are not shown.
    let names: HostNames?
    let showsBytes: Bool
    let atMilliseconds: Int64

    /// The row of a host.
    func made(_ entry: HostEntry) -> TableRow {
        let isMarked = marked.contains(entry.source)
        let rates = observed.flows.rates(of: entry.source)
        return TableRow(
            id: .host(entry.source),
            cells: columns.map { cell($0, entry, rates, isMarked: isMarked) },
            isMarked: isMarked)
    }

    private func cell(
        _ column: HostColumn, _ entry: HostEntry, _ rates: HostRates, isMarked: Bool
    ) -> TableCell {
        let plain = Style(entry.isIdle ? .dim : .normal)
        switch column {
        case .host:
            return TableCell(
                entry.source.description, isMarked ? Style(.accent, isBold: true) : plain)
        case .name:
            // What the cloud calls it comes before what the DNS does.
            let name = observed.facts?.label(of: entry.source) ?? names?.name(of: entry.source)
            return TableCell(name ?? Figure.missing, Style(.dim))
        case .egress: return egress(entry, plain)
        case .seenAs: return seen(entry)
        case .flows:
            return TableCell(
                rates.flows.map { $0 == 0 && entry.isIdle ? "" : Figure.amount($0) }
                    ?? Figure.missing, plain)
        case .begun: return figure(rates.begun.map { Figure.rate($0) }, entry, plain)
        case .received, .sent:
            let value = column == .received ? rates.received : rates.sent
            return figure(
                value.map { Figure.short($0, inBytes: showsBytes) }, entry, plain)
        case .graph:
            let forms = observed.flows.graph(of: entry.source).map { graph in
                HostGraph.widths.map { graph.text($0, atMilliseconds: atMilliseconds) }
            }
            var cell = TableCell(forms?.first ?? "", Style(.accent))
            cell.forms = forms ?? []
            return cell
        case .why:
            return TableCell(entry.reason, Style(entry.isException ? .warning : .dim))
        }
    }

    private func figure(_ text: String?, _ entry: HostEntry, _ style: Style) -> TableCell {
        TableCell(entry.source.length < 32 || entry.isIdle ? "" : text ?? Figure.missing, style)
    }

    /// Where it is wanted, and whose rule says so.
    private func egress(_ entry: HostEntry, _ plain: Style) -> TableCell {
        if case .splits(let interfaces) = entry.decision.end, entry.assignment == nil {
            return TableCell(interfaces.joined(separator: "+"), Style(.warning))
        }
        guard let wanted = entry.wanted else {
            return entry.isBlocked ? TableCell("✗ none", Style(.bad)) : TableCell(Figure.missing)
        }
        guard let assignment = entry.assignment else { return TableCell(wanted, plain) }
        return assignment.isOwned
            ? TableCell("\(wanted) ●", Style(.owned)) : TableCell("\(wanted) ○", plain)
    }

    /// What the outside sees, as its flows prove it.
    private func seen(_ entry: HostEntry) -> TableCell {
        let proof = entry.proof
        let sign = proof.sign
        switch proof {
        case .all, .some, .other:
            let address = entry.shownAddress.map { "\($0) " } ?? ""
            let style: Style = proof == .all ? .normal : Style(proof == .some ? .warning : .bad)
            return TableCell("\(address)\(sign)", style)
        case .none, .unknown:
            if entry.isBlocked { return TableCell("blocked", Style(.bad)) }
            // What rules send another way is told before a flow proves it.
            if entry.isElsewhere || entry.drift?.kept != nil {
                let way = entry.publicAddress?.description ?? entry.egress ?? "nothing"
                return TableCell("\(way) ≠", Style(.warning))
            }
            if entry.egress != nil, entry.isTranslated == false {
                let address = entry.strayAddress.map { "\($0)" } ?? "its own"
                return TableCell("\(address) ≠", Style(.warning))
            }
            if proof == .none { return TableCell("no flow yet", Style(.dim)) }
            return TableCell(entry.source.length < 32 ? "network" : "?", Style(.dim))
        }
    }
}

extension HostEntry {
    /// The address its flows are seen by: of several the one it is wanted by, where that is still so
    /// for new ones.
    var shownAddress: IPv4Address? {
        let (leaving, isOther) = (leaving, proof == .other)
        let seen =
            leaving.first { isAsWanted($0) != isOther } ?? endedAsWanted ?? leaving.first
        return seen?.publicAddress ?? seen?.address
    }
}
