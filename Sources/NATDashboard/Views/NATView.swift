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
        return Table(
            columns: columns, rows: rows(shown, observed.natRows, state.shownMilliseconds),
            emptyText: observed.nothing(.nat, is: "no nat table"),
            scrollsSideways: true, gap: 1)
    }

    /// What a row is of.
    private enum Line: Sendable {
        case backend(NATRuleSet)
        case chain(piece: Int)
        /// The rule at a place of a chain.
        case rule(piece: Int, Int)
    }

    /// A chain and what is known of its rules.
    private typealias Piece = (chain: NATChain, known: NATRows.Chain)

    private static func rows(_ sets: [NATRuleSet], _ natRows: NATRows, _ now: Int64) -> TableRows {
        var pieces: [Piece] = []
        var lines: [Line] = []
        for set in sets {
            if sets.count > 1 { lines.append(.backend(set)) }
            for chain in set.chains {
                guard let known = natRows.chain(.natChain(set.label, chain.name)) else {
                    continue
                }
                lines.append(.chain(piece: pieces.count))
                let count = min(chain.rules.count, known.rows.count)
                lines += (0..<count).map { .rule(piece: pieces.count, $0) }
                pieces.append((chain, known))
            }
        }
        let (all, shown) = (pieces, lines)
        @Sendable func id(_ place: Int) -> RowID {
            switch shown[place] {
            case .backend(let set): RowID.natSet(set.label)
            case .chain(let piece): all[piece].known.id
            case .rule(let piece, let place): all[piece].known.rows[place].id
            }
        }
        return TableRows(count: shown.count, id: { id($0) }) { place in
            let cells =
                switch shown[place] {
                case .backend(let set):
                    [
                        TableCell(
                            set.isOfIPTables ? "\(set.label)  (\(set.program))" : set.label,
                            Style(.accent, isBold: true))
                    ]
                case .chain(let piece): [heading(all[piece], now)]
                case .rule(let piece, let place):
                    cells(all[piece].chain.rules[place], all[piece].known.rows[place].figure, now)
                }
            return TableRow(id: id(place), cells: cells, isSpanning: cells.count == 1)
        }
    }

    private static func heading(_ piece: Piece, _ now: Int64) -> TableCell {
        var heading = header(piece.chain)
        // What no rule matched moves a counter too.
        let mark = mark(piece.known.figure, now)
        if !mark.text.isEmpty { heading += "  \(mark.text)" }
        if mark.style.isBold {
            heading += " \(Figure.perSecond(piece.known.figure.meter.perSecond))/s"
        }
        return TableCell(heading, Style(.heading))
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

    /// The sign of a counter that moved, bold at first.
    private static func mark(_ figure: NATFigure, _ now: Int64) -> TableCell {
        switch figure.mark(atMilliseconds: now) {
        case .fresh: TableCell("●", Style(.good, isBold: true))
        case .fading: TableCell("·", Style(.dim))
        default: TableCell("")
        }
    }

    private static func cells(_ rule: NATRule, _ figure: NATFigure, _ now: Int64) -> [TableCell] {
        let mark = mark(figure, now)
        let isFresh = mark.style.isBold
        let counter = isFresh ? mark.style : .normal
        let plain = Style(rule.isOwned ? .owned : .normal)
        let texts = [
            rule.target, rule.proto, rule.options, rule.input, rule.output, rule.source,
            rule.destination, rule.extra,
        ]
        let change = Figure.perSecond(figure.meter.perSecond)
        return [
            mark, TableCell(change, isFresh ? counter : Style(.dim)),
            TableCell(rule.isCounted ? "\(rule.packets)" : Figure.missing, counter),
            TableCell(rule.isCounted ? "\(rule.bytes)" : Figure.missing, counter),
        ] + texts.map { TableCell($0, plain) }
    }
}
