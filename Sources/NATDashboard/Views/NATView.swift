internal import NATModel
internal import NATScreen

/// The view of the nat table: the rows of `iptables -nvL -t nat` in its own columns and order.
///
/// In front of them stands what that command cannot tell: a mark on counters that moved, which
/// fades, and new connections per second.
enum NATView {
    /// The parts of the box it shows.
    static let parts: [SnapshotPart] = [.nat]

    /// The rules under a heading for each chain, before any filter.
    static func table(_ state: DashboardState) -> Table {
        let columns = [
            Column(title: "", minimum: 1), Column(title: "NEW/s", alignment: .right, minimum: 5),
            Column(title: "pkts", alignment: .right, minimum: 5),
            Column(title: "bytes", alignment: .right, minimum: 5),
            Column(title: "target", minimum: 10), Column(title: "prot", minimum: 4),
            Column(title: "opt", minimum: 3), Column(title: "in", minimum: 4),
            Column(title: "out", minimum: 4), Column(title: "source", minimum: 13),
            Column(title: "destination", minimum: 13), Column(title: ""),
        ]
        let observed = state.observed
        let sets = observed.snapshot?.nat.value ?? []
        // Both are shown where both hold rules, because the kernel runs both.
        let holding = sets.filter(\.hasRules)
        let shown = holding.isEmpty ? Array(sets.prefix(1)) : holding
        let rows = shown.flatMap { set in
            (shown.count > 1 ? [heading(set)] : [])
                + set.chains.flatMap { self.rows($0, set.label, state) }
        }
        return Table(
            columns: columns, rows: rows,
            emptyText: observed.nothing(.nat, is: "no nat table"),
            scrollsSideways: true, gap: 1)
    }

    private static func heading(_ set: NATRuleSet) -> TableRow {
        let text = set.isOfIPTables ? "\(set.label)  (\(set.program))" : set.label
        return TableRow(
            id: set.label, cells: [TableCell(text, Style(.accent, isBold: true))],
            isSpanning: true)
    }

    /// The line `iptables` prints above a chain.
    static func header(_ chain: NATChain) -> String {
        guard let policy = chain.policy else {
            return "Chain \(chain.name) (\(chain.references ?? 0) references)"
        }
        let packets = chain.packets.map(String.init) ?? Figure.missing
        let bytes = chain.bytes.map(String.init) ?? Figure.missing
        if let base = chain.base {
            let counted = chain.packets == nil ? "" : " \(packets) packets, \(bytes) bytes"
            return "Chain \(chain.name) (\(base.type) hook \(base.hook) priority \(base.priority),"
                + " policy \(policy)\(counted))"
        }
        return "Chain \(chain.name) (policy \(policy) \(packets) packets, \(bytes) bytes)"
    }

    private static func rows(
        _ chain: NATChain, _ table: String, _ state: DashboardState
    ) -> [TableRow] {
        let now = state.shownMilliseconds
        let id = NATRowIdentity.chain(chain, of: table)
        guard let known = state.observed.natRows.chain(id) else { return [] }
        var heading = header(chain)
        // What no rule matched moves a counter too.
        let mark = mark(known.figure, now)
        if !mark.text.isEmpty { heading += "  \(mark.text)" }
        if mark.style.isBold {
            heading += " \(Figure.perSecond(known.figure.meter.perSecond))/s"
        }
        return [TableRow(id: id, cells: [TableCell(heading, Style(.heading))], isSpanning: true)]
            + zip(chain.rules, known.rows).map { row($0, id: $1.id, $1.figure, now) }
    }

    /// The sign of a counter that moved, bold at first.
    private static func mark(_ figure: NATFigure?, _ now: Int64) -> TableCell {
        switch figure?.mark(atMilliseconds: now) {
        case .fresh: TableCell("●", Style(.good, isBold: true))
        case .fading: TableCell("·", Style(.dim))
        default: TableCell("")
        }
    }

    private static func row(
        _ rule: NATRule, id: String, _ figure: NATFigure?, _ now: Int64
    ) -> TableRow {
        let mark = mark(figure, now)
        let isFresh = mark.style.isBold
        let counter = isFresh ? mark.style : .normal
        let plain = Style(rule.isOwned ? .owned : .normal)
        let texts = [
            rule.target, rule.proto, rule.options, rule.input, rule.output, rule.source,
            rule.destination, rule.extra,
        ]
        let change = Figure.perSecond(figure?.meter.perSecond)
        return TableRow(
            id: id,
            cells: [
                mark, TableCell(change, isFresh ? counter : Style(.dim)),
                TableCell(rule.isCounted ? "\(rule.packets)" : Figure.missing, counter),
                TableCell(rule.isCounted ? "\(rule.bytes)" : Figure.missing, counter),
            ] + texts.map { TableCell($0, plain) })
    }
}
