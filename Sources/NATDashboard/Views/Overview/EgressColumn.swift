internal import NATModel
internal import NATScreen

/// A column of the interfaces.
enum EgressColumn: Hashable, Sendable {
    case name, publicAddress, privateAddress, received, receivedShare, sent, sentShare
    case graph(GraphTime)
    case scale, flows, begun, ports, dropped, hosts

    /// The column as a table draws it.
    func column(_ state: DashboardState) -> Column {
        let unit = state.showsBytes ? "B/s" : "b/s"
        switch self {
        case .name: return Column(title: "EGRESS", minimum: 6)
        case .publicAddress: return Column(title: "PUBLIC", minimum: 13)
        case .privateAddress: return Column(title: "PRIVATE", minimum: 11, rank: 9)
        case .received: return Column(title: "IN \(unit)", alignment: .right, minimum: 6)
        case .sent: return Column(title: "OUT \(unit)", alignment: .right, minimum: 7)
        case .receivedShare:
            return Column(
                title: Self.heading(state, \.receiveLimit), alignment: .right, minimum: 4, rank: 3)
        case .sentShare:
            return Column(
                title: Self.heading(state, \.sendLimit), alignment: .right, minimum: 4, rank: 3)
        case .graph(let time):
            let title = "LAST \(time.seconds) s".fitted(time.cells + 1) + "in/out"
            return Column(title: title, minimum: time.cells * 2 + 1, rank: 8)
        case .scale: return Column(title: "█ in/out", minimum: 9, rank: 10)
        case .flows: return Column(title: "FLOWS", alignment: .right, minimum: 5, rank: 2)
        case .begun: return Column(title: "NEW/s", alignment: .right, minimum: 5, rank: 7)
        case .ports: return Column(title: "PORTS MOST", minimum: 10, rank: 5)
        case .dropped: return Column(title: "DROP/s", alignment: .right, minimum: 6, rank: 4)
        case .hosts: return Column(title: "HOSTS", alignment: .right, minimum: 7, rank: 1)
        }
    }

    /// `OF 10G` where all links are alike; else each row tells its own.
    private static func heading(
        _ state: DashboardState, _ limit: KeyPath<EgressLoad, UInt64?>
    ) -> String {
        common(state.observed, limit).map { "OF \(Figure.link($0))" } ?? "OF"
    }

    /// The limit that all interfaces of a known one share; `nil` where they differ.
    static func common(_ observed: Observed, _ limit: KeyPath<EgressLoad, UInt64?>) -> UInt64? {
        let limits = Set(observed.loads.values.compactMap { $0[keyPath: limit] })
        return limits.count == 1 ? limits.first : nil
    }
}

/// Makes the cells of an egress.
struct EgressRow {
    let egress: OfferedEgress
    /// Whether it stands for all of its interface.
    let isOnly: Bool
    let observed: Observed
    let showsBytes: Bool

    private var figures: Traffic {
        observed.traffic[Traffic.Identity(nic.interface)] ?? Traffic()
    }
    private var nic: EgressInterface { egress.nic }
    private var load: EgressLoad? { observed.loads[nic.interface.index] }
    private var addressLoad: AddressLoad? {
        isOnly ? nil : egress.own.flatMap { observed.addressLoads[$0] }
    }

    /// A cell of it. What is of the interface, and not of one of its addresses, stands in its first
    /// row alone.
    func cell(_ column: EgressColumn) -> TableCell {
        switch column {
        case .name where !egress.isFirst: return TableCell("  \(nic.interface.name)", Style(.dim))
        case .received, .sent, .receivedShare, .sentShare, .graph, .scale, .dropped:
            return egress.isFirst ? interfaceCell(column) : TableCell("")
        default: return interfaceCell(column)
        }
    }

    private func interfaceCell(_ column: EgressColumn) -> TableCell {
        switch column {
        case .name: return name
        case .publicAddress: return publicAddress
        case .privateAddress:
            return TableCell(egress.own?.description ?? Figure.missing, Style(.dim))
        case .received: return traffic(figures.received)
        case .sent: return traffic(figures.sent)
        case .receivedShare: return share(load?.receivedShare, \.receiveLimit)
        case .sentShare: return share(load?.sentShare, \.sendLimit)
        case .graph(let time): return TableCell(graph(time), Style(.accent))
        case .scale: return TableCell(scales.map(\.short).joined(separator: " "), Style(.dim))
        case .flows:
            let flows = addressLoad.map(\.flows) ?? load?.flows
            return TableCell(flows.map { Figure.amount($0) } ?? Figure.missing)
        case .begun:
            let begun = addressLoad.map(\.begun) ?? load?.begun
            return TableCell(begun.map(Figure.rate) ?? Figure.missing)
        case .ports: return ports
        case .dropped: return dropped
        case .hosts: return hosts
        }
    }

    /// What is nearly full is seen from afar, whatever it is.
    private var name: TableCell {
        let level = load?.level ?? .low
        guard nic.interface.state == .up, level != .low else {
            return EgressPanel.name(nic.interface)
        }
        let sign = level == .full ? "▲" : "△"
        return TableCell(
            "\(sign) \(nic.interface.name)", Style(level == .full ? .bad : .warning, isBold: true))
    }

    /// The first of its addresses, and how many there are beside it.
    private var publicAddress: TableCell {
        guard isOnly else {
            return TableCell(egress.outside?.description ?? Figure.missing)
        }
        let outside = nic.addressPairs.compactMap(\.outside)
        guard let first = nic.promisedAddress ?? outside.first else {
            return TableCell(Figure.missing)
        }
        let more = Set(outside).subtracting([first]).count
        return TableCell("\(first)\(more > 0 ? " +\(more)" : "")")
    }

    private func traffic(_ meter: Meter) -> TableCell {
        TableCell(
            Figure.short(meter.perSecond, inBytes: showsBytes),
            Style(meter.rate.isFresh ? .normal : .dim))
    }

    private func share(
        _ share: Double?, _ limit: KeyPath<EgressLoad, UInt64?>
    ) -> TableCell {
        guard let share else { return TableCell(Figure.missing, Style(.dim)) }
        let own = EgressColumn.common(observed, limit) == nil ? load?[keyPath: limit] : nil
        let of = own.map { " \(Figure.link($0))" } ?? ""
        return TableCell(Figure.share(share) + of, Self.style(EgressLoad.Level(share)))
    }

    private static func style(_ level: EgressLoad.Level) -> Style {
        switch level {
        case .low: .normal
        case .high: Style(.warning)
        case .full: Style(.bad, isBold: true)
        }
    }

    /// The scale of each direction. Each interface has its own: to that of a busier one what goes on
    /// at a quiet one looks like nothing.
    private var scales: [GraphScale] {
        Traffic.Direction.allCases.map { direction in
            let since = observed.readAtMilliseconds - 60_000
            let recent = figures.history.reversed().prefix { $0.atMilliseconds > since }
            return GraphScale(
                holding: recent.map { $0[direction] }.max() ?? 0, inBytes: showsBytes)
        }
    }

    private func graph(_ time: GraphTime) -> String {
        zip(Traffic.Direction.allCases, scales).map { direction, scale in
            Sparkline.text(
                time.peaks(figures.history, direction, until: observed.readAtMilliseconds),
                peak: scale.top)
        }.joined(separator: " ")
    }

    private var ports: TableCell {
        guard let load, load.flows != nil else { return TableCell(Figure.missing) }
        let share = (addressLoad.map(\.ports) ?? load.ports)?.share ?? 0
        let style = Self.style(EgressLoad.Level(share))
        return TableCell(
            "\(Figure.bar(share, width: 5)) \(Figure.share(share).fitted(4, .right))", style)
    }

    private var dropped: TableCell {
        let rate = figures.dropped.perSecond
        let text = rate.map { $0 == 0 ? "0" : Figure.rate($0) } ?? Figure.missing
        return TableCell(text, Style((rate ?? 0) > 0 ? .warning : .normal))
    }

    private var hosts: TableCell {
        guard let load, let all = load.hosts else { return TableCell(Figure.missing) }
        let (hosts, exceptions) =
            addressLoad.map { ($0.hosts, $0.exceptions) } ?? (all, load.exceptions)
        guard exceptions > 0 else { return TableCell("\(hosts)") }
        return TableCell("\(hosts) ≠\(exceptions)", Style(.warning))
    }
}

extension GraphScale {
    /// Its label without a unit: `20M`.
    var short: String {
        label.split(separator: " ").enumerated().map { place, part in
            place == 0 ? String(part) : String(part.prefix { "kMGTP".contains($0) })
        }.joined()
    }
}

extension Figure {
    /// A bar of so many cells, drawn in eighths of them.
    static func bar(_ share: Double, width: Int) -> String {
        let partial: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let eighths = Int((min(max(share, 0), 1) * Double(width * 8)).rounded())
        var bar = String(repeating: "█", count: eighths / 8)
        if eighths % 8 > 0 { bar.append(partial[eighths % 8 - 1]) }
        // What is not nothing leaves a trace.
        if eighths == 0, share > 0 { bar = "▏" }
        return bar.fitted(width)
    }
}
